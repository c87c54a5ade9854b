//! The model: words in, names and sentiment out.
//!
//! One encoder reads the words of an article once; two heads look at its states.  The head of the words says which of
//! them are names of persons, organisations or places; the head of the targets says whether the text speaks well or
//! badly of the words that it is asked about.  This module knows words and scores and nothing of articles, and runs no
//! threads of the service: a call works on the caller's time, on one processor core.
//!
//! An article of any length is read whole, in windows of whole sentences.  A window is run by itself, so that a result
//! depends on nothing but the words of the article; nor does it depend on the processor, whose widest instructions are
//! used ([`Set`]).
//!
//! A model has profiles: encoders of more or fewer layers that read with the same pieces.
//!
//! `training/` makes the files that [`Model::load`] reads.

mod decode;
mod encoder;
mod engine;
mod files;
mod kernels;
mod pieces;
mod states;
mod weights;
mod windows;
pub mod words;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, ensure};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::decode::Scores;
use self::engine::Engine;
use self::files::Files;
pub use self::kernels::Set;
use self::pieces::Pieces;
use self::states::States;
use self::weights::{Table, Weights};
use self::windows::Limits;

/// `[model]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The folder of the model. A relative path is looked for in the working directory, then beside the program and in
    /// the folders above it, then in /usr/share/copydesk: the default works in a clone, in an image and installed.
    pub path: PathBuf,
    /// Which of the model's encoders reads: "default", or "accurate", which takes several times as long. The card of
    /// the model (models/newsroom-en/README.md) has the figures of each.
    pub profile: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { path: "models/newsroom-en".into(), profile: "default".into() }
    }
}

/// What a name names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A human being, or a group that bears their name.
    Person,
    /// A company, agency, party, team or other body.
    Organisation,
    /// A country, town, region, river or other place.
    Place,
}

/// A name in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    /// The words of the name, counted through all sentences of the call to [`Model::read`].
    pub words: Range<usize>,
    /// What it names.
    pub kind: Kind,
    /// The chance, from 0 to 1, that both the words and the kind are right.
    pub confidence: f32,
}

/// How a text speaks of a target: chances that sum to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Polarity {
    /// The chance that it speaks badly of the target.
    pub negative: f32,
    /// The chance that it takes no side.
    pub neutral: f32,
    /// The chance that it speaks well of the target.
    pub positive: f32,
}

/// A loaded model; it is shared between threads and never changes.
#[derive(Debug)]
pub struct Model {
    identity: String,
    pieces: Pieces,
    limits: Limits,
    engine: Arc<Engine>,
}

/// What one pass over a text says; it lives on without the [`Model`] that made it.
#[derive(Debug)]
pub struct Reading {
    names: Vec<Name>,
    scores: Vec<Scores>,
    states: States,
    engine: Arc<Engine>,
}

impl Model {
    /// Loads a profile, such as `default`, of the model in `folder`, such as `models/newsroom-en`.
    ///
    /// # Errors
    ///
    /// If a file is missing, cut short, not the one that `model.json` names, or of a format that this program does not
    /// read; if there is no such profile.  The message names the file and the mend.
    pub fn load(folder: &Path, profile: &str) -> anyhow::Result<Model> {
        Self::load_for(folder, profile, Set::best())
    }

    /// The same for a set of instructions: for benches and tests, as the results are the same.
    ///
    /// # Errors
    ///
    /// As [`Model::load`].
    pub fn load_for(folder: &Path, profile: &str, set: Set) -> anyhow::Result<Model> {
        let files = Files::read(folder, profile)?;
        let loaded = || -> anyhow::Result<(Pieces, Engine)> {
            let pieces = Pieces::new(&files.tokenizer, files.limits.word_pieces)?;
            let table = Table::read(&files.table).context("pieces.safetensors does not fit")?;
            ensure!(
                table.len() == pieces.len(),
                "tokenizer.json has {} pieces and pieces.safetensors {}",
                pieces.len(),
                table.len()
            );
            let fit = || format!("{} does not fit", files.profile.weights);
            let weights = Weights::read(&files.weights).with_context(fit)?;
            files.limits.check_positions(weights.positions()).with_context(fit)?;
            weights.check(&files.profile.depths).with_context(fit)?;
            Ok((pieces, Engine::new(table, weights, &files.profile, set)))
        };
        let (pieces, engine) =
            loaded().with_context(|| format!("the model in {} cannot be used; install it again", folder.display()))?;
        Ok(Model { identity: files.identity, pieces, limits: files.limits, engine: Arc::new(engine) })
    }

