//! Tells the service manager (systemd, or any that sets `NOTIFY_SOCKET`) that the service has started, what it is
//! doing, and, while work goes on, that it lives. Without a manager that asks for it nothing happens.
//!
//! The keep-alive is progress, not a timer: it is sent while [`Status::live`] holds, so a manager with a watchdog
//! also ends a process whose own watchdog stands still.

use std::sync::Arc;
use std::thread::Builder;
use std::time::Duration;

use anyhow::Context;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use crate::service::{State, Status};

/// The longest time between two looks at the status.
const LOOK: Duration = Duration::from_secs(1);

/// How long the end waits for the last word to be told: a manager that does not listen must not hold it up.
const LAST_WORD: Duration = Duration::from_secs(1);

/// Tells the manager how the service stands, until it is dropped: then that the service has stopped.
#[derive(Debug)]
pub struct Notifier {
    over: Option<Sender<()>>,
    /// Closes when the thread has told all.
    told: Receiver<()>,
}

/// Tells the manager that the service has started, and from then on how it stands.
///
/// It counts as started when its threads run, whether the broker can be reached or not: a broker that is away is waited
/// for, and a manager that takes the service for failed would only start it anew.
///
/// # Errors
/// When the thread for it can not be started.
pub fn start(status: Arc<Status>) -> anyhow::Result<Notifier> {
    let watchdog = sd_notify::watchdog_enabled();
    // The manager gives up after one interval without a keep-alive; a quarter of it leaves room for a busy machine.
    let look = watchdog.map_or(LOOK, |interval| LOOK.min(interval / 4));
    let (over, over_end) = bounded::<()>(0);
    let (telling, told) = bounded(0);
    let tell = move || {
        let _telling = telling;
        let mut news = News { watchdog: watchdog.is_some(), told: String::new() };
        send("READY=1");
        loop {
            send(&news.next(&status));
            if over_end.recv_timeout(look) != Err(RecvTimeoutError::Timeout) {
                return send("STOPPING=1\nSTATUS=stopped");
            }
        }
    };
    Builder::new().name("notify".into()).spawn(tell).context("starting the thread notify")?;
    Ok(Notifier { over: Some(over), told })
}

impl Drop for Notifier {
    fn drop(&mut self) {
        drop(self.over.take());
        // Closed or late: the end goes on either way.
        self.told.recv_timeout(LAST_WORD).ok();
    }
}

/// What the manager has not been told yet.
struct News {
    /// Whether the manager waits for a keep-alive.
    watchdog: bool,
    /// The status line as last told.
    told: String,
}

impl News {
    /// Lines of `sd_notify(3)`; empty if there is nothing to tell.
    fn next(&mut self, status: &Status) -> String {
        let mut lines = String::new();
        let (live, state) = (status.live(), status.state());
        // A line break would begin another assignment.
        let now = live.as_ref().err().cloned().unwrap_or_else(|| state.to_string()).replace(['\r', '\n'], " ");
        if self.told != now {
            if state == State::Stopping {
                lines.push_str("STOPPING=1\n");
            }
            lines.push_str(&format!("STATUS={now}\n"));
            self.told = now;
        }
        if self.watchdog && live.is_ok() {
            lines.push_str("WATCHDOG=1\n");
        }
        lines
    }
}

fn send(lines: &str) {
    if lines.is_empty() {
        return;
    }
    if let Err(error) = sd_notify::notify(&[sd_notify::NotifyState::Custom(lines.trim_end())]) {
        tracing::debug!("cannot notify the service manager: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[test]
    fn a_state_is_told_once_and_life_each_time() {
        let (status, mut news) = (Status::new(LONG), News { watchdog: true, told: String::new() });
        assert_eq!(news.next(&status), "STATUS=starting\nWATCHDOG=1\n");
        assert_eq!(news.next(&status), "WATCHDOG=1\n");
        let mut unwatched = News { watchdog: false, told: "starting".into() };
        assert_eq!(unwatched.next(&status), "");
    }

    /// A keep-alive of a service that stands still would keep a hung process for ever.
    #[test]
    fn a_service_that_stands_still_sends_no_keep_alive() {
        let (status, mut news) = (Status::new(Duration::ZERO), News { watchdog: true, told: String::new() });
        std::thread::sleep(Duration::from_millis(5));
        let lines = news.next(&status);
        assert!(lines.starts_with("STATUS=the intake has stood still") && !lines.contains("WATCHDOG"), "{lines}");
    }
}
