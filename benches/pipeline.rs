//! How fast the pipeline reads on one core, what each stage takes of it, and what the layers above names and sentiment
//! cost together.
//!
//! `cargo bench --bench pipeline [-- PROFILE [TEXT]]`: over the feed of the demo, and over a text of one sentence a line
//! (by default the Groningen Meaning Bank's where the shared data lies beside the project), twenty to an article.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints its figures and stops at what is missing")]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use copydesk::message::{Partition, Position, RawArticle};
use copydesk::pipeline::{Observer, Outcome, Pipeline, Report, Settings, Status};
use copydesk::{article, model, record, stages};

/// Articles of the long text that are read.
const MOST: usize = 150;

/// How often the articles are read in turns with and without layers.
const COST_ROUNDS: usize = 3;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let model = model::Settings { path: root.join("models/newsroom-en"), ..model::Settings::default() };
    let profile = arguments.next().unwrap_or(model.profile);
    let text = arguments.next().map_or_else(|| root.join("../shared/data/gmb-text/gmb_sentences.txt"), PathBuf::from);

    let feed = feed(&root.join("demo/feed"));
    let bare = pipeline(&stages_off(), &model.path, &profile);
    measure("reading and writing alone, feed of the demo", &bare, &feed, 200);
    let base = pipeline(&layers_off(), &model.path, &profile);
    let whole = pipeline(&stages::Settings::default(), &model.path, &profile);
    measure("feed of the demo", &whole, &feed, 2);
    cost(&base, &whole, &feed);
    match std::fs::read_to_string(&text) {
        Ok(text) => {
            let articles = articles(&text);
            measure("sentences of the Groningen Meaning Bank, 20 an article", &whole, &articles, 1);
            cost(&base, &whole, &articles);
        }
        Err(error) => println!("skipped: {}: {error}", text.display()),
    }
}

/// A pipeline and what measures its stages.
struct Measured {
    pipeline: Pipeline,
    stopwatch: Arc<Stopwatch>,
}

fn pipeline(stages: &stages::Settings, model: &Path, profile: &str) -> Measured {
    let (article, record) = (article::Settings::default(), record::Settings::default());
    let settings = Settings { article: &article, record: &record, stages, digest: "sha256:bench" };
    let stopwatch = Arc::new(Stopwatch::default());
    let pipeline = Pipeline::build(settings, model, profile).unwrap();
    Measured { pipeline: pipeline.observed(Arc::clone(&stopwatch) as Arc<dyn Observer>), stopwatch }
}

fn stages_off() -> stages::Settings {
    let mut settings = stages::Settings::default();
    settings.segments.enabled = false;
    settings.language.enabled = false;
    settings.sentences.enabled = false;
    settings.entities.enabled = false;
    settings.sentiment.enabled = false;
    settings
}

/// Names and sentiment without what follows from them.
fn layers_off() -> stages::Settings {
    let mut settings = stages::Settings::default();
    settings.places.enabled = false;
    settings.readings.enabled = false;
    settings.links.enabled = false;
    settings.quotes.enabled = false;
    settings.dates.enabled = false;
    settings.claims.enabled = false;
    settings.focus.enabled = false;
    settings
}

/// The articles of the feed that can be read.
fn feed(folder: &Path) -> Vec<RawArticle> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let articles = paths.iter().filter(|path| path.extension().is_some_and(|end| end == "json" || end == "txt"));
    articles.map(|path| raw(std::fs::read(path).unwrap())).collect()
}

fn articles(text: &str) -> Vec<RawArticle> {
    let lines: Vec<&str> = text.lines().collect();
    let bodies = lines.chunks(20).take(MOST).map(|sentences| sentences.join("\n"));
    bodies.map(|body| raw(serde_json::json!({"body": body, "language": "en"}).to_string().into_bytes())).collect()
}

fn raw(payload: Vec<u8>) -> RawArticle {
    RawArticle {
        position: Position { partition: Partition { topic: "articles.raw".into(), number: 0 }, offset: 0 },
        key: None,
        payload: Some(payload),
        headers: Vec::new(),
        timestamp: None,
    }
}

/// Time per stage.
#[derive(Default)]
struct Stopwatch(Mutex<BTreeMap<&'static str, Duration>>);

thread_local! {
    static BEGAN: Cell<Option<Instant>> = const { Cell::new(None) };
}

impl Observer for Stopwatch {
    fn begins(&self, _: &'static str) {
        BEGAN.set(Some(Instant::now()));
    }

    fn ended(&self, report: &Report) {
        let took = BEGAN.get().unwrap().elapsed();
        if report.status != Status::Ok {
            return;
        }
        *self.0.lock().unwrap().entry(report.name).or_default() += took;
    }
}

/// Processor time of the process so far, threads of the model's engine included, so that a busy machine does not slow
/// the figures and a second core does not flatter them; wall time where the system does not tell.
fn processor(since: Instant) -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the name in brackets: user and system time are the twelfth and thirteenth, in hundredths of a second.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: Vec<u64> = fields.skip(11).take(2).filter_map(|number| number.parse().ok()).collect();
    if ticks.len() == 2 { Duration::from_millis(10 * ticks.iter().sum::<u64>()) } else { since.elapsed() }
}

fn measure(name: &str, Measured { pipeline, stopwatch }: &Measured, articles: &[RawArticle], rounds: u32) {
    let begin = Instant::now();
    let (mut words, mut bytes, mut enriched) = (0, 0, 0_u32);
    for article in articles {
        if let Outcome::Enriched(outcome) = pipeline.process(article) {
            words += outcome.document.text().as_str().split_whitespace().count();
            bytes += article.payload.as_ref().map_or(0, Vec::len);
            enriched += 1;
        }
    }
    stopwatch.0.lock().unwrap().clear();
    let before = processor(begin);
    for _ in 0..rounds {
        for article in articles {
            assert!(!pipeline.messages(article, &pipeline.process(article)).is_empty());
        }
    }
    let took = (processor(begin) - before).as_secs_f64() / f64::from(rounds);
    println!("\n{name}: {enriched} articles, {words} words, {bytes} bytes");
    println!(
        "  {:.0} articles/s, {:.0} words/s, {:.3} ms an article of processor time",
        f64::from(enriched) / took,
        words as f64 / took,
        1e3 * took / f64::from(enriched)
    );
    stopwatch.print();
}

/// Prints what share of the words a second the layers cost that `whole` has and `base` has not, read in turns.
fn cost(base: &Measured, whole: &Measured, articles: &[RawArticle]) {
    let begin = Instant::now();
    let mut took = [0.0; 2];
    for _ in 0..COST_ROUNDS {
        for (Measured { pipeline, .. }, took) in [base, whole].into_iter().zip(&mut took) {
            let before = processor(begin);
            for article in articles {
                assert!(!pipeline.messages(article, &pipeline.process(article)).is_empty());
            }
            *took += (processor(begin) - before).as_secs_f64();
        }
    }
    let [base, whole] = took;
    println!("  the layers above names and sentiment cost {:.1} % of the words a second", 100.0 * (1.0 - base / whole));
}

impl Stopwatch {
    /// Prints what each stage takes of the whole.
    fn print(&self) {
        let times = self.0.lock().unwrap();
        let total: Duration = times.values().sum();
        for (stage, time) in times.iter() {
            println!("  {:>5.2} %  {stage}", 100.0 * time.as_secs_f64() / total.as_secs_f64());
        }
    }
}
