//! What the service tells about itself: logs, metrics, health.

pub mod http;
pub mod log;
pub mod metrics;
