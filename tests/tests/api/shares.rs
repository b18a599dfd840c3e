//! Nobody takes the server from the others: connections, bodies and turns have bounds, and a caller a share.

mod arriving;
mod devices;
mod exports;
mod people;

use std::future::Future;
use std::time::Duration;

use koffiekar_server::{demo, random};
use koffiekar_sync_core::office::Problem;
use koffiekar_tests::hand::{Copy, Hand, pushing};
use koffiekar_tests::office::Office;
use koffiekar_tests::seed::{Numbers, conversation};
use koffiekar_tests::tablet::now;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// What never ends fails after this time. Nothing is measured by it.
const NEVER: Duration = Duration::from_secs(60);

pub(crate) async fn within<T>(what: &str, ends: impl Future<Output = T>) -> T {
    let ended = tokio::time::timeout(NEVER, ends).await;
    ended.unwrap_or_else(|_| panic!("{what} did not end"))
}

/// Quotes of many pieces of a table, in all some 3 MB: more than goes into a connection by itself.
pub(crate) async fn record_long_quotes(url: &str) {
    let hand = Hand::enrol(url, "veldwerker1").await;
    let mut numbers = Numbers(1);
    let copies: Vec<Copy> = (0..15)
        .map(|_| {
            let mut new = conversation(&mut numbers, hand.user(), now(), 200);
            for quote in &mut new.quotes {
                // Nothing that could be packed much smaller.
                let words: Vec<String> = (0..50)
                    .map(|_| random::hex(&numbers.bytes::<10>()))
                    .collect();
                quote.verbatim = format!("{} {}", quote.verbatim, words.join(" "));
            }
            hand.record(demo::round("buurtronde-2026"), &new)
        })
        .collect();
    for some in copies.chunks(3) {
        let some: Vec<&Copy> = some.iter().collect();
        let answered = hand.ask(&pushing(&some)).await;
        assert_eq!(answered.receipt.unwrap().documents.len(), some.len());
    }
}

/// A client that sends what it likes, and reads when it likes.
pub(crate) struct Wire {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Wire {
    pub(crate) async fn open(url: &str) -> Wire {
        let address = url.strip_prefix("http://").unwrap();
        let address = address.replace("localhost", "127.0.0.1");
        Wire {
            stream: TcpStream::connect(address).await.unwrap(),
            read: Vec::new(),
        }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Asks for a table of all quotes, and reads the first line of the answer: its status. The rest
    /// waits in the server, but for very little.
    pub(crate) async fn download(office: &Office) -> (Wire, u16) {
        let port = office.url.rsplit(':').next().unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let address = format!("127.0.0.1:{port}").parse().unwrap();
        let mut wire = Wire {
            stream: socket.connect(address).await.unwrap(),
            read: Vec::new(),
        };
        let cookie = office.cookie.as_ref().unwrap();
        let head = format!(
            "GET /api/v1/quotes.csv HTTP/1.1\r\nhost: localhost\r\ncookie: {cookie}\r\n\r\n"
        );
        wire.send(head).await;
        let mut line = [0; 12];
        let read = wire.stream.read_exact(&mut line);
        within("the first line of a table", read).await.unwrap();
        wire.read.extend(line);
        let status = std::str::from_utf8(&line[9..]).unwrap().parse();
        (wire, status.unwrap())
    }

    /// Sends what a server that refused may not take any more.
    pub(super) async fn try_send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// Of one answer: its status, and its body by the length that its head says.
    pub(super) async fn answer(&mut self) -> (u16, Vec<u8>) {
        loop {
            let at = self.read.windows(4).position(|end| end == b"\r\n\r\n");
            if let Some(at) = at {
                let head = String::from_utf8(self.read[..at].to_vec()).unwrap();
                let length = head.lines().find_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    let is_length = name.eq_ignore_ascii_case("content-length");
                    is_length.then(|| value.trim().parse::<usize>().unwrap())
                });
                let body = at + 4..at + 4 + length.unwrap();
                if self.read.len() >= body.end {
                    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
                    let content = self.read[body.clone()].to_vec();
                    self.read.drain(..body.end);
                    return (status, content);
                }
            }
            assert!(
                self.read_on().await,
                "the connection ended without an answer"
            );
        }
    }

    /// Status and code of a refusal.
    pub(super) async fn refusal(&mut self) -> (u16, String) {
        let (status, body) = within("a refusal", self.answer()).await;
        let problem: Problem = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem.status, status);
        assert!(!problem.detail.is_empty());
        (status, problem.code().to_owned())
    }

    /// Waits until the server closes the connection.
    pub(super) async fn closed(&mut self) {
        while self.read_on().await {}
    }

    /// `false` where the connection ended.
    async fn read_on(&mut self) -> bool {
        matches!(self.stream.read_buf(&mut self.read).await, Ok(read) if read > 0)
    }
}
