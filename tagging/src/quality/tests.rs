use super::*;

fn judged(language: &str, said: &str, right: &str) -> Judged {
    let lines = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    Judged {
        language: language.into(),
        said: lines(said),
        right: lines(right),
    }
}

fn some() -> Vec<Judged> {
    vec![
        judged("nl", "homes", "homes"),
        judged("nl", "homes", "work homes"),
        judged("nl", "homes", "work"),
        judged("tr", "", "work"),
        judged("tr", "", ""),
    ]
}

/// Counted by hand.
#[test]
fn precision_and_recall_are_counted_by_line_and_language() {
    let found = by_line(&some());
    let of = |language: Option<&str>, line: Option<&str>| {
        let one = found
            .iter()
            .find(|one| one.language.as_deref() == language && one.line.as_deref() == line)
            .unwrap();
        let [p, r] = [one.precision, one.recall];
        (p.hits, p.of, r.hits, r.of)
    };
    assert_eq!(of(None, Some("homes")), (2, 3, 2, 2));
    assert_eq!(of(None, Some("work")), (0, 0, 0, 3));
    assert_eq!(of(None, None), (1, 2, 1, 1), "no action line");
    assert_eq!(of(Some("nl"), Some("work")), (0, 0, 0, 2));
    assert_eq!(of(Some("tr"), None), (1, 2, 1, 1));
    assert_eq!(found.len(), 7, "three lines in all; two each in nl and tr");
    // F1 by hand: homes 2*2/(3+2), work 0, none 2*1/(2+1).
    assert!((macro_f1(&found) - (0.8 + 2.0 / 3.0) / 3.0).abs() < 1e-12);
    assert_eq!(macro_f1(&[]), 0.0);
}

#[test]
fn lines_taken_for_each_other_are_counted_the_most_frequent_first() {
    let confusion = |said: Option<&str>, right: Option<&str>, quotes| Confusion {
        said: said.map(str::to_owned),
        right: right.map(str::to_owned),
        quotes,
    };
    let twice = [some(), vec![judged("nl", "homes", "work")]].concat();
    assert_eq!(
        confusions(&twice),
        [
            confusion(Some("homes"), Some("work"), 2),
            confusion(None, Some("work"), 1),
        ]
    );
}
