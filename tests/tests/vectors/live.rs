//! `live.json`: how a tablet asks to be told of news at once.

use koffiekar_sync_core::ids::Millis;
use koffiekar_sync_core::live::{LiveNotice, LiveRequest};
use serde_json::{Value, json};

use super::cast::{self, NOON, Person, anna, bilal, counting};
use super::{array, hex, list, pinned, text};

fn asked(person: &Person) -> Value {
    let key = person.identity().signing_key();
    let nonce: [u8; 16] = counting(0xf0);
    let asked = LiveRequest::sign(person.device, &key, NOON, nonce);
    let signed = [
        &b"koffiekar live v1\0"[..],
        &person.device.0.to_be_bytes(),
        &NOON.0.to_be_bytes(),
        &nonce,
    ]
    .concat();
    json!({
        "public_key": hex(cast::public_key(person.seed)),
        "device": person.device.to_string(),
        "time": NOON,
        "nonce": hex(nonce),
        "signed": hex(signed),
        "signature": hex(asked.signature),
        "authorization": asked.authorization(),
    })
}

fn made() -> Value {
    let notice = LiveNotice {
        round: cast::round(1),
        place: 44,
    };
    json!({
        "about": "What stands in the header `Authorization` of `GET /api/v1/sync/live`, and the data of one event",
        "requests": [asked(&anna()), asked(&bilal())],
        "notice": serde_json::to_string(&notice).unwrap(),
    })
}

#[test]
fn live() {
    let kept = pinned("live.json", &made());
    for told in list(&kept, "requests") {
        let request = LiveRequest {
            device: text(told, "device").parse().unwrap(),
            time: Millis(told["time"].as_i64().unwrap()),
            nonce: array(told, "nonce"),
            signature: array(told, "signature"),
        };
        assert_eq!(request.verify(&array(told, "public_key")), Ok(()));
        assert_eq!(request.authorization(), text(told, "authorization"));
        assert_eq!(
            LiveRequest::parse(text(told, "authorization")),
            Some(request)
        );
    }
    let notice: LiveNotice = serde_json::from_str(text(&kept, "notice")).unwrap();
    assert_eq!(notice.place, 44);
}
