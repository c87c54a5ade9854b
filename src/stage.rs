//! What a stage is, for who writes one ([`Stage`]) and for who runs them ([`Entry`], [`Slot`]).

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::article::Status;
use crate::document::{Document, Layer};
use crate::knowledge::Knowledge;
use crate::stages::encoder::Reader;

/// One enrichment: reads a document and returns its own layer. It keeps no state between articles and knows no
/// clock, network or randomness; the same document always gets the same layer.
pub trait Stage: Send + Sync + Sized + 'static {
    /// Name in the record, the configuration, the metrics; name of its file and of its spec in `tests/stages`.
    const NAME: &'static str;
    /// Changes whenever the same document may get another layer.
    const VERSION: &'static str;
    /// Stages whose layers it reads; it is skipped where one of them is missing.
    const REQUIRES: &'static [&'static str];
    /// Its section of the configuration, `[stages.<NAME>]`.
    type Settings: Switched;
    /// What it returns.
    type Output: Layer;

    /// Prepares it, once, before the first article.
    fn load(settings: &Self::Settings, resources: &Resources) -> anyhow::Result<Self>;

    /// Why it does not fit this document, if it does not. Unless a stage says otherwise, it reads news that may be
    /// published: nothing of a canceled article, nothing of a message to editors.
    fn unfit(&self, document: &Document) -> Option<String> {
        no_news(document)
    }

    /// Its layer for a document that has every layer of `REQUIRES`.
    fn annotate(&self, document: &Document) -> anyhow::Result<Self::Output>;
}

/// The settings of a stage, which may switch it off.
pub trait Switched {
    /// Whether the stage shall run at all.
    fn enabled(&self) -> bool;
}

/// The settings of a stage that can be switched off, and nothing else.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Switch {
    /// Whether this layer is added.
    pub enabled: bool,
}

impl Default for Switch {
    fn default() -> Self {
        Self { enabled: true }
    }
}

impl Switched for Switch {
    fn enabled(&self) -> bool {
        self.enabled
    }
}

/// A stage without a switch.
impl Switched for () {
    fn enabled(&self) -> bool {
        true
    }
}

/// What stages share, loaded once.
#[derive(Default)]
pub struct Resources {
    /// The model, if any enabled stage needs it.
    pub reader: Option<Arc<dyn Reader>>,
    /// Who and what there is, as far as the configuration names files of it.
    pub knowledge: Arc<Knowledge>,
}

/// A stage in the list of stages, with its settings.
pub struct Entry<'a> {
    /// [`Stage::NAME`].
    pub name: &'static str,
    /// [`Stage::VERSION`].
    pub version: &'static str,
    /// [`Stage::REQUIRES`].
    pub requires: &'static [&'static str],
    /// Whether it shall run.
    pub enabled: bool,
    load: Load<'a>,
}

/// Loads a stage whose settings are known.
type Load<'a> = Box<dyn FnOnce(&Resources) -> anyhow::Result<Box<dyn AnyStage>> + 'a>;

impl<'a> Entry<'a> {
    /// The entry of a stage.
    pub fn of<S: Stage>(settings: &'a S::Settings) -> Self {
        Self {
            name: S::NAME,
            version: S::VERSION,
            requires: S::REQUIRES,
            enabled: settings.enabled(),
            load: Box::new(move |resources| Ok(Box::new(S::load(settings, resources)?))),
        }
    }

    /// Loads the stage if it shall run.
    ///
    /// # Errors
    /// If it cannot be loaded.
    pub fn load(self, resources: &Resources) -> anyhow::Result<Slot> {
        let stage = if self.enabled { Some((self.load)(resources)?) } else { None };
        Ok(Slot { name: self.name, version: self.version, requires: self.requires, stage })
    }
}

/// A stage as the pipeline runs it; without a stage inside, it is off.
pub struct Slot {
    /// [`Stage::NAME`].
    pub name: &'static str,
    /// [`Stage::VERSION`].
    pub version: &'static str,
    /// [`Stage::REQUIRES`].
    pub requires: &'static [&'static str],
    /// The stage, unless it is off.
    pub stage: Option<Box<dyn AnyStage>>,
}

/// A [`Stage`] whose types are no longer named.
pub trait AnyStage: Send + Sync {
    /// [`Stage::unfit`].
    fn unfit(&self, document: &Document) -> Option<String>;
    /// [`Stage::annotate`].
    fn annotate(&self, document: &Document) -> anyhow::Result<Box<dyn Layer>>;
}

impl<S: Stage> AnyStage for S {
    fn unfit(&self, document: &Document) -> Option<String> {
        Stage::unfit(self, document)
    }

    fn annotate(&self, document: &Document) -> anyhow::Result<Box<dyn Layer>> {
        Ok(Box::new(Stage::annotate(self, document)?))
    }
}

/// Why a document holds no news to enrich, if it holds none.
pub fn no_news(document: &Document) -> Option<String> {
    let article = document.article();
    if article.status == Status::Canceled {
        return Some("the article is canceled".to_owned());
    }
    (!article.is_story()).then(|| "the article is a message to editors".to_owned())
}
