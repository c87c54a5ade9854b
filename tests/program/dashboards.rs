//! What the dashboard and the alerts ask for is what a running service offers: a renamed metric must not leave a graph
//! empty or an alarm silent.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

/// Labels that Prometheus adds to every series by itself.
const ADDED: [&str; 2] = ["job", "instance"];

/// Metrics of a page with the labels that each has on it.
fn offered(page: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut offered: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let (name, rest) = line.split_at(line.find(['{', ' ']).expect("a value"));
        let names = offered.entry(name).or_default();
        names.extend(rest.split('=').filter_map(|part| part.rsplit(['{', ',']).next()).filter(|name| is_name(name)));
    }
    offered
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The metrics that an expression names, and the labels that it selects or groups by.
fn asked(expression: &str) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let metrics = expression.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let metrics = metrics.filter(|word| word.starts_with("copydesk_")).collect();
    let mut labels = BTreeSet::new();
    for (opening, closing) in [("{", '}'), ("by (", ')'), ("on (", ')')] {
        for after in expression.split(opening).skip(1) {
            let inside = after.split(closing).next().unwrap_or_default();
            labels.extend(inside.split(',').filter_map(|part| part.split(['=', '!']).next()).map(str::trim));
        }
    }
    (metrics, labels)
}

fn expressions_of_the_dashboard(text: &str) -> Vec<String> {
    let dashboard: Value = serde_json::from_str(text).expect("the dashboard in JSON");
    let panels = dashboard["panels"].as_array().expect("panels").iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().expect("targets"));
    targets.map(|target| target["expr"].as_str().expect("an expression").to_owned()).collect()
}

/// The part of each rule between `expr:` and the next key.
fn expressions_of_the_rules(text: &str) -> Vec<String> {
    let rules = text.split("expr:").skip(1);
    rules
        .map(|rest| rest.split("labels:").next().unwrap_or(rest).split("for:").next().unwrap_or(rest).to_owned())
        .collect()
}

/// Checks dashboard and rules against the page of metrics of a service that has seen articles and dead letters.
pub(crate) fn check(page: &str) {
    let offered = offered(page);
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    let read = |file: &str| fs::read_to_string(deploy.join(file)).expect(file);
    let dashboard = expressions_of_the_dashboard(&read("grafana/dashboards/copydesk.json"));
    let rules = expressions_of_the_rules(&read("prometheus/alerts.yml"));
    assert!(dashboard.len() > 15 && rules.len() > 8, "where are the expressions?");
    let mut wrong = Vec::new();
    for expression in dashboard.iter().chain(&rules) {
        let (metrics, labels) = asked(expression);
        let has = |label: &&str| metrics.iter().any(|name| offered.get(name).is_some_and(|has| has.contains(label)));
        wrong.extend(
            metrics.iter().filter(|name| !offered.contains_key(*name)).map(|name| format!("{name}: no metric")),
        );
        let labels = labels.into_iter().filter(|label| !ADDED.contains(label));
        wrong.extend(labels.filter(|label| !has(label)).map(|label| format!("{expression}: no label {label}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}\n{page}");
}
