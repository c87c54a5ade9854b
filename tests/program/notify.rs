//! What the service manager is told: the test stands in for systemd, with a socket of its own.

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::support::{Background, PATIENCE, folder, program_without_model};

/// The manager's end of the socket.
struct Manager(UnixDatagram);

impl Manager {
    /// The lines of the next message; none if there is silence for so long.
    fn hears(&self, patience: Duration) -> Option<Vec<String>> {
        self.0.set_read_timeout(Some(patience)).expect("a timeout");
        let mut message = [0; 4096];
        let length = self.0.recv(&mut message).ok()?;
        let text = std::str::from_utf8(&message[..length]).expect("UTF-8");
        Some(text.lines().map(str::to_owned).collect())
    }

    /// Waits for a line that begins so.
    fn waits_for(&self, line: &str) {
        let heard = |lines: Vec<String>| lines.iter().any(|said| said.starts_with(line));
        while !heard(self.hears(PATIENCE).unwrap_or_else(|| panic!("never heard {line}"))) {}
    }
}

/// The service without a broker, under the manager of `socket`.
fn service(folder: &TempDir, socket: &Path) -> Command {
    let mut command = program_without_model(folder.path(), &["run"]);
    command
        .env("NOTIFY_SOCKET", socket)
        .env("COPYDESK_HTTP_LISTEN", "127.0.0.1:0")
        .env("COPYDESK_KAFKA_BROKERS", "127.0.0.1:1");
    command
}

/// systemd starts what depends on the service at READY, restarts it when the keep-alive stays away, and must not take an
/// outage of the broker for either.
#[test]
fn the_manager_hears_ready_then_life_then_the_end() {
    let folder = folder();
    let socket = folder.path().join("notify");
    let manager = Manager(UnixDatagram::bind(&socket).expect("a socket"));
    let mut service = Background::start(service(&folder, &socket).env("WATCHDOG_USEC", "400000"));

    assert_eq!(manager.hears(PATIENCE).expect("a first message"), ["READY=1"]);
    manager.waits_for("STATUS=waiting: ");
    manager.waits_for("WATCHDOG=1");

    // A process that hangs is silent once what it said before has been read.
    service.signal("STOP");
    let said_before = std::iter::from_fn(|| manager.hears(Duration::from_secs(2))).take(100).count();
    assert!(said_before < 100, "a process that hangs goes on to speak");
    service.signal("CONT");
    manager.waits_for("WATCHDOG=1");

    service.signal("TERM");
    manager.waits_for("STOPPING=1");
    manager.waits_for("STATUS=stopped");
    assert_eq!(service.wait().code(), Some(0), "{}", service.said());
}

/// A manager that has no time for us must not keep the process from its end.
#[test]
fn a_manager_that_does_not_listen_holds_nothing_up() {
    let folder = folder();
    let socket = folder.path().join("notify");
    let _deaf = UnixDatagram::bind(&socket).expect("a socket");
    let mut service = Background::start(service(&folder, &socket).env("WATCHDOG_USEC", "4000"));
    service.wait_for("waiting: ");
    // By now its queue is full.
    thread::sleep(Duration::from_millis(500));
    service.signal("TERM");
    assert_eq!(service.wait().code(), Some(0), "{}", service.said());
}
