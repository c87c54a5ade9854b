//! The files of knowledge, read again while the service runs.

use std::sync::Arc;

use crate::config::Config;
use crate::knowledge::Knowledge;
use crate::message::Enrich;
use crate::pipeline::Pipeline;
use crate::service::{Enrichment, Status};
use crate::stage::Resources;

/// What is needed to load the files again and put them in force.
pub(super) struct Reload {
    pub(super) config: Config,
    pub(super) resources: Resources,
    /// What measures and traces a pipeline.
    pub(super) around: Box<dyn Fn(Pipeline) -> Arc<dyn Enrich> + Send>,
    pub(super) enrichment: Enrichment,
    pub(super) status: Arc<Status>,
}

impl Reload {
    /// Reads all files again. They come into force together at the next border between two transactions, or none of them
    /// does: where one is broken, those in force stay.
    pub(super) fn again(&mut self) {
        let old = &self.resources.knowledge;
        let knowledge = match Knowledge::load(&self.config.knowledge) {
            Ok(knowledge) if knowledge.identity() == old.identity() => {
                tracing::info!("asked to read the files of knowledge again: none of them has changed");
                return;
            }
            Ok(knowledge) => Arc::new(knowledge),
            Err(problems) => {
                self.status.counters.refusals.add(1);
                for problem in problems {
                    tracing::error!("{problem}");
                }
                tracing::error!(
                    "the files of knowledge are refused, and those in force stay; mend them and send SIGHUP again"
                );
                return;
            }
        };
        let resources = Resources { reader: self.resources.reader.clone(), knowledge };
        match super::pipeline_of(&self.config, &resources) {
            Ok(pipeline) => {
                tell_unheard(old);
                tell(&resources.knowledge);
                self.enrichment.replace((self.around)(pipeline));
                self.resources = resources;
            }
            Err(error) => {
                self.status.counters.refusals.add(1);
                tracing::error!("the files of knowledge are refused, and those in force stay: {error:#}");
            }
        }
    }
}

impl Drop for Reload {
    fn drop(&mut self) {
        tell_unheard(&self.resources.knowledge);
    }
}

/// Says what is loaded, and what an editor should look at.
pub(super) fn tell(knowledge: &Knowledge) {
    if let Some(identity) = knowledge.identity() {
        tracing::info!(identity, "loaded what is known beside the articles: {}", knowledge.summary());
    }
    for warning in knowledge.warnings() {
        tracing::warn!("an override may not do what it should; {warning}");
    }
}

/// Names the overrides that no article has met: a slip in one shows nowhere else.
fn tell_unheard(knowledge: &Knowledge) {
    let unheard = knowledge.overrides().unheard();
    if !unheard.is_empty() {
        tracing::info!("no article has met these since they were loaded: {}", unheard.join(", "));
    }
}
