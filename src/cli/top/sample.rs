//! What an instance says of itself over HTTP, and how that changed since it was last asked.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use prometheus_parse::{Labels, Scrape, Value};
use serde::Serialize;

/// The longest wait for an answer.
const WAIT: Duration = Duration::from_secs(2);

/// What every metric of ours begins with.
const PREFIX: &str = "copydesk_";

/// An instance, and what it said last.
pub(super) struct Instance {
    url: String,
    agent: ureq::Agent,
    last: Option<(Instant, Page)>,
}

/// What is known of an instance at a moment. What it does not say is none.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Sample {
    /// Where it was asked.
    pub(super) url: String,
    /// Why nothing is known.
    pub(super) error: Option<String>,
    /// Whether its threads turn, as `/healthz` says.
    pub(super) live: Option<bool>,
    /// Whether it works, as `/readyz` says.
    pub(super) ready: Option<bool>,
    /// What it is doing, or why it is not live.
    pub(super) state: String,
    /// Version of the program.
    pub(super) version: Option<String>,
    /// Since when it runs.
    pub(super) uptime_seconds: Option<f64>,
    /// Articles polled.
    pub(super) received_per_second: Option<f64>,
    /// Enriched records published.
    pub(super) enriched_per_second: Option<f64>,
    /// Dead letters published.
    pub(super) dead_per_second: Option<f64>,
    /// Bytes polled.
    pub(super) received_bytes_per_second: Option<f64>,
    /// Bytes of enriched records.
    pub(super) enriched_bytes_per_second: Option<f64>,
    /// Dead letters since the start, by reason; those without any are left out.
    pub(super) dead_letters: BTreeMap<String, u64>,
    /// Records behind the ends of its partitions, together.
    pub(super) lag_records: Option<f64>,
    /// The age of the oldest article that waits, over all partitions.
    pub(super) lag_seconds: Option<f64>,
    /// Articles polled and not committed.
    pub(super) in_flight_articles: Option<f64>,
    /// Their bytes.
    pub(super) in_flight_bytes: Option<f64>,
    /// The age of the oldest of them.
    pub(super) in_flight_oldest_seconds: Option<f64>,
    /// The age of the open transaction.
    pub(super) transaction_open_seconds: Option<f64>,
    /// Commits.
    pub(super) commits_per_second: Option<f64>,
    /// Time that a commit took.
    pub(super) commit_mean_ms: Option<f64>,
    /// Transactions aborted since the start.
    pub(super) transactions_aborted: Option<f64>,
    /// Producers given up for a fresh one since the start.
    pub(super) producers_replaced: Option<f64>,
    /// Assignments and revocations since the start.
    pub(super) rebalances: Option<f64>,
    /// Offsets that were gone before they were read, since the start.
    pub(super) offsets_skipped: Option<f64>,
    /// Whether it has paused as too many articles became dead letters.
    pub(super) breaker_open: Option<bool>,
    /// The stages by name.
    pub(super) stages: BTreeMap<String, Stage>,
    /// The partitions assigned to it.
    pub(super) partitions: Vec<Partition>,
}

/// What a stage did since the instance was last asked.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Stage {
    /// Articles that it worked on.
    pub(super) runs_per_second: Option<f64>,
    /// Time that it took; since the start if it did nothing lately.
    pub(super) mean_ms: Option<f64>,
    /// Articles in which it failed, since the start.
    pub(super) failed: f64,
    /// Articles that it skipped, since the start.
    pub(super) skipped: f64,
}

/// A partition assigned to an instance.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Partition {
    /// The topic.
    pub(super) topic: String,
    /// The number.
    pub(super) partition: String,
    /// Records behind its end.
    pub(super) lag_records: Option<f64>,
    /// The age of the oldest that waits.
    pub(super) lag_seconds: Option<f64>,
}

impl Instance {
    pub(super) fn new(url: &str) -> Self {
        let config = ureq::Agent::config_builder().timeout_global(Some(WAIT)).http_status_as_error(false);
        Self { url: url.to_owned(), agent: config.build().into(), last: None }
    }

