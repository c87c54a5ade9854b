//! HTTP: `/healthz`, `/readyz`, `/metrics`, `/config`, and one order: `POST /breaker/resume`.
//!
//! Whoever asks can cost the service little: a connection carries one request of bounded size within a bounded time, and
//! there are only so many at once.

use std::collections::VecDeque;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::{Body, HttpBody as _, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::task::JoinHandle;

use super::metrics::Metrics;
use crate::service::Status;
use crate::settings::Problem;

/// Connections at a time; one more takes the place of the oldest, so that those who only hold theirs keep nobody out.
const CONNECTIONS: usize = 64;

/// The longest that the head of a request may take to arrive.
const HEAD_TIME: Duration = Duration::from_secs(5);

/// The longest that a connection may last, whatever it does.
const CONNECTION_TIME: Duration = Duration::from_secs(15);

/// The most bytes in the head of a request.
const HEAD_BYTES: usize = 16 << 10;

/// The most bytes in the body of a request; none of them means anything.
const BODY_BYTES: usize = 1 << 10;

/// The header that an order must carry, whatever its value. No page of the web can send it: a browser asks the service
/// first whether it may, and gets no leave.
pub const ORDER: &str = "copydesk-order";

/// The pause after a connection could not be taken up, most often for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// `[http]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Address and port that answer `/healthz`, `/readyz`, `/metrics` and `/config`. Port 0 takes any free one and logs it.
    /// The default is reached from this machine only, since the answers name brokers, topics and users; in a container
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
        tracing::info!(address = %listener.local_addr()?, "answering /healthz, /readyz, /metrics and /config");
        Ok(listener)
    };
    taken().with_context(|| format!("cannot listen on {}; choose another address with http.listen", settings.listen))
}

/// Answers requests on `listener` until the process ends; `config` is the configuration to show, without its secrets.
///
/// # Errors
/// If the listener does not work.
pub async fn serve(listener: TcpListener, status: Arc<Status>, metrics: Metrics, config: String) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener).context("cannot use the HTTP port")?;
    let router = Router::new()
        .route("/healthz", get(healthz).with_state(Arc::clone(&status)))
        .route("/readyz", get(readyz).with_state(Arc::clone(&status)))
        .route("/breaker/resume", post(resume).with_state(status))
        .route("/metrics", get(scrape).with_state(Arc::new(metrics)))
        .route("/config", get(show).with_state(config.into()))
        .layer(middleware::from_fn(small));
    let mut open: VecDeque<JoinHandle<()>> = VecDeque::new();
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!("a connection could not be taken up: {error}");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        open.retain(|connection| !connection.is_finished());
        if open.len() >= CONNECTIONS
            && let Some(oldest) = open.pop_front()
        {
            oldest.abort();
            // Gone when this returns, in whichever way it ended.
            oldest.await.ok();
        }
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .max_buf_size(HEAD_BYTES)
            .keep_alive(false)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.clone()));
        open.push_back(tokio::spawn(async {
            match tokio::time::timeout(CONNECTION_TIME, connection).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!("a request was not answered: {error}"),
                Err(_) => tracing::debug!("a request took too long and was not answered"),
            }
        }));
    }
}

/// Refuses a request with a large body, and reads a small one to its end, so that the answer is not cut off.
async fn small(request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let announced = body.size_hint().lower();
    let read = if announced > BODY_BYTES as u64 { None } else { to_bytes(body, BODY_BYTES).await.ok() };
    match read {
        Some(_) => next.run(Request::from_parts(head, Body::empty())).await,
        None => (StatusCode::PAYLOAD_TOO_LARGE, format!("no more than {BODY_BYTES} bytes\n")).into_response(),
    }
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

/// Lets articles pass again after too many ended as dead letters. Only for whoever means it: any page that is open in a
/// browser on this machine can have that post something here.
async fn resume(State(status): State<Arc<Status>>, headers: HeaderMap) -> Response {
    if headers.contains_key(header::ORIGIN) || !headers.contains_key(ORDER) {
        let why = format!(
            "an order is not taken from a browser, and not without the header {ORDER}: use `copydesk resume`\n"
        );
        return (StatusCode::FORBIDDEN, why).into_response();
    }
    let open = status.resume();
    let reason =
        if open { "articles pass for the length of service.breaker.window" } else { "there is no pause to end" };
    let code = if open { StatusCode::OK } else { StatusCode::CONFLICT };
    let body = json!({"resumed": open, "reason": reason});
    (code, [(header::CONTENT_TYPE, "application/json")], format!("{body}\n")).into_response()
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

async fn show(State(config): State<Arc<str>>) -> Response {
    ([(header::CONTENT_TYPE, "application/toml")], config.to_string()).into_response()
}
