//! The encoder alone: words a second on one core beside what the processor could do, another engine, two cores, and texts
//! of other lengths.
//!
//! `cargo bench --bench engine [-- PROFILE [ONNX]]`: over the Groningen Meaning Bank where the shared data lies beside the
//! project, else over the feed of the demo. ONNX is the same profile as `training/to_onnx.py` writes it, for rten.
//! What is compared takes turns, round by round, and is given in processor time, but for two cores beside one: a busy
//! machine slows all of it alike.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints its figures and stops at what is missing")]

use std::path::Path;
use std::time::{Duration, Instant};

use copydesk::model::{self, Model, Set, words};
use rten_tensor::NdTensor;
use tokenizers::Tokenizer;

const ROUNDS: usize = 5;
/// Pieces in a window of the other engine; ours are cut from the text and about as long.
const WINDOW: usize = 200;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("models/newsroom-en");
    let profile = arguments.next().unwrap_or(model::Settings::default().profile);
    let text = text(root);
    let articles = articles(&text, 20);
    let pieces = pieces_a_word(&folder, &articles);
    println!("profile {profile}, {pieces:.2} pieces a word, fastest of {ROUNDS} rounds\n");

    println!("| one core | words/s | pieces/s |\n| --- | ---: | ---: |");
    let sets: Vec<(&str, Model, usize)> = Set::available()
        .into_iter()
        // The portable set is there to be right, not fast; a few articles do.
        .map(|set| {
            (set.name(), Model::load_for(&folder, &profile, set).unwrap(), if set == Set::portable() { 4 } else { 150 })
        })
        .collect();
    let mut other = arguments.next().map(|path| Other::load(Path::new(&path)));
    let mut best = vec![Duration::MAX; sets.len()];
    let mut best_other = Duration::MAX;
    let mut most = 0.0_f64;
    for _ in 0..ROUNDS {
        let mut multiplied = 0;
        let took = time(|| multiplied = Set::best().multiply(100_000_000));
        most = most.max(multiplied as f64 / took.as_secs_f64());
        for ((_, model, most), best) in sets.iter().zip(&mut best) {
            *best = time(|| read(model, &articles[..*most])).min(*best);
        }
        if let Some(other) = &mut other {
            best_other = time(|| other.read(40)).min(best_other);
        }
    }
    for ((name, _, most), best) in sets.iter().zip(&best) {
        let speed = count(&articles[..*most]) / best.as_secs_f64();
        println!("| ours, {name} | {speed:.0} | {:.0} |", speed * pieces);
    }
    match other {
        Some(_) => {
            let speed = (40 * WINDOW) as f64 / best_other.as_secs_f64();
            println!("| rten | {:.0} | {speed:.0} |", speed / pieces);
            println!("\nours over rten: {:.2}", count(&articles[..150]) / best[0].as_secs_f64() * pieces / speed);
        }
        None => println!("\nskipped: rten: no ONNX file is named"),
    }

    limit(&sets[0].1, &articles[..150], best[0], most);

    let model = &sets[0].1;
    let half = articles.len().min(300) / 2;
    let (mut one, mut two) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        one = one.min(by_the_clock(|| read(model, &articles[..2 * half])));
        two = two.min(by_the_clock(|| {
            std::thread::scope(|scope| {
                for part in articles[..2 * half].chunks(half) {
                    scope.spawn(|| read(model, part));
                }
            });
        }));
    }
    println!("\ntwo cores over one, by the clock: {:.2}", one.as_secs_f64() / two.as_secs_f64());

    // The same words in articles of other lengths.
    let long: Vec<Vec<Vec<&str>>> = vec![articles[..50].concat()];
    let short: Vec<Vec<Vec<&str>>> =
        articles[..50].iter().flat_map(|article| article.chunks(4).map(<[_]>::to_vec)).collect();
    let headlines: Vec<Vec<Vec<&str>>> = articles[..20].concat().into_iter().map(|sentence| vec![sentence]).collect();
    let cases = [
        ("articles of 20 sentences", articles[..50].to_vec()),
        ("4 sentences", short),
        ("one of 1,000", long),
        ("one sentence", headlines),
    ];
    let mut fastest = [Duration::MAX; 4];
    for _ in 0..ROUNDS {
        for ((_, articles), fastest) in cases.iter().zip(&mut fastest) {
            *fastest = time(|| read(model, articles)).min(*fastest);
        }
    }
    println!("\n| length | words each | words/s | of the first |\n| --- | ---: | ---: | ---: |");
    let speeds = cases.iter().zip(fastest).map(|((_, articles), fastest)| count(articles) / fastest.as_secs_f64());
    let speeds: Vec<f64> = speeds.collect();
    for ((name, articles), speed) in cases.iter().zip(&speeds) {
        println!("| {name} | {:.0} | {speed:.0} | {:.2} |", count(articles) / articles.len() as f64, speed / speeds[0]);
    }
}

