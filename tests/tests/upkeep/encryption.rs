//! What goes to a PostgreSQL on another machine is encrypted, and the certificate is looked at; in the clear it
//! goes only where the address says so.

use koffiekar_server::store::encryption::{Encryption, encryption};
use koffiekar_server::store::{Settings, Store, StoreError, alone};
use koffiekar_tests::certified::Certified;
use koffiekar_tests::postgres::Database;

use super::house::{koffiekar, said};

#[test]
fn an_address_is_encrypted_unless_it_is_of_this_machine_or_says_otherwise() {
    for (address, expected) in [
        ("postgres://k@%2Frun%2Fpostgresql/k", Encryption::None),
        ("postgres:///k?host=/run/postgresql", Encryption::None),
        ("postgres://k@localhost/k", Encryption::IfOffered),
        ("postgres://k@127.0.0.1/k", Encryption::IfOffered),
        ("postgres://k@127.1.2.3:6432/k", Encryption::IfOffered),
        ("postgres://k@[::1]/k", Encryption::IfOffered),
        ("postgres://k@127.0.0.1/k?sslmode=disable", Encryption::None),
        (
            "postgres://k@127.0.0.1/k?sslmode=require",
            Encryption::Unverified,
        ),
        ("postgres://k@db/k", Encryption::Full),
        ("postgres://k@db.example.org/k", Encryption::Full),
        (
            "postgresql://k@192.0.2.7/k?statement-cache-capacity=0",
            Encryption::Full,
        ),
        ("postgres://k@0.0.0.0/k", Encryption::Full),
        ("postgres://k@localhost.example.org/k", Encryption::Full),
        ("postgres://k@127.0.0.1.example.org/k", Encryption::Full),
        (
            "postgres://k@localhost/k?hostaddr=192.0.2.7",
            Encryption::Full,
        ),
        ("postgres://k@db/k?sslmode=disable", Encryption::None),
        ("postgres://k@db/k?sslmode=prefer", Encryption::Unverified),
        ("postgres://k@db/k?sslmode=allow", Encryption::Unverified),
        ("postgres://k@db/k?sslmode=require", Encryption::Unverified),
        (
            "postgres://k@db/k?sslmode=require&sslrootcert=ca.pem",
            Encryption::Authority,
        ),
        (
            "postgres://k@db/k?ssl-mode=verify-ca",
            Encryption::Authority,
        ),
        ("postgres://k@db/k?sslmode=verify-full", Encryption::Full),
    ] {
        assert_eq!(encryption(address).unwrap(), expected, "{address}");
    }
}

async fn open(address: &str) -> Result<(), StoreError> {
    let settings = Settings {
        connections: 2,
        direct: None,
    };
    let store = Store::open_unmigrated(address, &settings).await?;
    store.close().await;
    Ok(())
}

#[tokio::test]
async fn a_postgres_is_spoken_to_encrypted_and_its_certificate_is_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let certified = Certified::of(&["localhost"]);
    let ours = folder.path().join("ours.pem");
    std::fs::write(&ours, &certified.authority).unwrap();
    let theirs = folder.path().join("theirs.pem");
    std::fs::write(&theirs, Certified::of(&["localhost"]).authority).unwrap();
    let [ours, theirs] = [&ours, &theirs].map(|file| file.to_str().unwrap());
    let database = Database::encrypted(&certified).await;
    let at = |host: &str, end: &str| database.address_at(host, end);

    // On a network, which 0.0.0.0 stands for here, and whoever the certificate is for.
    for address in [
        at("0.0.0.0", "?sslmode=require"),
        at("0.0.0.0", "?sslmode=prefer"),
        at("0.0.0.0", &format!("?sslmode=verify-ca&sslrootcert={ours}")),
        at(
            "localhost",
            &format!("?sslmode=verify-full&sslrootcert={ours}"),
        ),
        at("0.0.0.0", "?sslmode=disable"),
    ] {
        open(&address)
            .await
            .unwrap_or_else(|error| panic!("{address}: {error}"));
    }
    for address in [
        at("0.0.0.0", ""),
        at("0.0.0.0", &format!("?sslrootcert={ours}")),
        at("0.0.0.0", &format!("?sslmode=require&sslrootcert={theirs}")),
        at(
            "localhost",
            &format!("?sslmode=verify-full&sslrootcert={theirs}"),
        ),
    ] {
        let refused = open(&address).await.unwrap_err();
        assert!(refused.is_of_encryption(), "{address}: {refused:?}");
        // So do commands that take the database for themselves.
        let refused = alone::read(&address).await.unwrap_err();
        assert!(refused.is_of_encryption(), "{address}: {refused:?}");
    }
    let data = folder.path().to_str().unwrap();
    let address = at("0.0.0.0", "");
    let refused = koffiekar(&["migrate", "--data", data, "--database-url", &address]).await;
    let said = said(&refused);
    assert!(!refused.status.success());
    assert!(said.contains("sslrootcert=FILE"), "{said}");
    let encrypted = at(
        "localhost",
        &format!("?sslmode=verify-full&sslrootcert={ours}"),
    );
    let store = Store::open(&encrypted).await.unwrap();
    assert!(store.schema().await.unwrap().missing.is_empty());
    let used = database.number(
        "select count(*) from pg_stat_ssl s join pg_stat_activity a using (pid)
        where s.ssl and a.application_name = 'koffiekar'",
    );
    assert!(used.await > 0);
    store.close().await;
}

#[tokio::test]
async fn a_postgres_that_does_not_encrypt_is_not_spoken_to_over_a_network() {
    let database = Database::on_its_own().await;
    for end in [
        "",
        "?sslmode=prefer",
        "?sslmode=require",
        "?sslmode=verify-full",
    ] {
        let refused = open(&database.address_at("0.0.0.0", end))
            .await
            .unwrap_err();
        assert!(refused.is_of_encryption(), "{end}: {refused:?}");
    }
    open(&database.address_at("0.0.0.0", "?sslmode=disable"))
        .await
        .unwrap();
    open(&database.address_at("127.0.0.1", "")).await.unwrap();
    open(&database.address_at("localhost", "")).await.unwrap();
}
