//! What the service tells about itself: logs, metrics, health, news for systemd.

pub mod http;
pub mod log;
pub mod metrics;
pub mod notify;
