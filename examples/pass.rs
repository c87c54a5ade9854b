//! stand-in
#![allow(clippy::all)]
use copydesk::{dead_letter::*, io::kafka, message::*, service::*};
use std::sync::Arc;
use tracing_subscriber::prelude::*;
#[derive(serde::Deserialize, Default)]
#[serde(default)]
struct Config {
    service: Settings,
    kafka: kafka::Settings,
}
struct Pass;
impl Enrich for Pass {
    fn enrich(&self, a: &RawArticle) -> Vec<Message> {
        let p = a.payload.as_deref().unwrap_or_default();
        if p.is_empty() {
            return vec![letter(a, Reason::Empty, "empty", None)];
        }
        if p.len() > 1 << 20 {
            return vec![letter(a, Reason::TooLarge, "large", None)];
        }
        let Ok(text) = std::str::from_utf8(p) else { return vec![letter(a, Reason::NotUtf8, "no", None)] };
        let Ok(mut v) = serde_json::from_str::<serde_json::Value>(text) else {
            return vec![letter(a, Reason::InvalidJson, "no", None)];
        };
        v["schema"] = "x".into();
        let mut headers = a.headers.clone();
        headers.push(Header { name: "copydesk-source".into(), value: Some(a.position.to_string().into_bytes()) });
        vec![Message {
            destination: Destination::Enriched,
            key: a.key.clone().or(Some(v["id"].to_string().into_bytes())),
            payload: Some(serde_json::to_vec(&v).unwrap()),
            headers,
        }]
    }
}
fn main() -> std::process::ExitCode {
    let file = std::env::args().last().unwrap();
    tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr))
        .with(tracing_subscriber::EnvFilter::new(std::env::var("RUST_LOG").unwrap_or("info".into())))
        .init();
    let c: Config = toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let problems: Vec<_> = c.kafka.problems().into_iter().chain(c.service.problems()).collect();
    if !problems.is_empty() {
        for p in problems {
            eprintln!("{p}");
        }
        return 64.into();
    }
    let status = Arc::new(Status::new(c.service.stall_deadline.0));
    let group = kafka::Group::default();
    let (k1, g1, k2, g2, d, pulse) =
        (c.kafka.clone(), group.clone(), c.kafka.clone(), group, c.service.delivery, status.outlet.clone());
    let shutdown = Shutdown::default();
    let running = start(
        &c.service,
        (move || kafka::intake(&k1, &g1), move || kafka::outlet(&k2, d, &g2, pulse)),
        Arc::new(Pass),
        status.clone(),
        shutdown.clone(),
    )
    .unwrap();
    let s2 = status.clone();
    std::thread::spawn(move || {
        let mut last = String::new();
        let mut c = 0;
        loop {
            let now = format!("{}", s2.state());
            c += 1;
            if now != last || (c % 100 == 0 && std::env::var("DBG").is_ok()) {
                eprintln!(
                    "STATE {now} at {:?} inflight {} {} paused {} recv {} commits {}",
                    s2.uptime(),
                    s2.in_flight.articles(),
                    s2.in_flight.bytes(),
                    s2.counters.pauses.get(),
                    s2.counters.received.get(),
                    s2.counters.commits.get()
                );
                last = now;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    });
    std::thread::spawn(move || {
        let rt = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        rt.block_on(async {
            let mut t = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).unwrap();
            t.recv().await;
            shutdown.begin();
            t.recv().await;
        });
        #[allow(clippy::disallowed_methods)]
        std::process::exit(130);
    });
    let exit = running.join();
    eprintln!("{exit:?}");
    std::process::ExitCode::from(exit.code())
}
