//! From bytes to records: forms, segments, stages, offsets.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

#[path = "reading/bad_input.rs"]
mod bad_input;
#[path = "reading/feed.rs"]
mod feed;
#[path = "reading/golden.rs"]
mod golden;
#[path = "reading/native.rs"]
mod native;
#[path = "reading/offsets.rs"]
mod offsets;
#[path = "reading/pipeline.rs"]
mod pipeline;
#[path = "reading/plain.rs"]
mod plain;
#[path = "reading/record.rs"]
mod record;
#[path = "support/record_check.rs"]
mod record_check;
#[path = "reading/schema.rs"]
mod schema;
#[path = "reading/specs.rs"]
mod specs;
#[path = "reading/support.rs"]
mod support;
#[path = "reading/twin.rs"]
mod twin;
