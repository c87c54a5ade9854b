//! `copydesk score`: the model alone, for who measures it.

use std::io::{self, BufRead};
use std::ops::Range;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Exit, say};
use crate::model::{Kind, Model, Settings};

/// Read words with the model alone and print its scores, to measure it
///
/// Standard input holds one JSON object a line: `sentences`, each a list of words, and `targets`, ranges of words
/// counted through all sentences. The answer, one a line: `names` with their confidences, the raw scores of each word's
/// `tags` (none, then begun and continued for person, organisation, place) and the chances of each target's
/// `polarities` (negative, neutral, positive).
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Folder of the model
    #[arg(long, value_name = "FOLDER", default_value_os_t = Settings::default().path)]
    model: PathBuf,
    /// Profile of the model
    #[arg(long, value_name = "NAME", default_value_t = Settings::default().profile)]
    profile: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    sentences: Vec<Vec<String>>,
    #[serde(default)]
    targets: Vec<(usize, usize)>,
}

#[derive(Serialize)]
struct Answer<'a> {
    names: Vec<Name>,
    tags: &'a [[f32; 7]],
    polarities: Vec<[f32; 3]>,
}

#[derive(Serialize)]
struct Name {
    start: usize,
    end: usize,
    kind: &'static str,
    confidence: f32,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let model = Model::load(&super::find_model(&arguments.model)?, &arguments.profile)?;
    for (number, line) in io::stdin().lock().lines().enumerate() {
        let answer = answer(&model, &line?).with_context(|| format!("standard input, line {}", number + 1))?;
        if !say(&(answer + "\n"))? {
            break;
        }
    }
    Ok(Exit::Done)
}

fn answer(model: &Model, line: &str) -> anyhow::Result<String> {
    let question: Question = serde_json::from_str(line)?;
    let sentences: Vec<Vec<&str>> =
        question.sentences.iter().map(|words| words.iter().map(String::as_str).collect()).collect();
    let targets: Vec<Range<usize>> = question.targets.iter().map(|(start, end)| *start..*end).collect();
    let reading = model.read(&sentences)?;
    let names = reading.names().iter().map(|name| Name {
        start: name.words.start,
        end: name.words.end,
        kind: match name.kind {
            Kind::Person => "person",
            Kind::Organisation => "organisation",
            Kind::Place => "place",
        },
        confidence: name.confidence,
    });
    let answer = Answer {
        names: names.collect(),
        tags: reading.scores(),
        polarities: reading
            .sentiment(&targets)?
            .into_iter()
            .map(|polarity| [polarity.negative, polarity.neutral, polarity.positive])
            .collect(),
    };
    Ok(serde_json::to_string(&answer)?)
}
