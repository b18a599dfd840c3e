//! An area is put into another wijk: what was said there is counted there, by every server, at once.

use koffiekar_server::demo;
use koffiekar_server::office::programme;
use koffiekar_server::upkeep::verify;
use koffiekar_sync_core::conversation::Command;
use koffiekar_sync_core::office::Counts;
use koffiekar_tests::office::Office;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::{Place, Server};
use koffiekar_tests::tablet::Tablet;

const PROGRAMME: &str = include_str!("../../../server/demo/programme.toml");

async fn load(server: &Server, text: &str) {
    let catalogue = programme::parse(text).unwrap();
    let mut tx = server.koffiekar.store.write().await.unwrap();
    programme::write(&mut tx, &catalogue).await.unwrap();
    tx.commit().await.unwrap();
}

/// `FB: 2`, as an editor sees it.
async fn by_wijk(server: &Server) -> Vec<String> {
    let editor = Office::sign_in(&server.url, "redacteur1").await;
    let counts: Counts = editor.get("/api/v1/quotes/counts?rows=wijk").await;
    let rows = counts.rows.iter().zip(&counts.cells);
    let rows = rows.map(|(row, cells)| (&row.key, cells.iter().sum::<u64>()));
    let rows = rows.filter(|(_, count)| *count > 0);
    let mut rows: Vec<String> = rows.map(|(key, count)| format!("{key}: {count}")).collect();
    rows.sort();
    rows
}

async fn quotes_follow_an_area_that_is_put_into_another_wijk(place: Place) {
    let server = Server::start(place).await;
    let mut tablet = Tablet::enrol(&server.url, "veldwerker1").await;
    let mut numbers = Numbers(3);
    for area in ["FB08", "FB"] {
        let new = conversation(
            &mut numbers,
            tablet.replica.identity().user,
            tablet.now(),
            1,
        );
        let id = tablet.record(demo::round("buurtronde-2026"), &new);
        let area = Some(area.to_owned());
        tablet.execute(id, &Command::SetArea { area });
    }
    tablet.sync().await.unwrap();
    let mut servers = vec![&server];
    let beside = match &server.place {
        Place::Sqlite(_) => None,
        Place::Postgres(_) => Some(server.beside().await),
    };
    servers.extend(&beside);
    for server in &servers {
        assert_eq!(by_wijk(server).await, ["FB: 2"]);
    }
    let is_here = "code = \"FB08\"\nlevel = \"buurt\"\npart_of = \"FB\"";
    assert!(PROGRAMME.contains(is_here));
    let moved = PROGRAMME.replace(
        is_here,
        &is_here.replace("part_of = \"FB\"", "part_of = \"FE\""),
    );
    load(&server, &moved).await;
    for server in &servers {
        assert_eq!(by_wijk(server).await, ["FB: 1", "FE: 1"]);
    }
    let verified = verify::verify(&server.koffiekar.store).await.unwrap();
    assert_eq!(verified.faults, []);
}

#[tokio::test]
async fn quotes_follow_an_area_that_is_put_into_another_wijk_on_sqlite() {
    quotes_follow_an_area_that_is_put_into_another_wijk(Place::sqlite()).await;
}

#[tokio::test]
async fn quotes_follow_an_area_that_is_put_into_another_wijk_on_postgres() {
    quotes_follow_an_area_that_is_put_into_another_wijk(Place::postgres().await).await;
}
