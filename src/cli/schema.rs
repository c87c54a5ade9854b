//! `copydesk schema`

use clap::{Args, ValueEnum};

use super::{Exit, print};

/// Print the JSON Schema of what goes in or of what comes out
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Which
    #[arg(value_enum, default_value_t = Which::Enriched)]
    which: Which,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Which {
    /// A native article
    Article,
    /// An enriched record
    Enriched,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    print(match arguments.which {
        Which::Article => include_str!("../../schemas/article.json"),
        Which::Enriched => include_str!("../../schemas/enriched.json"),
    })
}
