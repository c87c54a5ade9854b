//! What a caller who means no good can do to the HTTP port: nothing that the next one would notice.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::http::{nobody, service};
use crate::support::{Background, PATIENCE, folder, get, until};

/// More than the service holds at a time.
const MANY: usize = 200;

fn start(folder: &TempDir) -> (Background, String) {
    let service = Background::start(&mut service(folder, &nobody()));
    let address = service.address();
    (service, address)
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).expect("connect");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream
}

/// Sends `request` and gives the status of the answer; none if the connection was closed over it.
fn ask(address: &str, request: &[u8]) -> Option<u16> {
    let mut stream = connect(address);
    // A server that has read enough closes; what is still to be sent is then lost.
    stream.write_all(request).ok();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok();
    String::from_utf8_lossy(&answer).split(' ').nth(1).and_then(|status| status.parse().ok())
}

/// Whether the other side has closed the connection.
fn is_closed(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).expect("a mode");
    match (&*stream).read(&mut [0]) {
        Ok(0) => true,
        Ok(_) => false,
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    }
}

/// The open sockets of a process.
fn sockets(process: u32) -> usize {
    let open = Path::new("/proc").join(process.to_string()).join("fd").read_dir().expect("a process");
    let is_socket = |file: &std::fs::DirEntry| {
        std::fs::read_link(file.path()).is_ok_and(|target| target.to_string_lossy().starts_with("socket:"))
    };
    open.flatten().filter(is_socket).count()
}

/// An orchestrator that cannot ask kills the service: those who send a request byte by byte must not keep it out.
#[test]
fn slow_requests_keep_nobody_out_and_end() {
    let folder = folder();
    let (service, address) = start(&folder);
    service.wait_for("waiting");
    let mut slow: Vec<TcpStream> = (0..MANY).map(|_| connect(&address)).collect();
    slow.retain_mut(|stream| stream.write_all(b"GET /metrics HTTP/1.1\r\n").is_ok());
    let began = Instant::now();
    while !slow.is_empty() {
        assert!(began.elapsed() < PATIENCE, "{} slow connections are still open", slow.len());
        assert_eq!(get(&address, "/healthz").0, 200);
        let open = sockets(service.id());
        assert!(open < MANY / 2, "{open} sockets are open");
        // Each goes on with a header that never ends.
        slow.retain_mut(|stream| stream.write_all(b"x: y\r\n").is_ok() && !is_closed(stream));
        std::thread::sleep(Duration::from_millis(50));
    }
    // What is left are those of the clients of Kafka.
    let back = until(|| (sockets(service.id()) < 20).then_some(()));
    assert!(back.is_some(), "{} sockets stay open", sockets(service.id()));
}

/// Connections that say nothing end as well, and a connection carries one request: nobody can sit on one.
#[test]
fn idle_connections_end() {
    let folder = folder();
    let (_service, address) = start(&folder);
    let idle: Vec<TcpStream> = (0..20).map(|_| connect(&address)).collect();
    let mut spoken = connect(&address);
    write!(spoken, "GET /healthz HTTP/1.1\r\nHost: copydesk\r\nConnection: keep-alive\r\n\r\n").expect("ask");
    let mut answer = String::new();
    spoken.read_to_string(&mut answer).expect("an answer and its end");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let ended = until(|| idle.iter().all(is_closed).then_some(()));
    assert!(ended.is_some(), "idle connections stay open");
}

/// What is too large is refused before it is kept in memory; the next request is answered as ever.
#[test]
fn what_is_too_large_is_refused() {
    let folder = folder();
    let (_service, address) = start(&folder);
    let head = |more: &str| format!("GET /healthz HTTP/1.1\r\nHost: copydesk\r\n{more}\r\n").into_bytes();
    let one = head(&format!("x: {}\r\n", "y".repeat(100_000)));
    let many = head(&"x: y\r\n".repeat(1_000));
    let line = format!("GET /{} HTTP/1.1\r\n\r\n", "y".repeat(100_000)).into_bytes();
    for request in [one, many, line] {
        let status = ask(&address, &request);
        assert!(matches!(status, None | Some(414 | 431)), "{status:?}");
    }

    let announced = head("Content-Length: 1000000000\r\n");
    assert_eq!(ask(&address, &announced), Some(413));
    let body = "y".repeat(2_000);
    let sent = [head("Content-Length: 2000\r\n"), body.clone().into_bytes()].concat();
    assert!(matches!(ask(&address, &sent), None | Some(413)));
    let chunked = [head("Transfer-Encoding: chunked\r\n"), format!("7d0\r\n{body}\r\n0\r\n\r\n").into_bytes()].concat();
    assert!(matches!(ask(&address, &chunked), None | Some(413)));
    let small = [head("Content-Length: 5\r\n"), b"12345".to_vec()].concat();
    assert_eq!(ask(&address, &small), Some(200));

    for nonsense in [&b"\x16\x03\x01\x02\x00\x01"[..], b"\r\n\r\n\r\n", b"GET\r\n\r\n", b"\xff\xfe / HTTP/9.9\r\n\r\n"]
    {
        let mut stream = connect(&address);
        stream.write_all(nonsense).expect("sent");
    }
    assert_eq!(get(&address, "/healthz").0, 200);
}

/// There is one order, and a page of the web that is open on the same machine cannot give it: a form carries no header of
/// its own, and whatever a script sends from a page names its origin.
#[test]
fn an_order_is_not_taken_from_a_browser() {
    let folder = folder();
    let (_service, address) = start(&folder);
    let post = |headers: &str| {
        let request = format!("POST /breaker/resume HTTP/1.1\r\nHost: copydesk\r\n{headers}Content-Length: 0\r\n\r\n");
        ask(&address, request.as_bytes())
    };
    assert_eq!(post("Origin: https://elsewhere.example\r\n"), Some(403));
    assert_eq!(post("Origin: null\r\nCopydesk-Order: 1\r\n"), Some(403));
    assert_eq!(post(""), Some(403));
    // Taken, but there is no pause to end.
    assert_eq!(post("Copydesk-Order: 1\r\n"), Some(409));
    let asked = "OPTIONS /breaker/resume HTTP/1.1\r\nHost: copydesk\r\nOrigin: https://elsewhere.example\r\n\
         Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: copydesk-order\r\n\r\n";
    assert_eq!(ask(&address, asked.as_bytes()), Some(405), "leave is given to a page of the web");
}

/// Nobody can change anything by asking for a page.
#[test]
fn requests_can_only_read() {
    let folder = folder();
    let (_service, address) = start(&folder);
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        for path in ["/healthz", "/readyz", "/metrics", "/config"] {
            let request = format!("{method} {path} HTTP/1.1\r\nHost: copydesk\r\nContent-Length: 0\r\n\r\n");
            assert_eq!(ask(&address, request.as_bytes()), Some(405), "{method} {path}");
        }
    }
}

/// What runs is what was meant: the page is a configuration that can be read again.
#[test]
fn the_configuration_in_force_is_shown() {
    let folder = folder();
    let (_service, address) = start(&folder);
    let (status, page) = get(&address, "/config");
    assert_eq!(status, 200, "{page}");
    let shown = copydesk::config::Config::read(&page, []).expect("a configuration");
    assert_eq!(shown.http.listen, "127.0.0.1:0");
    assert!(!shown.stages.sentiment.enabled);
}
