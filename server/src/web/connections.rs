//! Connections of clients: accepted, counted, and ended where nothing moves on them.
//!
//! A client that sends half a request, or takes nothing of its answer, holds a connection and some memory for
//! no longer than [`Bounds`] allow. One address, where it is the client's own, has a share of all
//! connections. Beyond that a client is told so and the connection ends, so that the program never runs out
//! of descriptors.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Sleep;
use tower::ServiceExt;

use crate::web::bounds::Bounds;

/// Bytes of the head of a request, and of what is read of a body at a time.
const BUFFER_BYTES: usize = 32 * 1024;
/// Connections on which a client is told that there are too many. Others are closed without a word.
const REFUSALS: usize = 64;
/// How long a client that is refused may take for its request, and for its answer.
const REFUSAL_TIME: Duration = Duration::from_secs(2);
/// How long a client that was refused is heard out before the connection is closed.
const HEARING_OUT: Duration = Duration::from_secs(2);
/// How long to wait where the system gives no connection.
const PAUSE: Duration = Duration::from_secs(1);

/// What a listener does with its connections.
pub(crate) struct Answers {
    pub(crate) bounds: Bounds,
    /// Answers requests.
    pub(crate) service: Router,
    /// Answers those beyond the bounds.
    pub(crate) refusal: Router,
    /// Whether this address is that of a client, and not of a proxy in front of many.
    pub(crate) is_client: Box<dyn Fn(IpAddr) -> bool + Send + Sync>,
}

impl Answers {
    /// Accepts connections until `ended`, and comes back when the last of them was closed. Dropped before
    /// that, it closes them at once.
    pub(crate) async fn serve(self, listener: TcpListener, ended: impl Future<Output = ()> + Send) {
        let (end, _) = watch::channel(false);
        let places = Places::default();
        let mut connections = JoinSet::new();
        let mut ended = pin!(ended);
        loop {
            tokio::select! {
                () = &mut ended => break,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => {
                        let connection = self.connection(&places, stream, peer, end.subscribe());
                        if let Some(connection) = connection {
                            connections.spawn(connection);
                        }
                    }
                    Err(error) if is_of_one_connection(&error) => {}
                    Err(error) => {
                        tracing::error!(%error, "no connection could be accepted");
                        tokio::time::sleep(PAUSE).await;
                    }
                },
            }
        }
        drop(listener);
        end.send_replace(true);
        while connections.join_next().await.is_some() {}
    }

    /// `None` where there are too many to tell each of them.
    fn connection(
        &self,
        places: &Places,
        stream: TcpStream,
        peer: SocketAddr,
        ended: watch::Receiver<bool>,
    ) -> Option<impl Future<Output = ()> + Send + use<>> {
        let address = (self.is_client)(peer.ip()).then(|| network(peer.ip()));
        let (place, bounds) = match places.take(address, &self.bounds) {
            Some(place) => (place, self.bounds),
            None => {
                let bounds = Bounds {
                    head_time: REFUSAL_TIME,
                    answer_pause: REFUSAL_TIME,
                    ..self.bounds
                };
                (places.take_refusal()?, bounds)
            }
        };
        let is_refused = place.is_refusal;
        let service = match is_refused {
            true => self.refusal.clone(),
            false => self.service.clone(),
        };
        Some(async move {
            let _place = place;
            answer(stream, peer, service, bounds, !is_refused, ended).await;
        })
    }
}

async fn answer(
    stream: TcpStream,
    peer: SocketAddr,
    service: Router,
    bounds: Bounds,
    keep_alive: bool,
    mut ended: watch::Receiver<bool>,
) {
    let refused = Arc::new(AtomicBool::new(false));
    let stream = PatientStream::new(stream, bounds.answer_pause, refused.clone());
    let stream = TokioIo::new(stream);
    let service = service
        .map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            request.map(Body::new)
        })
        .map_response(move |response: Response<Body>| {
            let status = response.status();
            let is_refusal = status.is_client_error() || status.is_server_error();
            refused.store(is_refusal, Ordering::Relaxed);
            response
        });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head_time)
        .max_buf_size(BUFFER_BYTES)
        .keep_alive(keep_alive)
        .serve_connection(stream, TowerToHyperService::new(service));
    let mut connection = pin!(connection);
    // How a connection ends is the client's affair.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = ended.wait_for(|ended| *ended) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

