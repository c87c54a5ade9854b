//! Learns what the stage `readings` knows of the words around a name, from text without any marks.
//!
//! `cargo run --release --example readings -- TEXT [MARKED]`
//!
//! TEXT holds a sentence a line, such as that of the Groningen Meaning Bank. Where the model finds persons and
//! organisations somebody acts; where it finds places that are neither a country nor a capital, nobody does. A logistic
//! regression over the features of `readings::context` tells one from the other, and is written to
//! `src/stages/readings/weights.tsv`; beside it go the words that follow articles more often than pronouns, `nouns.txt`.
//! The lines of TEXT that MARKED names (`evaluation/readings/gmb.tsv`) are left out: they measure the stage.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a program of the training stops at what is missing")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use copydesk::knowledge::countries::Countries;
use copydesk::message::{Partition, Position, RawArticle};
use copydesk::pipeline::{Enriched, Outcome, Pipeline, Settings};
use copydesk::stages::encoder::{Encoding, Kind};
use copydesk::stages::entities::{Entities, Form};
use copydesk::stages::readings::context::{self, Words};
use copydesk::{article, model, record, stages};

/// Sentences that make an article.
const LINES: usize = 20;
/// A feature that is rarer is left out.
const RARE: u32 = 6;
const PASSES: u32 = 15;
const RATE: f64 = 0.2;
const DECAY: f64 = 3e-6;

/// A name's features, and whether it is one of somebody who acts.
type Example = (Vec<String>, bool);

fn main() {
    let mut arguments = std::env::args().skip(1);
    let text = std::fs::read_to_string(arguments.next().expect("a TEXT")).unwrap();
    let marked: BTreeSet<usize> = arguments
        .next()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .iter()
        .flat_map(|marks| {
            marks.lines().skip(1).filter_map(|line| line.split('\t').next()?.parse().ok()).collect::<Vec<_>>()
        })
        .collect();
    let lines: Vec<&str> =
        text.lines().enumerate().filter(|(number, _)| !marked.contains(&(number + 1))).map(|(_, line)| line).collect();

    let pipeline = pipeline();
    let mut examples = Vec::new();
    for sentences in lines.chunks(LINES) {
        let Some(enriched) = read(&pipeline, &sentences.join("\n")) else { continue };
        let document = &enriched.document;
        let (encoding, entities) = (document.layer::<Encoding>().unwrap(), document.layer::<Entities>().unwrap());
        let words = Words::of(document.text(), encoding, entities);
        for entity in &entities.entities {
            if entity.kind == Kind::Place && governs(&entity.name) {
                continue;
            }
            let clear = entity.mentions.iter().filter(|mention| mention.form == Form::Name && mention.confidence > 0.7);
            let acts = entity.kind != Kind::Place;
            examples.extend(clear.map(|mention| (context::features(&words, &mention.words), acts)));
        }
    }
    let weights = learn(&examples);
    println!("{} names, {} features", examples.len(), weights.len());
    write("weights.tsv", weights.iter().map(|(feature, weight)| format!("{feature}\t{weight:.2}")));
    write("nouns.txt", nouns(&lines).into_iter().map(str::to_owned));
}

/// Whether it is a country, a capital or another name that stands for a power.
fn governs(name: &str) -> bool {
    let countries = Countries::built_in();
    countries.named(name).is_some() || countries.seat(name).is_some() || name == "Europe" || name == "Gaza"
}

fn pipeline() -> Pipeline {
    let model = model::Settings::default();
    let (article, record) = (article::Settings::default(), record::Settings::default());
    let stages = stages::Settings::default();
    let settings = Settings { article: &article, record: &record, stages: &stages, digest: "sha256:training" };
    Pipeline::build(settings, &model.path, &model.profile).unwrap()
}

