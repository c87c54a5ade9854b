//! What the service tells about itself: logs, metrics, traces, health, and news for the service manager.

pub mod http;
pub mod log;
pub mod metrics;
pub mod notify;
pub mod traces;
