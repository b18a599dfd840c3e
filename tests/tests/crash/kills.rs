//! The server dies in the middle of syncs, as a process: `kill -9`, at moments all over a request.

use std::collections::BTreeSet;
use std::time::Duration;

use koffiekar_server::demo;
use koffiekar_sync_core::conversation::{Command, NotesEdit, Splice};
use koffiekar_sync_core::ids::ConversationId;
use koffiekar_sync_core::replica::Budget;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::server::Binary;
use koffiekar_tests::tablet::{SyncError, Tablet};

use super::watch::{QUOTES, Watcher, acknowledged, assert_kept};

const SEED: u64 = 20_260_124;
const KILLS: usize = 100;
const TABLETS: usize = 4;
/// Exchanges of each tablet until the server dies, if it lives so long.
const EXCHANGES: usize = 6;

#[tokio::test]
async fn every_acknowledged_conversation_is_there_exactly_once_whenever_the_server_dies() {
    eprintln!("seed {SEED}");
    let mut numbers = Numbers(SEED);
    let data = tempfile::tempdir().unwrap();
    let mut server = Binary::start_empty_demo(data.path()).await;
    let port = server.port;
    let mut watcher = Watcher::enrol(&server.url).await;
    let mut tablets = Vec::new();
    for number in 0..TABLETS {
        let login = ["veldwerker1", "redacteur1"][number % 2];
        let mut tablet = Tablet::enrol(&server.url, login).await;
        tablet.budget = Budget {
            documents: 3,
            ..Budget::default()
        };
        tablets.push(tablet);
    }
    let mut recorded: BTreeSet<ConversationId> = BTreeSet::new();

    for _ in 0..KILLS {
        for tablet in &mut tablets {
            recorded.extend(work(tablet, &mut numbers, &["buurtronde-2026"]));
        }
        let mut busy = Vec::new();
        for mut tablet in tablets.drain(..) {
            busy.push(tokio::spawn(async move {
                let mut exchanged = Ok(());
                for _ in 0..EXCHANGES {
                    exchanged = tablet.exchange().await.map(drop);
                    if exchanged.is_err() {
                        break;
                    }
                }
                (tablet, exchanged)
            }));
        }
        // Somewhere between the first byte sent and long after the last answer.
        let moment = Duration::from_micros(numbers.below(80_000) as u64);
        tokio::time::sleep(moment).await;
        server.kill().await;
        for busy in busy {
            let (tablet, exchanged) = busy.await.unwrap();
            assert!(
                matches!(exchanged, Ok(()) | Err(SyncError::NoAnswer(_))),
                "{exchanged:?}"
            );
            tablets.push(tablet);
        }
        // A tablet too may die now: what it kept must be enough.
        let dying = numbers.below(2 * TABLETS);
        if let Some(tablet) = tablets.get_mut(dying) {
            tablet.restart();
        }

        server = Binary::start(data.path(), port, false).await;
        let there = watcher.everything(&server.url).await;
        for tablet in &tablets {
            assert_kept(&acknowledged(tablet), &there);
        }
        assert!(there.keys().all(|id| recorded.contains(id)));
    }

    for tablet in &mut tablets {
        tablet.sync().await.unwrap();
        assert_eq!(tablet.replica.waiting(), 0);
    }
    let there = watcher.everything(&server.url).await;
    assert!(there.keys().eq(&recorded));
    for tablet in &tablets {
        assert_kept(&acknowledged(tablet), &there);
    }
}

/// A few conversations, and an edit of one that is there already, be it a colleague's.
pub(super) fn work(
    tablet: &mut Tablet,
    numbers: &mut Numbers,
    rounds: &[&str],
) -> Vec<ConversationId> {
    let user = tablet.replica.identity().user;
    let held: Vec<ConversationId> = tablet.replica.conversations().map(|(id, _)| id).collect();
    if !held.is_empty() {
        let id = *numbers.pick(&held);
        let document = tablet.read(id);
        let seen = tablet.heads(id);
        let splice = Splice {
            at: document.notes.chars().count(),
            delete: 0,
            insert: format!(" Later {}.", numbers.below(100)),
        };
        let splices = vec![splice];
        tablet.execute(id, &Command::EditNotes(NotesEdit { seen, splices }));
    }
    (0..numbers.below(4))
        .map(|_| {
            let new = conversation(numbers, user, tablet.now(), QUOTES);
            tablet.record(demo::round(rounds[numbers.below(rounds.len())]), &new)
        })
        .collect()
}
