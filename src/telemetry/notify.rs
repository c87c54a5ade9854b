//! What systemd is told: that the service has started, what it is doing, and that it makes progress.
//!
//! The protocol is that of `sd_notify(3)`. Outside of a unit with `Type=notify` nothing is told to anybody.

use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::MissedTickBehavior;

use crate::service::{State, Status};

/// How often the state is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Tells systemd of the service behind `status` until the process ends.
///
/// A service that waits for its broker has started, and it is live: a restart would not bring the broker back. The
/// watchdog hears from it only while [`Status::live`] says so; a process that merely turns is ended by systemd when
/// `WatchdogSec` has passed.
pub async fn keep(status: Arc<Status>) {
    let pace = sd_notify::watchdog_enabled().map_or(LOOK, |deadline| (deadline / 3).min(LOOK));
    let mut looks = tokio::time::interval(pace);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tell(&[NotifyState::Ready]);
    let mut told = String::new();
    loop {
        looks.tick().await;
        let live = status.live();
        let state = status.state();
        let doing = live.as_ref().err().cloned().unwrap_or_else(|| state.to_string());
        if doing != told {
            tell(&[NotifyState::Status(&doing)]);
            if state == State::Stopping {
                tell(&[NotifyState::Stopping]);
            }
            told = doing;
        }
        if live.is_ok() {
            tell(&[NotifyState::Watchdog]);
        }
    }
}

fn tell(news: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(news) {
        tracing::debug!("cannot reach systemd: {error}");
    }
}
