//! `copydesk check`

use std::path::PathBuf;

use clap::Args;

use super::{Exit, complain, print};
use crate::config::Config;
use crate::io::kafka;
use crate::settings::Problem;

/// Read the configuration, load the model and the files of knowledge; name everything that is wrong, with the key and the mend
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Configuration to use instead of copydesk.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Ask the broker as well: topics, rights, sizes
    #[arg(long)]
    broker: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let (config, mut problems) = Config::inspect(arguments.config.as_deref());
    let source = problems.source.clone();
    let mut well = format!("configuration  {source}\n");
    match super::resources(&config) {
        Ok(resources) => {
            let model = resources.reader.as_ref().map_or("none", |reader| reader.identity());
            well.push_str(&format!("model          {model}\nknowledge      {}\n", resources.knowledge.summary()));
            for warning in resources.knowledge.warnings() {
                well.push_str(&format!("warning        {warning}\n"));
            }
            match super::pipeline_of(&config, &resources) {
                Ok(pipeline) => {
                    let stages: Vec<_> = pipeline.stages().filter(|(_, on)| *on).map(|(name, _)| name).collect();
                    well.push_str(&format!("stages         {}\n", stages.join(", ")));
                }
                Err(error) => problems.found.push(Problem::new("stages", format!("{error:#}"))),
            }
        }
        Err(loading) => problems.found.extend(loading.found),
    }
    if arguments.broker {
        let found = kafka::probe(&config.kafka, config.service.delivery, config.record.max_bytes)
            .unwrap_or_else(|error| vec![Problem::new("kafka.brokers", format!("{error:#}"))]);
        if found.is_empty() {
            well.push_str(&format!("broker         {}\n", config.kafka.brokers));
        }
        problems.found.extend(found);
    }
    if problems.found.is_empty() {
        return print(&format!("{well}no problems\n"));
    }
    complain(&format!("{problems}\n"));
    Ok(Exit::Usage)
}
