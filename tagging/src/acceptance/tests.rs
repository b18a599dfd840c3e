use super::*;
use crate::arithmetic::Sequence;

fn audited(language: &str, line: Option<&str>, probability: f32, right: bool) -> Audited {
    Audited {
        language: language.into(),
        line: line.map(str::to_owned),
        probability,
        right,
    }
}

/// Right as often as the tagger says.
fn honest(line: Option<&str>, quotes: usize, seed: u64) -> Vec<Audited> {
    let mut sequence = Sequence::new(seed);
    (0..quotes)
        .map(|_| {
            let said = 1.0 - 0.4 * (sequence.below(1_000) as f32 / 1_000.0).powi(3);
            audited(
                "nl",
                line,
                said,
                (sequence.below(1_000) as f32) < 1_000.0 * said,
            )
        })
        .collect()
}

/// All of them right, each surer than the one before.
fn all_right(line: Option<&str>, quotes: usize) -> Vec<Audited> {
    (0..quotes)
        .map(|n| audited("nl", line, n as f32 / quotes as f32, true))
        .collect()
}

#[test]
fn too_few_audited_quotes_accept_nothing() {
    let enough = all_right(Some("homes"), AUDITED_FROM);
    let threshold =
        |quotes: &[Audited]| Acceptance::from_audit(quotes, 0.95).threshold("nl", Some("homes"));
    assert_eq!(threshold(&enough), Some(0.0));
    assert_eq!(threshold(&enough[1..]), None);
    assert_eq!(threshold(&[]), None);
}

/// By hand: of 400 quotes the surest 200 are right, below every second is wrong. 45% (180) pass, 50% (200) pass with
/// a bound of 0.985, 55% (220 with 10 wrong) have one of 0.924.
#[test]
fn the_laxest_threshold_that_is_proven_is_taken() {
    let mut quotes = all_right(Some("homes"), 400);
    for n in (0..200).step_by(2) {
        quotes[n].right = false;
    }
    let acceptance = Acceptance::from_audit(&quotes, 0.95);
    assert_eq!(acceptance.threshold("nl", Some("homes")), Some(0.5));
    assert_eq!(
        Acceptance::from_audit(&quotes, 0.99).threshold("nl", Some("homes")),
        None
    );
}

/// By hand: the surest 160 of 400 are right, ten of the next twenty are wrong, all others right. 45% fail, and although
/// all 400 together (390 right, a bound of 0.958) would pass, nothing is tried after that.
#[test]
fn the_first_threshold_that_fails_ends_it() {
    let mut quotes = all_right(Some("homes"), 400);
    for n in (220..240).step_by(2) {
        quotes[n].right = false;
    }
    let acceptance = Acceptance::from_audit(&quotes, 0.95);
    assert_eq!(acceptance.threshold("nl", Some("homes")), Some(0.6));
}

#[test]
fn a_line_that_is_often_wrong_does_not_live_off_the_others() {
    let mut bad = all_right(Some("work"), AUDITED_FROM);
    bad.iter_mut()
        .step_by(5)
        .for_each(|quote| quote.right = false);
    let quotes = [all_right(Some("homes"), 5_000), bad].concat();
    let acceptance = Acceptance::from_audit(&quotes, 0.95);
    assert!(acceptance.threshold("nl", Some("homes")).is_some());
    assert_eq!(acceptance.threshold("nl", Some("work")), None);
}

#[test]
fn lines_with_few_quotes_share_a_threshold_and_unseen_ones_have_none() {
    let quotes = [
        all_right(Some("homes"), AUDITED_FROM / 2),
        all_right(None, AUDITED_FROM / 2),
    ]
    .concat();
    let acceptance = Acceptance::from_audit(&quotes, 0.95);
    assert!(acceptance.threshold("nl", Some("homes")).is_some());
    assert_eq!(
        acceptance.threshold("nl", Some("homes")),
        acceptance.threshold("nl", None)
    );
    assert_eq!(
        acceptance.threshold("nl", Some("play")),
        None,
        "never audited"
    );
    assert_eq!(
        acceptance.threshold("tr", Some("homes")),
        None,
        "another language"
    );
}

#[test]
fn only_an_answer_as_sure_as_the_threshold_is_accepted() {
    let mut quotes = all_right(Some("homes"), 400);
    quotes[..200]
        .iter_mut()
        .for_each(|quote| quote.right = false);
    let acceptance = Acceptance::from_audit(&quotes, 0.95);
    let answer = |probability| Suggestion {
        line: Some("homes".into()),
        probability,
        because: vec![],
    };
    assert!(acceptance.accepts("nl", &answer(0.5)));
    assert!(!acceptance.accepts("nl", &answer(0.499)));
    assert!(!acceptance.accepts("en", &answer(1.0)));
}

/// Over many audits of one kind: where a threshold is given, the share of right answers over it is nearly always what
/// was wanted. The true share over a threshold is known here.
#[test]
fn what_is_promised_is_kept() {
    let (mut given, mut broken) = (0, 0);
    let all = honest(Some("homes"), 200_000, 1);
    for seed in 0..200 {
        let acceptance = Acceptance::from_audit(&honest(Some("homes"), 500, 100 + seed), 0.93);
        let Some(least) = acceptance.threshold("nl", Some("homes")) else {
            continue;
        };
        let accepted = all.iter().filter(|quote| quote.probability >= least);
        let (right, count) = accepted.fold((0usize, 0usize), |(right, count), quote| {
            (right + usize::from(quote.right), count + 1)
        });
        given += 1;
        broken += usize::from((right as f64) < 0.93 * count as f64);
    }
    assert!(given > 50, "{given} of 200 audits give a threshold");
    assert!(broken * 20 <= 200, "{broken} of {given} break the promise");
}
