use super::*;
use crate::arithmetic::Sequence;
use crate::{Labelled, LineDescription, Tagger};

fn small() -> Tagger {
    let line = |key: &str, title: &str| LineDescription {
        key: key.into(),
        title: title.into(),
        ..Default::default()
    };
    let label = Labelled {
        text: "de huur".into(),
        language: "nl".into(),
        lines: vec!["homes".into()],
        not: vec![],
    };
    Tagger::train(
        &[line("homes", "Woningen"), line("play", "Spelen")],
        &[label],
    )
}

/// Uses whatever was accepted, so that a model that cannot answer is noticed.
fn try_payload(payload: &[u8]) -> bool {
    let Ok(tagger) = Tagger::from_bytes(&seal(payload, 0)) else {
        return false;
    };
    assert!(
        tagger
            .suggest("De huur van woningen, spelen", "nl", 9)
            .iter()
            .all(|answer| !answer.probability.is_nan())
    );
    true
}

#[test]
fn any_changed_byte_is_noticed() {
    let bytes = small().to_bytes();
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[place] ^= 1 << bit;
            assert!(
                Tagger::from_bytes(&changed).is_err(),
                "byte {place}, bit {bit}"
            );
        }
    }
}

#[test]
fn a_model_cut_off_or_lengthened_is_refused() {
    let bytes = small().to_bytes();
    for length in 0..bytes.len() {
        assert_eq!(
            Tagger::from_bytes(&bytes[..length]),
            Err(TaggerError::Damaged)
        );
    }
    assert_eq!(
        Tagger::from_bytes(&[bytes, vec![0]].concat()),
        Err(TaggerError::Damaged)
    );
}

#[test]
fn a_hostile_payload_with_a_right_checksum_never_panics() {
    let payload = encode(&small().model);
    assert!(try_payload(&payload));
    for length in 0..payload.len() {
        assert!(!try_payload(&payload[..length]));
    }
    let mut sequence = Sequence::new(11);
    let mut refused = 0;
    for _ in 0..20_000 {
        let mut changed = payload.clone();
        for _ in 0..=sequence.below(3) {
            let place = sequence.below(changed.len());
            changed[place] = sequence.next() as u8;
        }
        refused += u32::from(!try_payload(&changed));
    }
    assert!(
        (1..20_000).contains(&refused),
        "the changes reach both sides: {refused} refused"
    );
}

#[test]
fn counts_beyond_the_bounds_are_refused() {
    let model = small().model;
    let with = |change: &dyn Fn(&mut Model)| {
        let mut changed = model.clone();
        change(&mut changed);
        try_payload(&encode(&changed))
    };
    assert!(with(&|_| ()));
    assert!(!with(&|model| model.scales.push(1.0)));
    assert!(!with(&|model| model.biases[0] = f32::NAN));
    assert!(!with(&|model| model.sharpness = f32::INFINITY));
    assert!(!with(&|model| {
        let rows = MOST_WEIGHTS / model.stride() + 1;
        model.vocabulary = Vocabulary::new((0..rows as u32).collect(), vec![1; rows], 1);
        model.weights = vec![0; rows * model.stride()];
    }));
}

#[test]
fn another_format_is_told_apart_from_damage() {
    let mut bytes = Vec::new();
    minicbor::encode(
        &Envelope {
            format: WITH_KEY + 1,
            payload: [].as_slice().into(),
            checksum: 0,
        },
        &mut bytes,
    )
    .unwrap();
    assert_eq!(Tagger::from_bytes(&bytes), Err(TaggerError::UnknownFormat));
}

#[test]
fn features_that_do_not_ascend_or_do_not_fit_are_refused() {
    assert_eq!(read_features(&[5, 3], 2), Some(vec![5, 8]));
    assert_eq!(read_features(&[5, 0], 2), None, "twice the same");
    assert_eq!(
        read_features(&[5, 0xff, 0xff, 0xff, 0xff, 0x0f], 2),
        None,
        "beyond 32 bits"
    );
    assert_eq!(
        read_features(&[0xff, 0xff, 0xff, 0xff, 0xff, 0x0f], 1),
        None,
        "a number without an end"
    );
    assert_eq!(read_features(&[5, 3], 1), None, "more than announced");
    assert_eq!(read_features(&[5], 2), None, "fewer than announced");
}
