//! `sealed.json`: words for the office alone, and the file of last resort.

use koffiekar_sync_core::rescue;
use koffiekar_sync_core::sealed::{NotOpened, OpenKey, SealKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use x25519_dalek::{PublicKey, StaticSecret};

use super::cast::counting;
use super::messages::{envelope, rescued};
use super::{array, bytes, diagnostic, hex, list, pinned, text};

const SECRET: u8 = 0xa0;

fn made() -> Value {
    let installation = OpenKey::new(counting(SECRET));
    let case = |name: &str, fresh: [u8; 32], message: &[u8]| {
        let own = StaticSecret::from(fresh);
        let public = PublicKey::from(&own);
        let shared = own.diffie_hellman(&PublicKey::from(installation.seal_key().0));
        let key = Sha256::new()
            .chain_update(b"koffiekar sealed v1\0")
            .chain_update(shared.as_bytes())
            .chain_update(public.as_bytes())
            .chain_update(installation.seal_key().0)
            .finalize();
        json!({
            "name": name,
            "fresh": hex(fresh),
            "fresh_public": hex(public),
            "shared": hex(shared),
            "key": hex(key),
            "message": hex(message),
            "sealed": hex(installation.seal_key().seal(message, fresh)),
            "opens": true,
        })
    };
    let honest = case("a message", counting(0xc0), "koffie ☕".as_bytes());
    let mut damaged = honest.clone();
    let mut sealed = bytes(&honest, "sealed");
    *sealed.last_mut().unwrap() ^= 1;
    damaged["name"] = "its last bit is another".into();
    damaged["sealed"] = hex(sealed);
    damaged["opens"] = false.into();
    let envelopes = [envelope(&rescued())];
    let file = rescue::seal(&envelopes, &installation.seal_key(), counting(0xe0));
    let message = installation
        .open(&file[b"koffiekar rescue v1\0".len()..])
        .unwrap();
    json!({
        "about": "Messages sealed to the installation's key: X25519, SHA-256, XChaCha20-Poly1305 with a nonce of 24 zeros",
        "secret": hex(counting::<32>(SECRET)),
        "seal_key": hex(installation.seal_key().0),
        "messages": [honest, case("nothing", counting(0xd0), b""), damaged],
        "rescue": {
            "fresh": hex(counting::<32>(0xe0)),
            "envelopes": envelopes.map(|envelope| hex(envelope.to_bytes())),
            "message": hex(&message),
            "diagnostic": diagnostic(&message),
            "file": hex(file),
        },
    })
}

#[test]
fn sealed() {
    let kept = pinned("sealed.json", &made());
    let installation = OpenKey::new(array(&kept, "secret"));
    let seal_key = SealKey(array(&kept, "seal_key"));
    assert_eq!(installation.seal_key(), seal_key);
    for case in list(&kept, "messages") {
        let (sealed, message) = (bytes(case, "sealed"), bytes(case, "message"));
        let opens = case["opens"].as_bool().unwrap();
        let expected = if opens {
            Ok(message.clone())
        } else {
            Err(NotOpened)
        };
        assert_eq!(
            installation.open(&sealed),
            expected,
            "{}",
            text(case, "name")
        );
        assert_eq!(
            seal_key.seal(&message, array(case, "fresh")) == sealed,
            opens
        );
    }
    let file = bytes(&kept["rescue"], "file");
    let envelopes = rescue::open(&file, &installation).unwrap();
    let opened: Vec<Value> = envelopes.iter().map(|e| hex(e.to_bytes())).collect();
    assert_eq!(&opened, list(&kept["rescue"], "envelopes"));
}