    /// Name, version, profile and digest of the model, such as `newsroom-en 7 default sha256:0123456789ab`.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// Reads `sentences`, the words of a text in order, by one pass of the encoder.
    ///
    /// Words are those of [`words::split`]; an empty sentence does no harm.  The same sentences give the same reading,
    /// whatever was read before or is read meanwhile.  Beside some megabytes for a window at a time, a reading takes about
    /// 450 bytes a word.
    ///
    /// # Errors
    ///
    /// If the engine fails, which no text should bring about.
    pub fn read(&self, sentences: &[Vec<&str>]) -> anyhow::Result<Reading> {
        let count = sentences.iter().map(Vec::len).sum();
        let mut scores = Vec::with_capacity(count);
        let mut states = States::with_capacity(count);
        let read = self.engine.lend(|desk| {
            let (scratch, known) = desk.parts();
            windows::cut(sentences, &mut self.pieces.cutter(known), self.limits, |window| {
                self.engine.encode(window, scratch, &mut scores, &mut states);
                Ok(())
            })
        });
        read.context("cannot read the text")?;

        let mut names = Vec::new();
        let mut begin = 0;
        for sentence in sentences {
            let end = begin + sentence.len();
            let own = scores.get(begin..end).context("a word has no scores")?;
            names.extend(decode::names(own, begin, self.engine.calibration()));
            begin = end;
        }
        Ok(Reading { names, scores, states, engine: Arc::clone(&self.engine) })
    }

    /// Reads `sentences` and returns how many pieces that were, the marks of the windows among them, and how many
    /// multiplications of whole numbers the layers took, those of attention left out: for benches.
    ///
    /// # Errors
    ///
    /// As [`Model::read`].
    pub fn work(&self, sentences: &[Vec<&str>]) -> anyhow::Result<(usize, usize)> {
        let (mut pieces, mut scores, mut states) = (0, Vec::new(), States::with_capacity(0));
        let multiplications = self.engine.lend(|desk| {
            let (scratch, known) = desk.parts();
            let before = scratch.multiplications();
            windows::cut(sentences, &mut self.pieces.cutter(known), self.limits, |window| {
                pieces += window.pieces.len();
                self.engine.encode(window, scratch, &mut scores, &mut states);
                Ok(())
            })?;
            anyhow::Ok(scratch.multiplications() - before)
        })?;
        Ok((pieces, multiplications))
    }
}

impl Reading {
    /// The names in the text, in order; none overlaps another or crosses the end of a sentence.
    pub fn names(&self) -> &[Name] {
        &self.names
    }

    /// The scores of each word's tags before they become chances: none, then begun and continued for each [`Kind`].
    pub fn scores(&self) -> &[[f32; 7]] {
        &self.scores
    }

    /// How the text speaks of each of `targets`, from the states of the same pass.
    ///
    /// A target is a range of words, counted as in [`Name::words`]: a name, but a pronoun or a role will do.
    ///
    /// # Errors
    ///
    /// If a target is empty or reaches beyond the text.
    pub fn sentiment(&self, targets: &[Range<usize>]) -> anyhow::Result<Vec<Polarity>> {
        for target in targets {
            ensure!(
                target.start < target.end && target.end <= self.states.len(),
                "a target of words {target:?} in a text of {} words",
                self.states.len()
            );
        }
        let mut polarities = Vec::with_capacity(targets.len());
        for some in targets.chunks(TARGETS_AT_ONCE) {
            let means: Vec<_> = some.iter().map(|target| self.states.mean(target.clone())).collect();
            polarities.extend(self.engine.polarities(&means));
        }
        Ok(polarities)
    }
}

/// Bounds the memory of a call with very many targets.
const TARGETS_AT_ONCE: usize = 512;