/// Prints what the processor could do if it did nothing but the products of the layers, and how much of it is reached.
fn limit(model: &Model, articles: &[Vec<Vec<&str>>], took: Duration, most: f64) {
    if most == 0.0 {
        println!("\nskipped: the arithmetic limit: this set multiplies by no one instruction");
        return;
    }
    let (mut pieces, mut multiplications) = (0, 0);
    for article in articles {
        let work = model.work(article).unwrap();
        pieces += work.0;
        multiplications += work.1;
    }
    let (needed, limit) = (multiplications as f64 / pieces as f64, most * pieces as f64 / multiplications as f64);
    println!(
        "\narithmetic limit: {:.0} G multiplications a second from registers, {:.2} M a piece (attention and the heads left \
         out), so {limit:.0} pieces/s; reached {:.0} %",
        most / 1e9,
        needed / 1e6,
        100.0 * pieces as f64 / took.as_secs_f64() / limit
    );
}

/// Lines of sentences: the bank's, or the paragraphs of the demo's feed over and over.
fn text(root: &Path) -> String {
    let bank = root.join("../shared/data/gmb-text/gmb_sentences.txt");
    std::fs::read_to_string(&bank).unwrap_or_else(|error| {
        println!("skipped: {}: {error}; the feed of the demo instead", bank.display());
        let paths = std::fs::read_dir(root.join("demo/feed")).unwrap().map(|entry| entry.unwrap().path());
        let texts: String = paths.filter_map(|path| std::fs::read_to_string(path).ok()).collect();
        let lines: String = texts.lines().filter(|line| line.contains(". ")).map(|line| format!("{line}\n")).collect();
        lines.repeat(6000 / lines.lines().count() + 1)
    })
}

fn articles(text: &str, sentences: usize) -> Vec<Vec<Vec<&str>>> {
    let lines: Vec<Vec<&str>> = text.lines().take(300 * sentences).map(cut).collect();
    lines.chunks(sentences).map(<[_]>::to_vec).collect()
}

fn cut(line: &str) -> Vec<&str> {
    words::split(line).into_iter().filter_map(|range| line.get(range)).collect()
}

fn count(articles: &[Vec<Vec<&str>>]) -> f64 {
    articles.iter().flatten().map(Vec::len).sum::<usize>() as f64
}

fn pieces_a_word(folder: &Path, articles: &[Vec<Vec<&str>>]) -> f64 {
    let tokenizer = Tokenizer::from_file(folder.join("tokenizer.json")).unwrap();
    let some = &articles[..20];
    let pieces: usize =
        some.iter().flatten().flatten().map(|word| tokenizer.encode_fast(*word, false).unwrap().len()).sum();
    pieces as f64 / count(some)
}

fn read(model: &Model, articles: &[Vec<Vec<&str>>]) {
    for article in articles {
        std::hint::black_box(model.read(article).unwrap());
    }
}

/// The processor time that `work` takes, threads of its own included; in hundredths of a second, as the system counts.
fn time(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    let before = processor();
    work();
    processor().zip(before).map_or(began.elapsed(), |(after, before)| after - before)
}

/// Processor time of the process so far, if the system tells.
fn processor() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // After the name in brackets: user and system time are the twelfth and thirteenth.
    let ticks = stat.rsplit(')').next()?.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    ticks.sum::<Result<u64, _>>().ok().map(|ticks| Duration::from_millis(10 * ticks))
}

fn by_the_clock(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

/// The same weights in rten, on one thread.
struct Other {
    model: rten::Model,
    options: rten::RunOptions,
}

impl Other {
    fn load(path: &Path) -> Self {
        let model = rten::ModelOptions::with_all_ops().prepack_weights(true).load_file(path).unwrap();
        let pool = std::sync::Arc::new(rten::ThreadPool::with_num_threads(1));
        Self { model, options: rten::RunOptions::default().with_thread_pool(Some(pool)) }
    }

    fn read(&mut self, windows: usize) {
        for window in 0..windows {
            let pieces = (0..WINDOW).map(|place| ((window * 7919 + place * 104_729) % 40_000) as i32 + 4);
            let pieces = NdTensor::from_data([1, WINDOW], pieces.collect::<Vec<_>>());
            let mut inputs = vec![(self.model.node_id("pieces").unwrap(), pieces.into())];
            if let Ok(rows) = self.model.node_id("rows") {
                // As many words as such a window has on average, the marks at its ends among them.
                let kept = (0..WINDOW as i32).filter(|place| place % 4 != 3);
                let kept: Vec<i32> = kept.collect();
                inputs.push((rows, NdTensor::from_data([kept.len()], kept).into()));
            }
            let tags = self.model.node_id("tags").unwrap();
            std::hint::black_box(self.model.run(inputs, &[tags], Some(self.options.clone())).unwrap());
        }
    }
}
