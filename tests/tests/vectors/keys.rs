//! `keys.json`: keys, their names, and one that hands over to the next.

use ed25519_dalek::{SigningKey, VerifyingKey};
use koffiekar_sync_core::receipt::{KeyId, KeySuccession};
use koffiekar_sync_core::replica::Identity;
use koffiekar_sync_core::wire::WireError;
use serde_json::{Value, json};

use super::cast::{anna, bilal, counting, receipt_seeds, signing_key};
use super::{array, bytes, diagnostic, hex, list, pinned, text};

fn made() -> Value {
    let [old, new] = receipt_seeds().map(signing_key);
    let honest = KeySuccession::sign(&new.verifying_key(), &old);
    // As somebody would write it who has no hold of the old key.
    let forged = KeySuccession::sign(&new.verifying_key(), &signing_key(anna().seed));
    let succession = |name: &str, valid: bool, step: &KeySuccession| {
        let cbor = minicbor::to_vec(step).unwrap();
        json!({
            "name": name,
            "from": hex(old.verifying_key()),
            "to": hex(step.key),
            "signed": hex([&b"koffiekar receipt key v1\0"[..], &step.key].concat()),
            "signature": hex(step.signature),
            "cbor": hex(&cbor),
            "diagnostic": diagnostic(&cbor),
            "valid": valid,
        })
    };
    let devices = [anna(), bilal()].map(|person| {
        json!({
            "device": person.device.to_string(),
            "user": person.user.to_string(),
            "seed": hex(person.seed),
            "public_key": hex(person.identity().signing_key().verifying_key()),
        })
    });
    json!({
        "about": "Ed25519 keys from their seeds; the id of a key for receipts; one key that hands over to the next",
        "devices": devices,
        "receipt_keys": receipt_seeds().map(|seed| {
            let key = signing_key(seed).verifying_key();
            json!({
                "seed": hex(seed),
                "public_key": hex(key),
                "id": hex(KeyId::of(&key).0),
            })
        }),
        "chains": chains(),
        "successions": [
            succession("the old key signed the new one", true, &honest),
            succession("another key signed the new one", false, &forged),
        ],
    })
}

/// Three keys that hand over one to the next, and what must not pass for that.
fn chains() -> Value {
    let [one, two] = receipt_seeds().map(signing_key);
    let three = signing_key(counting(0xa0));
    let step = |new: &SigningKey, old: &SigningKey| KeySuccession::sign(&new.verifying_key(), old);
    let (to_two, to_three) = (step(&two, &one), step(&three, &two));
    let mut end = three.clone();
    let mut long = vec![to_two.clone(), to_three.clone()];
    for number in 0..99 {
        let next = signing_key([number; 32]);
        long.push(step(&next, &end));
        end = next;
    }
    let chain = |name: &str, steps: &[KeySuccession], last: Option<&SigningKey>| {
        json!({
            "name": name,
            "trusted": hex(one.verifying_key()),
            "keys": steps.iter().map(|step| hex(minicbor::to_vec(step).unwrap())).collect::<Vec<_>>(),
            "signs_now": last.map(|key| hex(key.verifying_key())),
        })
    };
    json!([
        chain("the trusted key still signs", &[], Some(&one)),
        chain("one step", std::slice::from_ref(&to_two), Some(&two)),
        chain(
            "two steps",
            &[to_two.clone(), to_three.clone()],
            Some(&three)
        ),
        chain(
            "the steps in the wrong order",
            &[to_three.clone(), to_two.clone()],
            None
        ),
        chain("a step is missing", &[to_three], None),
        chain(
            "a step by a key that was not at its turn",
            &[to_two, step(&three, &one)],
            None
        ),
        chain(
            "a hundred steps",
            &long[..100],
            Some(&signing_key([97; 32]))
        ),
        chain("more than a hundred steps", &long, None),
    ])
}

/// The key at the end of the chain; nothing where it does not hold.
fn end(trusted: &VerifyingKey, chain: &[KeySuccession]) -> Option<VerifyingKey> {
    let verified = chain
        .iter()
        .try_fold(*trusted, |key, step| step.verify(&key));
    verified.ok().filter(|_| chain.len() <= 100)
}

#[test]
fn keys() {
    let kept = pinned("keys.json", &made());
    for device in list(&kept, "devices") {
        let public = Identity::public_key_of(&array(device, "seed"));
        assert_eq!(public, text(device, "public_key"));
    }
    for key in list(&kept, "receipt_keys") {
        let public = VerifyingKey::from_bytes(&array(key, "public_key")).unwrap();
        assert_eq!(signing_key(array(key, "seed")).verifying_key(), public);
        assert_eq!(KeyId::of(&public).0, array(key, "id"));
    }
    for chain in list(&kept, "chains") {
        let steps = list(chain, "keys").iter();
        let steps: Vec<KeySuccession> = steps
            .map(|cbor| minicbor::decode(&bytes(&json!({ "cbor": cbor }), "cbor")).unwrap())
            .collect();
        let trusted = VerifyingKey::from_bytes(&array(chain, "trusted")).unwrap();
        let last = end(&trusted, &steps).map_or(Value::Null, hex);
        assert_eq!(last, chain["signs_now"], "{}", text(chain, "name"));
    }
    for step in list(&kept, "successions") {
        let read: KeySuccession = minicbor::decode(&bytes(step, "cbor")).unwrap();
        let old = VerifyingKey::from_bytes(&array(step, "from")).unwrap();
        let new = read.verify(&old).map(|key| key.to_bytes());
        let expected = match step["valid"].as_bool().unwrap() {
            true => Ok(array(step, "to")),
            false => Err(WireError::Signature),
        };
        assert_eq!(new, expected, "{}", text(step, "name"));
    }
}
