//! What the pipeline promises of stages: one that fails or panics costs its layer, no more.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use copydesk::pipeline::{Observer, Pipeline, Report, Status};
use copydesk::stages;
use copydesk::stages::encoder::{Name, Polarity, Reader, Reading};

use crate::support::{self, enriched, json, plain_pipeline, raw};

/// A reader that breaks where it is told.
struct Broken {
    read: fn() -> anyhow::Result<()>,
    sentiment: fn() -> anyhow::Result<()>,
}

impl Reader for Broken {
    fn identity(&self) -> &str {
        "broken 1"
    }
    fn words(&self, text: &str) -> Vec<Range<usize>> {
        std::iter::once(0..text.len()).collect()
    }
    fn read(&self, _: &[Vec<&str>]) -> anyhow::Result<Box<dyn Reading>> {
        (self.read)()?;
        Ok(Box::new(BrokenReading(self.sentiment)))
    }
}

struct BrokenReading(fn() -> anyhow::Result<()>);

impl Reading for BrokenReading {
    fn names(&self) -> &[Name] {
        &[]
    }
    fn sentiment(&self, _: &[Range<usize>]) -> anyhow::Result<Vec<Polarity>> {
        (self.0)()?;
        Ok(Vec::new())
    }
}

fn pipeline(read: fn() -> anyhow::Result<()>, sentiment: fn() -> anyhow::Result<()>) -> Pipeline {
    support::reading(Arc::new(Broken { read, sentiment }))
}

/// What a record says of a stage.
fn report<'a>(record: &'a serde_json::Value, name: &str) -> &'a serde_json::Value {
    record["stages"].as_array().unwrap().iter().find(|stage| stage["name"] == name).expect(name)
}

fn statuses<'a, const N: usize>(record: &'a serde_json::Value, names: [&str; N]) -> [&'a str; N] {
    names.map(|name| report(record, name)["status"].as_str().unwrap())
}

#[test]
fn a_stage_that_fails_costs_its_layer_and_those_that_need_it() {
    let record = json(&pipeline(|| anyhow::bail!("no memory left"), || Ok(())), &raw("A title\n\nA body."));
    assert_eq!(statuses(&record, ["segments", "language", "sentences"]), ["ok"; 3]);
    assert_eq!(statuses(&record, ["encoder", "entities", "sentiment"]), ["failed", "skipped", "skipped"]);
    assert_eq!(report(&record, "encoder")["reason"], "no memory left");
    assert_eq!(report(&record, "entities")["reason"], "needs encoder, which is failed");
    assert!(record.get("entities").is_none() && record["sentences"].is_array());
}

#[test]
fn a_panic_costs_its_layer_only() {
    let record = json(&pipeline(|| Ok(()), || panic!("index out of bounds")), &raw("A title\n\nA body."));
    assert_eq!(statuses(&record, ["encoder", "entities", "sentiment"]), ["ok", "ok", "failed"]);
    assert_eq!(report(&record, "sentiment")["reason"], "panicked: index out of bounds");
    assert!(record.get("sentiment").is_none() && record["entities"].is_array());
}

/// A stage that is off needs no model, and its field is absent rather than empty.
#[test]
fn a_stage_that_is_off_leaves_no_field() {
    let record = json(&plain_pipeline(), &raw("A title"));
    assert_eq!(statuses(&record, ["encoder", "entities", "sentiment"]), ["off"; 3]);
    assert!(record.get("entities").is_none() && record.get("sentiment").is_none());
    assert_eq!(record["pipeline"]["model"], serde_json::Value::Null);
}

/// Who turns off the entities must not have to name every stage that says something of them.
#[test]
fn a_stage_is_off_where_one_it_needs_is_off() {
    let on = |settings: &stages::Settings| -> Vec<&str> {
        settings.entries().iter().filter(|entry| entry.enabled).map(|entry| entry.name).collect()
    };
    let mut settings = stages::Settings::default();
    assert_eq!(on(&settings).len(), settings.entries().len());
    settings.entities.enabled = false;
    assert!(!on(&settings).contains(&"sentiment") && !settings.need_model(), "{:?}", on(&settings));
    settings = stages::Settings::default();
    settings.sentences.enabled = false;
    assert_eq!(on(&settings), ["segments", "language"]);
}

#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Observer for Log {
    fn begins(&self, stage: &'static str) {
        self.0.lock().unwrap().push(format!("> {stage}"));
    }
    fn ended(&self, report: &Report) {
        self.0.lock().unwrap().push(format!("< {} {}", report.name, report.status.name()));
    }
}

/// Metrics are taken from outside: each stage begins and ends once, in order.
#[test]
fn an_observer_sees_every_stage_begin_and_end() {
    let log = Arc::new(Log::default());
    let pipeline = pipeline(|| Ok(()), || Ok(())).observed(Arc::clone(&log) as Arc<dyn Observer>);
    let reports = enriched(&pipeline, &raw("A title\n\nA body.")).stages;
    assert!(reports.iter().all(|report| report.status == Status::Ok), "{reports:?}");
    let seen = log.0.lock().unwrap();
    assert_eq!(seen.len(), 2 * reports.len());
    for (pair, report) in seen.chunks(2).zip(&reports) {
        assert_eq!(pair, [format!("> {}", report.name), format!("< {} ok", report.name)]);
    }
}