/// The client went away before it was accepted.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

/// Whoever has one IPv6 address has all of its network.
fn network(address: IpAddr) -> IpAddr {
    const NETWORK: u128 = !0 << 64;
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & NETWORK).into(),
        address => address,
    }
}

/// Connections that are open. Cheap to clone.
#[derive(Clone, Default)]
struct Places {
    taken: Arc<Mutex<Taken>>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    by_address: BTreeMap<IpAddr, usize>,
    refusals: usize,
}

/// The place of one connection, until it is dropped.
struct Place {
    places: Places,
    address: Option<IpAddr>,
    is_refusal: bool,
}

impl Places {
    fn take(&self, address: Option<IpAddr>, bounds: &Bounds) -> Option<Place> {
        self.with(|taken| {
            if taken.all >= bounds.connections {
                return None;
            }
            if let Some(address) = address {
                let of_address = taken.by_address.entry(address).or_default();
                if *of_address >= bounds.connections_of_address {
                    return None;
                }
                *of_address += 1;
            }
            taken.all += 1;
            Some(self.place(address, false))
        })
    }

    fn take_refusal(&self) -> Option<Place> {
        self.with(|taken| {
            (taken.refusals < REFUSALS).then(|| {
                taken.refusals += 1;
                self.place(None, true)
            })
        })
    }

    fn place(&self, address: Option<IpAddr>, is_refusal: bool) -> Place {
        Place {
            places: self.clone(),
            address,
            is_refusal,
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut Taken) -> T) -> T {
        change(&mut self.taken.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.with(|taken| {
            if self.is_refusal {
                taken.refusals -= 1;
                return;
            }
            taken.all -= 1;
            if let Some(address) = self.address
                && let Some(of_address) = taken.by_address.get_mut(&address)
            {
                *of_address -= 1;
                if *of_address == 0 {
                    taken.by_address.remove(&address);
                }
            }
        });
    }
}

/// A stream that fails where the other end takes nothing for too long. It is not closed at once behind a
/// refusal: what a client is still sending would make its system drop the answer before it is read.
struct PatientStream {
    stream: TcpStream,
    pause: Duration,
    /// Since nothing could be written.
    waiting: Option<Pin<Box<Sleep>>>,
    /// The last request was.
    refused: Arc<AtomicBool>,
    /// Until it is closed whatever comes.
    closing: Option<Pin<Box<Sleep>>>,
}

impl PatientStream {
    fn new(stream: TcpStream, pause: Duration, refused: Arc<AtomicBool>) -> Self {
        Self {
            stream,
            pause,
            waiting: None,
            refused,
            closing: None,
        }
    }

    /// Reads what still comes and forgets it, for a while.
    fn poll_hear_out(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let closing = self
            .closing
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(HEARING_OUT)));
        if closing.as_mut().poll(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        let mut piece = [0; 4096];
        // Not for ever in one go, however fast it comes.
        for _ in 0..64 {
            let mut buffer = ReadBuf::new(&mut piece);
            match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {}
                Poll::Ready(_) => return Poll::Ready(Ok(())),
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn in_time<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.waiting = None;
            return written;
        }
        let pause = self.pause;
        let waiting = self
            .waiting
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
        waiting
            .as_mut()
            .poll(context)
            .map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for PatientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for PatientStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.in_time(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.in_time(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.closing.is_none() {
            match Pin::new(&mut self.stream).poll_shutdown(context) {
                Poll::Ready(Ok(())) if self.refused.load(Ordering::Relaxed) => {}
                shut => return shut,
            }
        }
        self.poll_hear_out(context)
    }
}
