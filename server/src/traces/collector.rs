//! How spans get to a collector: one request of HTTP/1.1 on a connection of its own, encrypted where the
//! address says https. It runs on the exporter's own thread, which may wait.

use std::env;
use std::future::Future;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// Files with authorities that are trusted besides those of the machine, as the standard names them.
const CERTIFICATES: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
];
/// A collector answers with next to nothing.
const ANSWER_BYTES: u64 = 64 * 1024;
/// For each step: to connect, to send, to hear something.
const PATIENCE: Duration = Duration::from_secs(10);

type Answered = Result<Response<Bytes>, HttpError>;

#[derive(Debug)]
pub(super) struct Collector {
    tls: Arc<ClientConfig>,
}

impl Collector {
    pub(super) fn new() -> Result<Collector, HttpError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        for file in CERTIFICATES.iter().filter_map(env::var_os) {
            for certificate in CertificateDer::pem_file_iter(&file)? {
                roots.add(certificate?)?;
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Collector { tls: Arc::new(tls) })
    }

    fn send(&self, request: &Request<Bytes>) -> Answered {
        let uri = request.uri();
        let host = uri.host().ok_or("the collector's address has no host")?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_encrypted = uri.scheme_str() == Some("https");
        let port = uri
            .port_u16()
            .unwrap_or(if is_encrypted { 443 } else { 80 });
        let stream = connect(host, port)?;
        let message = message(request)?;
        if is_encrypted {
            let name = ServerName::try_from(host.to_owned())?;
            let connection = ClientConnection::new(self.tls.clone(), name)?;
            exchange(StreamOwned::new(connection, stream), &message)
        } else {
            exchange(stream, &message)
        }
    }
}

impl HttpClient for Collector {
    fn send_bytes<'s, 'f>(
        &'s self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Answered> + Send + 'f>>
    where
        's: 'f,
        Self: 'f,
    {
        Box::pin(async move { self.send(&request) })
    }
}

fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut last = io::Error::from(ErrorKind::AddrNotAvailable);
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => {
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn message(request: &Request<Bytes>) -> Result<Vec<u8>, HttpError> {
    let uri = request.uri();
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let host = uri.authority().map_or("", |authority| authority.as_str());
    // Names and passwords in an address are for nobody's log.
    let host = host.rsplit('@').next().unwrap_or(host);
    let mut message = Vec::new();
    write!(message, "{} {path} HTTP/1.1\r\n", request.method())?;
    write!(message, "host: {host}\r\nconnection: close\r\n")?;
    write!(message, "content-length: {}\r\n", request.body().len())?;
    for (name, value) in request.headers() {
        write!(message, "{name}: ")?;
        message.extend(value.as_bytes());
        message.extend(b"\r\n");
    }
    message.extend(b"\r\n");
    message.extend_from_slice(request.body());
    Ok(message)
}

fn exchange(mut stream: impl Read + Write, message: &[u8]) -> Answered {
    stream.write_all(message)?;
    stream.flush()?;
    let mut answer = Vec::new();
    match stream.take(ANSWER_BYTES).read_to_end(&mut answer) {
        // Not everybody ends an encrypted connection as it should be ended.
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => return Err(error.into()),
        _ => {}
    }
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.ok_or("the collector did not answer with HTTP")?;
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let status: u16 = status.ok_or("the collector did not answer with HTTP")?;
    // What is said in pieces is about spans that were not taken, and the status tells of that as well.
    let body = match head.contains("transfer-encoding:") {
        true => Bytes::new(),
        false => Bytes::copy_from_slice(&answer[end + 4..]),
    };
    Ok(Response::builder().status(status).body(body)?)
}