    /// Asks it how it is.
    pub(super) fn sample(&mut self) -> Sample {
        let sample = self.ask().unwrap_or_else(|error| {
            self.last = None;
            Sample { error: Some(format!("{error:#}")), ..Sample::default() }
        });
        Sample { url: self.url.clone(), ..sample }
    }

    fn ask(&mut self) -> anyhow::Result<Sample> {
        let (status, page) = self.get("/metrics")?;
        if status != 200 {
            bail!("/metrics answers {status}; is it Copydesk that listens there?");
        }
        let (page, now) = (Page::read(&page)?, Instant::now());
        let since = self.last.take().map(|(then, last)| (now.duration_since(then).as_secs_f64(), last));
        let mut sample = page.sample(since.as_ref().map(|(seconds, last)| (*seconds, last)));
        self.last = Some((now, page));
        let (live, why) = self.health("/healthz", "live")?;
        let (ready, state) = self.health("/readyz", "ready")?;
        (sample.live, sample.ready) = (live, ready);
        sample.state = if live == Some(false) { why } else { state };
        Ok(sample)
    }

    /// An answer about health: yes or no, and what it says to it.
    fn health(&self, path: &str, what: &str) -> anyhow::Result<(Option<bool>, String)> {
        let (_, body) = self.get(path)?;
        let body: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
        Ok((body[what].as_bool(), body["reason"].as_str().unwrap_or_default().to_owned()))
    }

    fn get(&self, path: &str) -> anyhow::Result<(u16, String)> {
        let mut answer = self.agent.get(format!("{}{path}", self.url)).call().context("does not answer")?;
        let body = answer.body_mut().read_to_string().with_context(|| format!("{path} cannot be read"))?;
        Ok((answer.status().as_u16(), body))
    }
}

/// A page of metrics.
struct Page(Vec<(String, Labels, f64)>);

impl Page {
    fn read(page: &str) -> anyhow::Result<Self> {
        let scrape = Scrape::parse(page.lines().map(|line| Ok(line.to_owned()))).context("/metrics cannot be read")?;
        let number = |sample: prometheus_parse::Sample| {
            let name = sample.metric.strip_prefix(PREFIX)?.to_owned();
            match sample.value {
                Value::Counter(value) | Value::Gauge(value) | Value::Untyped(value) => {
                    Some((name, sample.labels, value))
                }
                // Of histograms the sum and the count are enough, which come as numbers.
                Value::Histogram(_) | Value::Summary(_) => None,
            }
        };
        Ok(Self(scrape.samples.into_iter().filter_map(number).collect()))
    }

