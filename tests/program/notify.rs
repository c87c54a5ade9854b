//! What systemd is told, heard on a socket of the test's own as a unit of `Type=notify` would.

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

use crate::http::{nobody, service};
use crate::support::{Background, PATIENCE, folder};

/// The socket that stands for systemd.
fn systemd(path: &Path) -> UnixDatagram {
    let socket = UnixDatagram::bind(path).expect("a socket");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    socket
}

/// Waits for news that begin so.
fn hear(socket: &UnixDatagram, wanted: &str) {
    let mut news = [0; 1024];
    loop {
        let size = socket.recv(&mut news).unwrap_or_else(|error| panic!("never heard {wanted}: {error}"));
        if String::from_utf8_lossy(&news[..size]).lines().any(|line| line.starts_with(wanted)) {
            return;
        }
    }
}

/// A unit must not fail to start because the broker is away, must see why nothing happens, and must not be restarted.
#[test]
fn systemd_hears_of_start_state_progress_and_end() {
    let folder = folder();
    let path = folder.path().join("notify");
    let socket = systemd(&path);
    let mut command = service(&folder, &nobody());
    let mut service = Background::start(command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "600000"));
    hear(&socket, "READY=1");
    hear(&socket, "STATUS=waiting: ");
    hear(&socket, "WATCHDOG=1");
    service.signal("TERM");
    hear(&socket, "STOPPING=1");
    assert_eq!(service.wait().code(), Some(0), "{}", service.said());
}

/// The watchdog has to notice a process that stands still: nothing may feed it but the service itself.
#[test]
fn a_process_that_hangs_feeds_no_watchdog() {
    let folder = folder();
    let path = folder.path().join("notify");
    let socket = systemd(&path);
    let mut command = service(&folder, &nobody());
    let service = Background::start(command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "600000"));
    hear(&socket, "WATCHDOG=1");
    service.signal("STOP");
    // What was said before the process stopped is still on its way.
    socket.set_read_timeout(Some(Duration::from_secs(2))).expect("a timeout");
    let mut news = [0; 1024];
    let silent = (0..100).any(|_| socket.recv(&mut news).is_err());
    assert!(silent, "the watchdog was fed by a process that is stopped");
}
