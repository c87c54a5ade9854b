//! From bytes to records: forms, segments, stages, offsets.

#[path = "reading/plain.rs"]
mod plain;
#[path = "support/record_check.rs"]
mod record_check;
#[path = "reading/support.rs"]
mod support;