    /// All values of a metric, with their labels.
    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a Labels, f64)> {
        self.0.iter().filter(move |(known, ..)| known == name).map(|(_, labels, value)| (labels, *value))
    }

    /// The sum over all values of a metric.
    fn sum(&self, name: &str) -> Option<f64> {
        self.all(name).map(|(_, value)| value).reduce(|a, b| a + b)
    }

    fn max(&self, name: &str) -> Option<f64> {
        self.all(name).map(|(_, value)| value).reduce(f64::max)
    }

    /// What the page says, and how that changed since `last`, so many seconds ago.
    fn sample(&self, last: Option<(f64, &Self)>) -> Sample {
        let since = |name: &str| {
            let (seconds, last) = last?;
            // A counter that fell began anew.
            let grown = self.sum(name)? - last.sum(name)?;
            (grown >= 0.0).then(|| grown / seconds)
        };
        let mut partitions: BTreeMap<(String, String), Partition> = BTreeMap::new();
        let lags = self.all("partition_lag_records").map(|(labels, lag)| (labels, Some(lag), None));
        let ages = self.all("partition_lag_seconds").map(|(labels, age)| (labels, None, Some(age)));
        for (labels, lag, age) in lags.chain(ages) {
            let [topic, partition] = ["topic", "partition"].map(|name| labels.get(name).unwrap_or("?").to_owned());
            let known = partitions.entry((topic.clone(), format!("{partition:>9}")));
            let known = known.or_insert(Partition { topic, partition, ..Partition::default() });
            (known.lag_records, known.lag_seconds) = (known.lag_records.or(lag), known.lag_seconds.or(age));
        }
        let dead = self.all("dead_letters_total").filter(|(_, count)| *count > 0.0);
        let version = self.all("build_info").find_map(|(labels, _)| labels.get("version").map(str::to_owned));
        Sample {
            version,
            uptime_seconds: self.sum("uptime_seconds"),
            received_per_second: since("articles_received_total"),
            enriched_per_second: since("records_enriched_total"),
            dead_per_second: since("dead_letters_total"),
            received_bytes_per_second: since("received_bytes_total"),
            enriched_bytes_per_second: since("enriched_bytes_total"),
            dead_letters: dead.map(|(labels, n)| (labels.get("reason").unwrap_or("?").to_owned(), n as u64)).collect(),
            lag_records: self.sum("partition_lag_records"),
            lag_seconds: self.max("partition_lag_seconds"),
            in_flight_articles: self.sum("in_flight_articles"),
            in_flight_bytes: self.sum("in_flight_bytes"),
            in_flight_oldest_seconds: self.sum("in_flight_oldest_seconds"),
            transaction_open_seconds: self.sum("transaction_open_seconds"),
            commits_per_second: since("commits_total"),
            commit_mean_ms: self.mean("commit_duration_seconds", last, |_| true),
            transactions_aborted: self.sum("transactions_aborted_total"),
            producers_replaced: self.sum("producers_replaced_total"),
            rebalances: self.sum("rebalances_total"),
            offsets_skipped: self.sum("offsets_skipped_total"),
            breaker_open: self.sum("breaker_open").map(|open| open > 0.0),
            stages: self.stages(last),
            partitions: partitions.into_values().collect(),
            ..Sample::default()
        }
    }

    fn stages(&self, last: Option<(f64, &Self)>) -> BTreeMap<String, Stage> {
        let mut stages: BTreeMap<String, Stage> = BTreeMap::new();
        for (labels, count) in self.all("stage_runs_total") {
            let Some(name) = labels.get("stage") else { continue };
            let stage = stages.entry(name.to_owned()).or_default();
            match labels.get("status") {
                Some("failed") => stage.failed += count,
                Some("skipped") => stage.skipped += count,
                _ => {}
            }
        }
        let worked = |page: &Self, name: &str| -> f64 {
            let ours = |labels: &Labels| {
                labels.get("stage") == Some(name) && matches!(labels.get("status"), Some("ok" | "failed"))
            };
            page.all("stage_runs_total").filter(|(labels, _)| ours(labels)).map(|(_, count)| count).sum()
        };
        for (name, stage) in &mut stages {
            stage.mean_ms = self.mean("stage_duration_seconds", last, |labels| labels.get("stage") == Some(name));
            let grown = last.map(|(seconds, last)| (worked(self, name) - worked(last, name)) / seconds);
            stage.runs_per_second = grown.filter(|grown| *grown >= 0.0);
        }
        stages
    }

    /// The mean of a histogram in milliseconds: since `last`, or since the start if nothing was added to it since.
    fn mean(&self, name: &str, last: Option<(f64, &Self)>, ours: impl Fn(&Labels) -> bool) -> Option<f64> {
        let total = |page: &Self, end: &str| -> Option<f64> {
            let name = format!("{name}_{end}");
            let values = page.all(&name).filter(|(labels, _)| ours(labels)).map(|(_, value)| value);
            values.reduce(|a, b| a + b)
        };
        let (sum, count) = (total(self, "sum")?, total(self, "count")?);
        let lately = last.and_then(|(_, last)| Some((sum - total(last, "sum")?, count - total(last, "count")?)));
        let (sum, count) = lately.filter(|(_, count)| *count > 0.0).unwrap_or((sum, count));
        (count > 0.0).then(|| 1e3 * sum / count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "\
# HELP copydesk_build What runs.
# TYPE copydesk_build info
copydesk_build_info{version=\"1.2.3\",model=\"m\",config=\"sha256:0\"} 1
# TYPE copydesk_articles_received counter
copydesk_articles_received_total 100
copydesk_dead_letters_total{reason=\"empty\"} 2
copydesk_dead_letters_total{reason=\"too_large\"} 0
copydesk_stage_runs_total{stage=\"entities\",status=\"ok\"} 10
copydesk_stage_runs_total{stage=\"entities\",status=\"skipped\"} 3
# TYPE copydesk_stage_duration_seconds histogram
copydesk_stage_duration_seconds_bucket{le=\"0.1\",stage=\"entities\"} 10
copydesk_stage_duration_seconds_bucket{le=\"+Inf\",stage=\"entities\"} 10
copydesk_stage_duration_seconds_sum{stage=\"entities\"} 1.0
copydesk_stage_duration_seconds_count{stage=\"entities\"} 10
copydesk_partition_lag_records{topic=\"raw\",partition=\"10\"} 7
copydesk_partition_lag_records{topic=\"raw\",partition=\"2\"} 5
copydesk_partition_lag_seconds{topic=\"raw\",partition=\"2\"} 1.5
# EOF
";

    fn later() -> String {
        let changes = [
            ("received_total 100", "received_total 150"),
            ("\"empty\"} 2", "\"empty\"} 4"),
            ("status=\"ok\"} 10", "status=\"ok\"} 30"),
            ("sum{stage=\"entities\"} 1.0", "sum{stage=\"entities\"} 1.4"),
            ("count{stage=\"entities\"} 10", "count{stage=\"entities\"} 30"),
        ];
        changes.iter().fold(FIRST.to_owned(), |page, (from, to)| page.replace(from, to))
    }

    /// Rates and means are those of the last interval; an average since the start would hide what happens now.
    #[test]
    fn what_changes_is_told_per_second_of_the_last_interval() {
        let (first, second) = (Page::read(FIRST).unwrap(), Page::read(&later()).unwrap());
        let alone = first.sample(None);
        assert_eq!((alone.received_per_second, alone.stages["entities"].mean_ms), (None, Some(100.0)));
        let sample = second.sample(Some((2.0, &first)));
        assert_eq!((sample.received_per_second, sample.dead_per_second), (Some(25.0), Some(1.0)));
        assert_eq!(sample.dead_letters, BTreeMap::from([("empty".to_owned(), 4)]));
        let stage = &sample.stages["entities"];
        assert_eq!((stage.runs_per_second, stage.skipped, stage.failed), (Some(10.0), 3.0, 0.0));
        assert!((stage.mean_ms.unwrap() - 20.0).abs() < 1e-9, "{:?}", stage.mean_ms);
        assert_eq!(sample.version.as_deref(), Some("1.2.3"));
        assert_eq!((sample.lag_records, sample.lag_seconds), (Some(12.0), Some(1.5)));
        let partitions: Vec<_> = sample.partitions.iter().map(|it| (it.partition.as_str(), it.lag_seconds)).collect();
        assert_eq!(partitions, [("2", Some(1.5)), ("10", None)]);
    }

    /// A restart puts counters back to zero, and an older version lacks some: neither may show nonsense.
    #[test]
    fn a_restart_or_a_missing_metric_gives_nothing_rather_than_nonsense() {
        let (first, second) = (Page::read(FIRST).unwrap(), Page::read(&later()).unwrap());
        let sample = first.sample(Some((2.0, &second)));
        assert_eq!((sample.received_per_second, sample.stages["entities"].runs_per_second), (None, None));
        assert_eq!(sample.stages["entities"].mean_ms, Some(100.0));
        let nothing = Page::read("").unwrap().sample(Some((2.0, &first)));
        assert_eq!(nothing, Sample::default());
    }
}
