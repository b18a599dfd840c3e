//! `successors.json`: under which id a conversation goes on without some of its quotes, and as what.

use std::collections::BTreeSet;

use koffiekar_sync_core::conversation::{Command, Document};
use koffiekar_sync_core::ids::{ConversationId, QuoteId};
use koffiekar_tests::interop::reads;
use serde_json::{Value, json};

use super::cast::{anna, bilal, conversation, quote};
use super::documents::{Story, full, heads};
use super::{bytes, hex, list, pinned, text};

fn id(of: ConversationId, erased: &[u8], attempt: u8) -> Value {
    let quotes: BTreeSet<QuoteId> = erased.iter().copied().map(quote).collect();
    json!({
        "conversation": of.to_string(),
        "erased": quotes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "attempt": attempt,
        "successor": of.successor(&quotes, attempt).to_string(),
    })
}

/// A conversation that a colleague edited, and of which the first quote is erased.
fn rebuilt() -> Value {
    let (anna, bilal) = (anna(), bilal());
    let mut story = Story::begin(&anna, &full(&anna));
    let area = Some("FB04".to_owned());
    story.then(&bilal, "another area", &Command::SetArea { area });
    let verbatim = "Parkı çok seviyorum.".to_owned();
    let correct = Command::CorrectWording {
        quote: quote(2),
        verbatim,
    };
    story.then(&bilal, "another wording", &correct);
    let old = story.document;
    let erased = BTreeSet::from([quote(1)]);
    let id = conversation(1).successor(&erased, 0);
    let new = old.successor(id, &erased, false).unwrap();
    json!({
        "conversation": conversation(1).to_string(),
        "saved": hex(old.save()),
        "erased": [quote(1).to_string()],
        "successor": id.to_string(),
        "successor_saved": hex(new.save()),
        "heads": heads(&new.heads()),
        "reads": reads(&new.read().unwrap()),
    })
}

fn made() -> Value {
    let one = conversation(1);
    let next = one.successor(&BTreeSet::from([quote(1)]), 0);
    json!({
        "about": "Ids of successors; and one conversation with what goes on of it",
        "ids": [
            id(one, &[1], 0),
            id(one, &[2, 1], 0),
            id(one, &[1], 1),
            id(next, &[2], 0),
        ],
        "rebuilt": rebuilt(),
    })
}

#[test]
fn successors() {
    let kept = pinned("successors.json", &made());
    for told in list(&kept, "ids") {
        let of: ConversationId = text(told, "conversation").parse().unwrap();
        let erased = list(told, "erased").iter();
        let erased = erased
            .map(|id| id.as_str().unwrap().parse().unwrap())
            .collect();
        let attempt = u8::try_from(told["attempt"].as_u64().unwrap()).unwrap();
        let successor = of.successor(&erased, attempt).to_string();
        assert_eq!(successor, text(told, "successor"));
    }
    let told = &kept["rebuilt"];
    let old = Document::load(&bytes(told, "saved")).unwrap();
    let erased = BTreeSet::from([quote(1)]);
    let new = old.successor(conversation(1).successor(&erased, 0), &erased, false);
    assert_eq!(heads(&new.unwrap().heads()), told["heads"]);
    let saved = Document::load(&bytes(told, "successor_saved")).unwrap();
    assert_eq!(reads(&saved.read().unwrap()), told["reads"]);
}