fn read(pipeline: &Pipeline, body: &str) -> Option<Box<Enriched>> {
    let raw = RawArticle {
        position: Position { partition: Partition { topic: "text".into(), number: 0 }, offset: 0 },
        key: None,
        payload: Some(serde_json::json!({"body": body, "language": "en"}).to_string().into_bytes()),
        headers: Vec::new(),
        timestamp: None,
    };
    match pipeline.process(&raw) {
        Outcome::Enriched(enriched) => Some(enriched),
        Outcome::Rejected(_) => None,
    }
}

/// The weights of a logistic regression, by the adaptive gradients of Duchi et al. 2011; both answers weigh the same.
fn learn(examples: &[Example]) -> BTreeMap<String, f64> {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for feature in examples.iter().flat_map(|(features, _)| features) {
        *counts.entry(feature).or_default() += 1;
    }
    let known: Vec<&str> = counts.into_iter().filter(|(_, count)| *count >= RARE).map(|(feature, _)| feature).collect();
    let number = |feature: &String| known.binary_search(&feature.as_str()).ok();
    let acting = examples.iter().filter(|(_, acts)| *acts).count() as f64;
    let balance = [acting / examples.len() as f64 * 2.0, 2.0 - acting / examples.len() as f64 * 2.0];
    let rows: Vec<(Vec<usize>, bool)> =
        examples.iter().map(|(features, acts)| (features.iter().filter_map(number).collect(), *acts)).collect();

    let bias = known.len();
    let (mut weights, mut squares) = (vec![0.0; bias + 1], vec![1e-6; bias + 1]);
    for pass in 0..PASSES {
        // A walk of one step through all rows in an order that does not follow the text; the same in every run.
        let step = 7919 + 2 * pass as usize;
        for turn in 0..rows.len() {
            let (features, acts) = &rows[turn * step % rows.len()];
            let score: f64 = weights[bias] + features.iter().map(|feature| weights[*feature]).sum::<f64>();
            let slope = (1.0 / (1.0 + (-score).exp()) - f64::from(*acts)) * balance[usize::from(*acts)];
            for feature in features.iter().copied().chain([bias]) {
                let slope = slope + DECAY * rows.len() as f64 * weights[feature] / 100.0;
                squares[feature] += slope * slope;
                weights[feature] -= RATE * slope / f64::sqrt(squares[feature]);
            }
        }
    }
    let mut found: BTreeMap<String, f64> =
        known.iter().map(|feature| (*feature).to_owned()).zip(weights.clone()).collect();
    found.insert("bias".to_owned(), weights[bias]);
    found.retain(|feature, weight| feature == "bias" || weight.abs() >= 0.1);
    found
}

/// Words that stand after articles and possessives far more often than after pronouns, auxiliaries and "to".
fn nouns<'a>(lines: &[&'a str]) -> BTreeSet<&'a str> {
    fn after<'w>(words: &[&'w str]) -> BTreeSet<&'w str> {
        words.iter().copied().collect()
    }
    let open =
        after(&["the", "a", "an", "its", "their", "our", "this", "these", "those", "some", "any", "no", "two", "of"]);
    let shut = after(&[
        "to", "he", "she", "they", "it", "who", "we", "will", "would", "could", "may", "can", "has", "have", "had",
        "not", "that", "is", "was", "and",
    ]);
    let mut counts: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for line in lines {
        let mut before = "";
        for word in line.split(' ') {
            if word.len() > 2 && word.chars().all(|c| c.is_lowercase() || c == '-') {
                let (nouns, verbs) = counts.entry(word).or_default();
                *nouns += u32::from(open.contains(before));
                *verbs += u32::from(shut.contains(before));
            }
            before = word;
        }
    }
    let noun = |(nouns, verbs): (u32, u32)| nouns >= 5 && f64::from(nouns) > 1.5 * f64::from(verbs);
    counts.into_iter().filter(|(word, count)| noun(*count) && !word.ends_with("ly")).map(|(word, _)| word).collect()
}

fn write(name: &str, lines: impl Iterator<Item = String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/stages/readings").join(name);
    std::fs::write(path, lines.map(|line| line + "\n").collect::<String>()).unwrap();
}
