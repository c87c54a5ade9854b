//! SIGTERM and SIGINT: the first asks for an orderly end, the second ends the process at once. SIGHUP: what files say is
//! read again.

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

/// From now on SIGHUP does not end the process; [`at_hangups`] says what it does.
///
/// # Errors
/// If the process may not listen to signals.
pub(super) fn hangups(runtime: &Runtime) -> anyhow::Result<Signal> {
    let _inside = runtime.enter();
    signal(SignalKind::hangup()).context("cannot listen to signals")
}

/// Calls `again` at each of the signals, one after the other, beside whatever else the runtime does.
pub(super) fn at_hangups(runtime: &Runtime, mut hangups: Signal, mut again: impl FnMut() + Send + 'static) {
    runtime.spawn(async move {
        while hangups.recv().await.is_some() {
            let ended = tokio::task::spawn_blocking(move || {
                again();
                again
            });
            match ended.await {
                Ok(back) => again = back,
                Err(error) => return tracing::error!("files can no longer be read again: {error}"),
            }
        }
    });
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
