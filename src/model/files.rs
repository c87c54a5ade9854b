//! The files of a model: what they must be, and whether they are.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::windows::Limits;

/// The layout of the folder that this program reads.
const FORMAT: u32 = 6;

const MANIFEST: &str = "model.json";
const PIECES: &str = "pieces.safetensors";
const TOKENIZER: &str = "tokenizer.json";
const TAGS: &[&str] = &["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"];
const POLARITIES: &[&str] = &["negative", "neutral", "positive"];

/// `model.json`: what the other files are.
#[derive(Debug, Deserialize)]
struct Manifest {
    name: String,
    version: String,
    tags: Vec<String>,
    polarities: Vec<String>,
    limits: Limits,
    profiles: BTreeMap<String, Profile>,
    files: BTreeMap<String, Entry>,
}

/// One of the encoders that read with the same pieces: the more layers, the slower and the more accurate.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Profile {
    /// The file of its weights.
    pub(super) weights: String,
    #[serde(flatten)]
    pub(super) depths: Depths,
    pub(super) temperature: Temperature,
    pub(super) shift: Shift,
}

/// After how many layers some of the rows of a window have done their part; 0 for never.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Depths {
    /// From then on only the first piece of each word goes on.
    pub(super) pooled_after: usize,
    /// Then words may exit: those of no use to others first, in the end all that are no part of a name.
    pub(super) exits_after: Vec<usize>,
    /// From then on nobody looks at words that have exited.
    pub(super) unseen_after: usize,
}

/// What scores are divided by before they become chances.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Temperature {
    pub(super) tags: f32,
    pub(super) polarities: f32,
}

/// What is added to the log odds of a name of each kind, once they are divided by the temperature of the tags.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Shift {
    #[serde(rename = "PER")]
    pub(super) person: f32,
    #[serde(rename = "ORG")]
    pub(super) organisation: f32,
    #[serde(rename = "LOC")]
    pub(super) place: f32,
}

/// How scores become the confidences of names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calibration {
    pub(super) temperature: f32,
    pub(super) shift: Shift,
}

impl Profile {
    pub(super) fn calibration(&self) -> Calibration {
        Calibration { temperature: self.temperature.tags, shift: self.shift }
    }
}

#[derive(Debug, Deserialize)]
struct Entry {
    size: u64,
    sha256: String,
}

#[derive(Debug, Deserialize)]
struct Format {
    format: u32,
}

/// The contents of a model's folder, as far as one profile needs them.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) limits: Limits,
    pub(super) profile: Profile,
    pub(super) identity: String,
    pub(super) table: Vec<u8>,
    pub(super) weights: Vec<u8>,
    pub(super) tokenizer: Vec<u8>,
}

impl Files {
    /// Reads and checks the files in `folder` for `profile`.
    pub(super) fn read(folder: &Path, profile: &str) -> anyhow::Result<Files> {
        let path = folder.join(MANIFEST);
        let shown = path.display();
        let bytes = fs::read(&path).with_context(|| {
            format!("cannot read {shown}; name a folder that holds a model, such as models/newsroom-en")
        })?;
        // The format comes first: the rest of another format's manifest may not even parse.
        let Format { format } = serde_json::from_slice(&bytes)
            .with_context(|| format!("{shown} is not the manifest of a model; install the model again"))?;
        ensure!(
            format == FORMAT,
            "{shown} is of format {format}, this program reads format {FORMAT}; install the model that came with it"
        );
        let manifest: Manifest = serde_json::from_slice(&bytes)
            .with_context(|| format!("{shown} is not a complete manifest; install the model again"))?;
        ensure!(
            manifest.tags == TAGS && manifest.polarities == POLARITIES,
            "{shown} names other labels than this program knows; install the model that came with it"
        );
        manifest.limits.check().with_context(|| format!("{shown} cannot be used"))?;
        let Some(chosen) = manifest.profiles.get(profile) else {
            let known: Vec<_> = manifest.profiles.keys().map(String::as_str).collect();
            bail!("{shown} has no profile {profile:?}; set model.profile to one of: {}", known.join(", "));
        };
        let Temperature { tags, polarities } = chosen.temperature;
        ensure!(
            tags.is_finite() && tags > 0.0 && polarities.is_finite() && polarities > 0.0,
            "{shown} has a temperature that is not above 0; install the model again"
        );
        let Shift { person, organisation, place } = chosen.shift;
        ensure!(
            [person, organisation, place].iter().all(|shift| shift.is_finite()),
            "{shown} has a shift that is not a number; install the model again"
        );

        let read = |name: &str| manifest.file(folder, name);
        Ok(Files {
            identity: format!("{} {} {profile} sha256:{:.12}", manifest.name, manifest.version, digest(&bytes)),
            table: read(PIECES)?,
            weights: read(&chosen.weights)?,
            tokenizer: read(TOKENIZER)?,
            limits: manifest.limits,
            profile: chosen.clone(),
        })
    }
}

impl Manifest {
    /// Reads one of the files and compares it with its entry.
    fn file(&self, folder: &Path, name: &str) -> anyhow::Result<Vec<u8>> {
        let path = folder.join(name);
        let shown = path.display();
        let Some(entry) = self.files.get(name) else {
            bail!("{} does not name {name}; install the model again", folder.join(MANIFEST).display());
        };
        let bytes = fs::read(&path).with_context(|| format!("cannot read {shown}; install the model again"))?;
        let size = bytes.len() as u64;
        ensure!(
            size >= entry.size,
            "{shown} is cut short: it has {size} of {} bytes; install the model again",
            entry.size
        );
        ensure!(
            size == entry.size && digest(&bytes) == entry.sha256,
            "{shown} is not the file that {MANIFEST} names: it is damaged or of another version; install the model again"
        );
        Ok(bytes)
    }
}

/// The SHA-256 of `bytes` in hex.
fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
