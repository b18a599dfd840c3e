//! Somebody who answers at the server's address and is not the server: the login page of a wifi, or a
//! machine that takes connections and says nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// Its page in the place of every answer.
    Page,
    /// Go to its page.
    Redirect,
    Forbidden,
    /// RFC 6585: network authentication required.
    LoginRequired,
    Nothing,
}

impl Says {
    pub const LOGINS: [Says; 4] = [
        Self::Page,
        Self::Redirect,
        Self::Forbidden,
        Self::LoginRequired,
    ];

    fn head(self) -> Option<&'static str> {
        match self {
            Self::Page => Some("200 OK"),
            Self::Redirect => Some("302 Found\r\nlocation: http://login.wifi.test/"),
            Self::Forbidden => Some("403 Forbidden"),
            Self::LoginRequired => Some("511 Network Authentication Required"),
            Self::Nothing => None,
        }
    }
}

pub struct Stranger {
    says: watch::Sender<Says>,
    asked: Arc<AtomicUsize>,
    listening: JoinHandle<()>,
}

impl Stranger {
    /// On a port that nobody listens on any more.
    pub async fn listen(port: u16, says: Says) -> Stranger {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let (says, heard) = watch::channel(says);
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let listening = tokio::spawn(async move {
            let mut open = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.spawn(answer(stream, heard.clone(), count.clone()));
            }
        });
        Stranger {
            says,
            asked,
            listening,
        }
    }

    /// From now on.
    pub fn says(&self, says: Says) {
        self.says.send_replace(says);
    }

    /// How often something under `/api/` was asked.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub async fn leave(self) {
        self.listening.abort();
        let _ = self.listening.await;
    }
}

/// One request a connection.
async fn answer(mut stream: TcpStream, says: watch::Receiver<Says>, asked: Arc<AtomicUsize>) {
    const PAGE: &str = "<!doctype html><title>Wifi</title><p>Log in to the wifi.";
    let mut request = vec![0; 64 * 1024];
    let Ok(bytes) = stream.read(&mut request).await else {
        return;
    };
    let line = String::from_utf8_lossy(&request[..bytes]).into_owned();
    if line
        .split(' ')
        .nth(1)
        .is_some_and(|path| path.starts_with("/api/"))
    {
        asked.fetch_add(1, Ordering::SeqCst);
    }
    let head = says.borrow().head();
    let Some(head) = head else {
        // Until whoever asked gives up.
        while stream.read(&mut request).await.is_ok_and(|bytes| bytes > 0) {}
        return;
    };
    let answer = format!(
        "HTTP/1.1 {head}\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{PAGE}",
        PAGE.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}
