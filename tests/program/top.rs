//! `copydesk top`: what it shows of services that run, and of one that does not.

use serde_json::{Value, json};

use crate::mock::Mock;
use crate::support::{Background, err, folder, get, out, program, run, until};

/// It reads the real page of metrics: a name that changes on one side only is found here.
#[test]
fn top_shows_what_a_running_service_says() {
    let mock = Mock::new(2);
    let folder = folder();
    let mut service = Background::start(&mut mock.service(&folder));
    let address = service.ready();
    mock.send([(0, "Title\n\nA text."), (1, ""), (1, "Another\n\nText of it.")]);
    // The ends of the partitions, and so the lag, are known a moment later.
    let done = |page: &str| {
        let lags = page.lines().filter(|line| line.starts_with("copydesk_partition_lag_records{")).count();
        page.contains("copydesk_articles_committed_total 3") && lags == 2
    };
    until(|| done(&get(&address, "/metrics").1).then_some(())).expect("the articles come out");

    let url = format!("http://{address}");
    let top = |more: &[&str]| {
        let arguments = [&["top", "--once", "--interval", "100ms", "--url", &url], more].concat();
        run(&mut program(folder.path(), &arguments), b"")
    };
    let output = top(&["--json"]);
    let sample: Value = serde_json::from_str(&out(&output)).expect("a line of JSON");
    let instance = &sample["instances"][0];
    assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""));
    assert_eq!(
        (&instance["live"], &instance["ready"], &instance["state"]),
        (&json!(true), &json!(true), &json!("running"))
    );
    assert_eq!(instance["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(instance["dead_letters"], json!({"empty": 1}));
    assert_eq!(instance["stages"]["segments"]["failed"], 0.0);
    assert_eq!(instance["partitions"].as_array().map(Vec::len), Some(2), "{instance}");
    let told = [
        "uptime_seconds",
        "received_per_second",
        "enriched_per_second",
        "dead_per_second",
        "lag_records",
        "in_flight_articles",
        "in_flight_bytes",
        "in_flight_oldest_seconds",
        "transaction_open_seconds",
        "commits_per_second",
        "transactions_aborted",
        "producers_replaced",
        "rebalances",
    ];
    for name in told {
        assert!(instance[name].is_f64(), "{name} is not told: {instance}");
    }

    // Several at once, one of which is away; without a terminal it can still be read.
    let output = top(&["--url", "http://127.0.0.1:1"]);
    let page = out(&output);
    assert_eq!(output.status.code(), Some(1), "{page}");
    let has = |words: &[&str]| page.lines().any(|line| words.iter().all(|word| line.contains(word)));
    assert!(has(&[&address, "ready"]) && has(&["127.0.0.1:1 ", "away"]) && has(&["articles.raw/1"]), "{page}");
    assert!(!page.contains('\u{1b}'), "{page}");

    service.signal("TERM");
    assert_eq!(service.wait().code(), Some(0), "{}", service.said());
}

/// A screen drawn into a pipe is of use to nobody; the way out is named.
#[test]
fn top_without_a_terminal_says_what_to_use_instead() {
    let folder = folder();
    let output = run(&mut program(folder.path(), &["top"]), b"");
    assert_eq!((output.status.code(), out(&output).as_str()), (Some(1), ""));
    assert!(err(&output).contains("--json"), "{}", err(&output));
    for wrong in [["--url", "localhost:9464"], ["--interval", "0s"]] {
        let output = run(&mut program(folder.path(), &[&["top"], &wrong[..]].concat()), b"");
        assert_eq!(output.status.code(), Some(64), "{}", err(&output));
    }
}
