//! The client in JavaScript, `tests/interop`: a process that is told by lines what to do.

use std::process::Stdio;

use koffiekar_sync_core::conversation::Conversation;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::programs;

/// Killed when it is dropped.
pub struct Client {
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Client {
    pub async fn start() -> Client {
        let mut process = Command::new(programs::node())
            .arg(programs::interop().join("main.js"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let orders = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap()).lines();
        Client {
            orders,
            answers,
            _process: process,
        }
    }

    /// What came of it, whatever it is.
    pub async fn told(&mut self, deed: &str, with: Value) -> Value {
        let mut order = with;
        order["do"] = deed.into();
        self.orders
            .write_all(format!("{order}\n").as_bytes())
            .await
            .unwrap();
        let line = self.answers.next_line().await.unwrap();
        let line = line.unwrap_or_else(|| panic!("the client ended at `{deed}`"));
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(answer["did"], deed);
        answer
    }

    /// What came of it, which must be neither a fault nor a refusal.
    pub async fn does(&mut self, deed: &str, with: Value) -> Value {
        let answer = self.told(deed, with).await;
        for trouble in ["error", "refused"] {
            let words = answer[trouble].as_str().unwrap_or_default();
            assert_eq!(words, "", "{deed}: {answer}");
        }
        answer
    }
}

/// A conversation as the client and the test vectors write it in JSON; nobody sends it.
pub fn reads(conversation: &Conversation) -> Value {
    let quotes: Vec<Value> = conversation
        .quotes
        .iter()
        .map(|quote| {
            json!({
                "id": quote.id.key(),
                "wordings": quote.wording.all(),
                "language": quote.language,
                "lines": conversation.tags.standing(quote.id),
                "tag_state": conversation.tags.state(quote.id),
            })
        })
        .collect();
    json!({
        "recorded_at": conversation.recorded_at,
        "clock_doubtful": conversation.clock_doubtful,
        "recorded_by": conversation.recorded_by.key(),
        "language": conversation.language,
        "area": conversation.area,
        "notes": conversation.notes,
        "quotes": quotes,
        "statements": conversation.consent.statements(),
        "allowed": conversation.consent.allowed(),
    })
}
