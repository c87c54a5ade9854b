//! What the running service answers: health, readiness, metrics; and how it ends.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};

use rdkafka::message::Message as _;
use rdkafka::producer::BaseRecord;
use serde_json::Value;
use tempfile::TempDir;

use crate::mock::{Mock, RAW};
use crate::support::{Background, PATIENCE, err, folder, get, out, program, program_without_model, run, until};

/// An address that nobody listens on.
pub(crate) fn nobody() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address").to_string()
}

pub(crate) fn service(folder: &TempDir, brokers: &str) -> std::process::Command {
    let mut command = program_without_model(folder.path(), &["run"]);
    command.env("COPYDESK_HTTP_LISTEN", "127.0.0.1:0").env("COPYDESK_KAFKA_BROKERS", brokers);
    command
}

/// A broker that is away is waited for: restarting the service would not bring it back, and no work must be sent to it.
#[test]
fn without_a_broker_the_service_is_live_and_not_ready() {
    let folder = folder();
    let mut service = Background::start(&mut service(&folder, &nobody()));
    let address = service.address();
    let (status, body) = until(|| Some(get(&address, "/readyz")).filter(|(_, body)| body.contains("waiting"))).unwrap();
    let body: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((status, &body["ready"]), (503, &Value::Bool(false)));
    assert!(body["reason"].as_str().is_some_and(|reason| reason.contains("broker")), "{body}");
    let (status, body) = get(&address, "/healthz");
    assert_eq!(status, 200, "{body}");
    assert_eq!(get(&address, "/else").0, 404);

    // What the health checks of an image and of a pod run.
    let ask = |arguments: &[&str], listen: &str| {
        let output = run(program(folder.path(), arguments).env("COPYDESK_HTTP_LISTEN", listen), b"");
        (output.status.code(), out(&output) + &err(&output))
    };
    let everywhere = address.replace("127.0.0.1", "0.0.0.0");
    let (code, said) = ask(&["health"], &everywhere);
    assert!(code == Some(0) && said.contains("\"live\":true"), "{code:?}: {said}");
    let (code, said) = ask(&["health", "--ready"], &everywhere);
    assert!(code == Some(1) && said.contains("waiting: "), "{code:?}: {said}");
    let (code, said) = ask(&["health"], &nobody());
    assert!(code == Some(1) && said.contains("http.listen"), "{code:?}: {said}");

    service.signal("TERM");
    assert_eq!(service.wait().code(), Some(0), "{}", service.said());
}

/// With a broker the service becomes ready, and its metrics tell what it did.
#[test]
fn with_a_broker_the_service_is_ready_and_counts_its_work() {
    let mock = Mock::new(2);
    let folder = folder();
    let mut service = Background::start(mock.service(&folder).env("COPYDESK_SERVICE_BREAKER_LIMIT", "1"));
    let address = service.ready();

    // To both partitions, so that each has its series from here on.
    mock.send([(0, "Title\n\nA text."), (1, ""), (0, "{\"body\": 7}"), (1, "Another\n\nText of it.")]);

    // What a reader of the topic counts.
    let reader = mock.reader("articles.enriched");
    let mut records = Vec::new();
    until(|| {
        if let Some(Ok(record)) = reader.poll(PATIENCE) {
            records.push(record.payload().expect("a value").len());
        }
        (records.len() == 2).then_some(())
    })
    .expect("two records");
    let enriched_bytes = format!("copydesk_enriched_bytes_total {}", records.iter().sum::<usize>());

    let wanted = [
        "copydesk_articles_committed_total 4",
        "copydesk_records_enriched_total 2",
        "copydesk_dead_letters_total{reason=\"empty\"} 1",
        "copydesk_dead_letters_total{reason=\"invalid_field\"} 1",
        "copydesk_stage_runs_total{stage=\"segments\",status=\"ok\"} 2",
        "copydesk_assigned_partitions 2",
        "copydesk_stage_duration_seconds_count{stage=\"segments\"} 2",
        "copydesk_commit_duration_seconds_bucket{le=\"+Inf\"}",
        "copydesk_partition_lag_seconds{topic=\"articles.raw\",partition=",
        "copydesk_received_bytes_total 45",
        "copydesk_dead_letter_bytes_total 11",
        enriched_bytes.as_str(),
        "copydesk_partition_lag_records{topic=\"articles.raw\",partition=",
        "copydesk_ready 1",
        "copydesk_live 1",
    ];
    let page = || get(&address, "/metrics").1;
    let complete = until(|| wanted.iter().all(|line| page().contains(line)).then_some(()));
    assert!(complete.is_some(), "{}", page());
    let page = page();
    assert!(page.ends_with("# EOF\n"), "the page is cut short");
    crate::dashboards::check(&page);
    documented(&page);

    // The number of series must not follow what is read: not the ids, not the keys, not what is wrong with an article.
    let series = |page: &str| page.lines().filter(|line| !line.starts_with('#')).count();
    let before = series(&page);
    let odd: Vec<(String, String)> = (0..300)
        .flat_map(|number| {
            let odd =
                [format!("Title {number}\n\nText."), format!("{{\"id\": {number}"), format!("{{\"x{number}\": 1}}")];
            odd.into_iter().zip(0..).map(move |(payload, key)| (format!("key-{number}-{key}"), payload))
        })
        .collect();
    mock.send_records(odd.iter().map(|(key, payload)| BaseRecord::to(RAW).payload(payload.as_str()).key(key.as_str())));
    let read = || get(&address, "/metrics").1;
    until(|| read().contains("copydesk_articles_committed_total 904").then_some(())).expect("all are committed");
    assert_eq!(series(&read()), before, "{}", read());
    service.signal("TERM");
    assert_eq!(service.wait().code(), Some(0), "{}", service.said());
}

/// What the page offers and what its documentation names are the same.
fn documented(page: &str) {
    let help: BTreeSet<&str> =
        page.lines().filter_map(|line| line.strip_prefix("# HELP copydesk_")?.split(' ').next()).collect();
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/metrics.md")).expect("docs/metrics.md");
    let named = |line: &'static str| line.strip_prefix("| `copydesk_")?.split(['`', '{']).next();
    let text: &'static str = text.leak();
    let told: BTreeSet<&str> = text
        .lines()
        .filter_map(named)
        .map(|name| name.strip_suffix("_total").or(name.strip_suffix("_info")).unwrap_or(name))
        .collect();
    assert_eq!(help, told, "docs/metrics.md and /metrics differ");
}

#[test]
fn a_port_in_use_is_named_with_the_option_that_chooses_another() {
    let folder = folder();
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = taken.local_addr().expect("its address").to_string();
    let output = run(service(&folder, &nobody()).env("COPYDESK_HTTP_LISTEN", &address), b"");
    let said = err(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("cannot listen on {address}")) && said.contains("http.listen"), "{said}");
}

/// A user who asks twice will not wait, whatever hangs.
#[test]
fn a_second_signal_ends_the_process_at_once() {
    let folder = folder();
    let mut service = Background::start(&mut service(&folder, &nobody()));
    service.wait_for("starting");
    // Both at the same moment: the orderly end takes longer than to look for the second.
    for signal in ["STOP", "TERM", "INT", "CONT"] {
        service.signal(signal);
    }
    let code = service.wait().code();
    assert!(matches!(code, Some(130 | 143)), "{code:?}: {}", service.said());
}
