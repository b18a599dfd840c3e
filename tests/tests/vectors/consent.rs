//! `consent.json`: what statements about consent come to.

use std::collections::BTreeMap;

use koffiekar_sync_core::consent::{Consent, Decision, Purpose, Statement};
use koffiekar_sync_core::ids::StatementId;
use serde_json::{Value, json};

use super::cast::{self, NOON, anna};
use super::{list, pinned, text};

type Said<'a> = &'a [(u8, Purpose, Decision, &'a [u8])];

fn case(name: &str, said: Said<'_>) -> Value {
    let statements: BTreeMap<StatementId, Statement> = said
        .iter()
        .map(|(number, purpose, decision, supersedes)| {
            let statement = Statement {
                purpose: *purpose,
                decision: *decision,
                text: "2026-1".to_owned(),
                language: "nl".to_owned(),
                at: NOON.plus(i64::from(*number) * 60_000),
                by: anna().user,
                supersedes: supersedes.iter().copied().map(cast::statement).collect(),
                clock_doubtful: false,
            };
            (cast::statement(*number), statement)
        })
        .collect();
    let consent = Consent::new(statements);
    let standing: BTreeMap<Purpose, Vec<StatementId>> = Purpose::ALL
        .into_iter()
        .map(|purpose| (purpose, consent.standing(purpose)))
        .filter(|(_, standing)| !standing.is_empty())
        .collect();
    json!({
        "name": name,
        "statements": consent.statements(),
        "standing": standing,
        "allowed": consent.allowed(),
    })
}

fn made() -> Value {
    use Decision::{Given, Withdrawn};
    use Purpose::{Analysis as A, AnonymousPublication as P};
    json!({
        "about": "Statements about consent by their ids, those that stand (are replaced by none), and the purposes that they allow",
        "cases": [
            case("nobody was asked", &[]),
            case("yes to one question, no to another", &[(1, A, Given, &[]), (2, P, Withdrawn, &[])]),
            case("withdrawn later", &[(1, A, Given, &[]), (2, A, Withdrawn, &[1])]),
            case("withdrawn by somebody who did not know of the grant", &[(1, A, Given, &[]), (2, A, Withdrawn, &[])]),
            case("given again, knowing of the withdrawal", &[(1, A, Given, &[]), (2, A, Withdrawn, &[1]), (3, A, Given, &[2])]),
            case("known through a chain", &[(1, A, Withdrawn, &[]), (2, A, Given, &[1]), (3, A, Given, &[2])]),
            case("given again without knowing of the withdrawal", &[(1, A, Given, &[]), (2, A, Withdrawn, &[1]), (3, A, Given, &[1])]),
            case("two grants that each knew half of the withdrawals", &[(1, A, Withdrawn, &[]), (2, A, Withdrawn, &[]), (3, A, Given, &[1]), (4, A, Given, &[2])]),
            case("one grant that knew both", &[(1, A, Withdrawn, &[]), (2, A, Withdrawn, &[]), (3, A, Given, &[1, 2])]),
            case("a replaced grant still counts where nobody withdrew", &[(1, A, Given, &[]), (2, A, Given, &[1])]),
            case("a grant that names a statement which is not here", &[(1, A, Given, &[9])]),
            case("a grant and a withdrawal that name each other", &[(1, A, Given, &[2]), (2, A, Withdrawn, &[1])]),
        ],
    })
}

#[test]
fn consent() {
    let kept = pinned("consent.json", &made());
    for case in list(&kept, "cases") {
        let statements: BTreeMap<StatementId, Statement> =
            serde_json::from_value(case["statements"].clone()).unwrap();
        let allowed: Vec<Purpose> = serde_json::from_value(case["allowed"].clone()).unwrap();
        assert_eq!(
            Consent::new(statements).allowed(),
            allowed,
            "{}",
            text(case, "name")
        );
    }
}
