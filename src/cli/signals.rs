//! SIGTERM and SIGINT: the first asks for an orderly end, the second ends the process at once.

use anyhow::Context;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::service::Shutdown;

/// Listens from now on; the first signal begins `shutdown`.
///
/// # Errors
/// If the process may not listen to signals.
pub(super) fn listen(runtime: &Runtime, shutdown: Shutdown) -> anyhow::Result<()> {
    let _inside = runtime.enter();
    let watch = |kind| signal(kind).context("cannot listen to signals");
    let (mut terminate, mut interrupt) = (watch(SignalKind::terminate())?, watch(SignalKind::interrupt())?);
    runtime.spawn(async move {
        next(&mut terminate, &mut interrupt).await;
        tracing::info!("asked to stop: finishing what is in flight; a second signal ends the process at once");
        shutdown.begin();
        let status = next(&mut terminate, &mut interrupt).await;
        tracing::warn!("asked again: ending at once; what is not committed will be read again");
        at_once(status);
    });
    Ok(())
}

/// Waits for either signal; the exit status that stands for it.
async fn next(terminate: &mut Signal, interrupt: &mut Signal) -> i32 {
    tokio::select! {
        _ = terminate.recv() => 128 + 15,
        _ = interrupt.recv() => 128 + 2,
    }
}

#[expect(clippy::disallowed_methods, reason = "the user insists; the broker aborts the open transaction")]
fn at_once(status: i32) -> ! {
    std::process::exit(status)
}
