//! Whole records, so that a change of any field shows itself. `UPDATE_GOLDEN=1` rewrites them.

use copydesk::stages::encoder::Kind;
use serde_json::Value;

use crate::record_check::file;
use crate::support::{json, raw, scripted};

fn compare(name: &str, payload: Vec<u8>) {
    let names = [
        ("Ann Harrow", Kind::Person),
        ("Harrow", Kind::Person),
        ("Ministry of Transport", Kind::Organisation),
        ("Rotterdam", Kind::Place),
        ("Lisbon", Kind::Place),
        ("Elena Marsh", Kind::Person),
        ("Marta Lindqvist", Kind::Person),
        ("Vienna", Kind::Place),
        ("Hungary", Kind::Place),
        ("Budapest", Kind::Place),
        ("Northwire", Kind::Organisation),
    ];
    let record = json(&scripted(&names), &raw(payload));
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.json"));
    if std::env::vars_os().any(|(key, _)| key == "UPDATE_GOLDEN") {
        std::fs::write(&path, serde_json::to_string_pretty(&record).unwrap() + "\n").unwrap();
    }
    let golden: Value = serde_json::from_slice(&file(&format!("tests/golden/{name}.json"))).unwrap();
    assert_eq!(record, golden, "{name}: run with UPDATE_GOLDEN=1 and look at the difference");
}

#[test]
fn a_wire_story() {
    compare("wire_story", file("tests/fixtures/plain/02_byline_dateline.txt"));
}

#[test]
fn an_embargoed_story() {
    compare("embargo", file("tests/fixtures/plain/06_embargo.txt"));
}

#[test]
fn a_kill() {
    compare("kill", file("tests/fixtures/plain/07_kill.txt"));
}

#[test]
fn a_native_article() {
    let article = serde_json::json!({
        "id": "nw-2025-03-12-7", "title": "UPDATE 2-Rotterdam backs night trains", "version": 2,
        "body": "ROTTERDAM, March 12 (Northwire) - Ann Harrow of the Ministry of Transport praised Lisbon’s plan.\n\n“It works,” Harrow said in Rotterdam.",
        "published_at": "2025-03-12T09:00:00Z", "language": "en", "source": "Northwire", "desk": "transport",
    });
    compare("native", article.to_string().into_bytes());
}
