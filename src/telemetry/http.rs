//! HTTP: `/healthz`, `/readyz`, `/metrics`.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::metrics::Metrics;
use crate::service::Status;
use crate::settings::Problem;

/// `[http]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Address and port that answer `/healthz`, `/readyz` and `/metrics`. Port 0 takes any free one and logs it.
    /// The default is reached from this machine only, since the answers name topics and brokers; in a container
    /// write `0.0.0.0:9464`.
    pub listen: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { listen: "127.0.0.1:9464".into() }
    }
}

impl Settings {
    /// What is wrong with it.
    pub fn problems(&self) -> Vec<Problem> {
        match self.listen.parse::<SocketAddr>() {
            Ok(_) => Vec::new(),
            Err(_) => vec![Problem::new(
                "http.listen",
                format!("{:?} is no address; write an IP address and a port, as \"127.0.0.1:9464\"", self.listen),
            )],
        }
    }
}

/// Takes the port, so that a port in use is told before anything else is begun.
///
/// # Errors
/// If the address cannot be had; names the option that chooses another.
pub fn bind(settings: &Settings) -> anyhow::Result<TcpListener> {
    let taken = || -> std::io::Result<TcpListener> {
        let listener = TcpListener::bind(&settings.listen)?;
        listener.set_nonblocking(true)?;
        tracing::info!(address = %listener.local_addr()?, "answering /healthz, /readyz and /metrics");
        Ok(listener)
    };
    taken().with_context(|| format!("cannot listen on {}; choose another address with http.listen", settings.listen))
}

/// Answers requests on `listener` until the process ends.
///
/// # Errors
/// If the listener does not work.
pub async fn serve(listener: TcpListener, status: Arc<Status>, metrics: Metrics) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener).context("cannot use the HTTP port")?;
    let router = Router::new()
        .route("/healthz", get(healthz).with_state(Arc::clone(&status)))
        .route("/readyz", get(readyz).with_state(status))
        .route("/metrics", get(scrape).with_state(Arc::new(metrics)));
    axum::serve(listener, router).await.context("the HTTP server stopped")
}

/// Live: the threads turn and work moves on. A broker that is away does not make it dead: a restart would not help.
async fn healthz(State(status): State<Arc<Status>>) -> Response {
    let live = status.live();
    let reason = live.as_ref().err().cloned().unwrap_or_else(|| status.state().to_string());
    answer("live", live.is_ok(), &reason)
}

/// Ready: the model is loaded (else there would be no service), the group has taken it in, the outlet is open.
async fn readyz(State(status): State<Arc<Status>>) -> Response {
    answer("ready", status.ready(), &status.state().to_string())
}

fn answer(what: &str, well: bool, reason: &str) -> Response {
    let code = if well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({what: well, "reason": reason});
    (code, [(header::CONTENT_TYPE, "application/json")], format!("{body}\n")).into_response()
}

async fn scrape(State(metrics): State<Arc<Metrics>>) -> Response {
    match metrics.page() {
        Ok(page) => ([(header::CONTENT_TYPE, Metrics::CONTENT_TYPE)], page).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}
