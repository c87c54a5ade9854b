//! Copydesk reads raw articles from a Kafka topic, adds what it can say about them (entities, sentiment),
//! and publishes the result, exactly once.
//!
//! # The walk of an article
//!
//! 1. `io::kafka` polls a record and hands it on as a [`message::RawArticle`]: bytes, key, headers, position.
//! 2. `service` counts its bytes against the budget and gives it to a worker.
//! 3. The worker calls `Pipeline::process`: `article` reads the bytes or rejects them, `document`
//!    holds the text, each of the `stages` adds one layer, with scores from the `model`.
//! 4. `record` writes the outcome as [`message::Message`]s: an enriched record, or a dead letter with the reason.
//! 5. The outlet of `service` puts the messages of a partition back in input order and publishes them, together
//!    with the offsets, in one transaction.
//!
//! The delivery wing (`service`, `io`) knows no article; the reading wing (`pipeline` and below) knows no thread
//! and no Kafka. They share [`message`] alone.

pub mod article;
pub mod cli;
pub mod config;
pub mod dead_letter;
pub mod demo;
pub mod document;
pub mod io;
pub mod json;
pub mod knowledge;
pub mod message;
pub mod model;
pub mod pipeline;
pub mod record;
pub mod service;
pub mod settings;
pub mod stage;
pub mod stages;
pub mod telemetry;
pub mod text;
mod view;
