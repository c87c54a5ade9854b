//! HTTP: `/healthz`, `/readyz`, `/metrics`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::settings::Problem;

/// `[http]`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Address and port that answer `/healthz`, `/readyz` and `/metrics`. Port 0 takes any free one and logs it.
    /// The default is reached from this machine only, since the answers name topics and brokers; in a container
    /// write `0.0.0.0:9464`.
    pub listen: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { listen: "127.0.0.1:9464".into() }
    }
}

impl Settings {
    /// What is wrong with it.
    pub fn problems(&self) -> Vec<Problem> {
        match self.listen.parse::<std::net::SocketAddr>() {
            Ok(_) => Vec::new(),
            Err(_) => vec![Problem::new(
                "http.listen",
                format!("{:?} is no address; write an IP address and a port, as \"127.0.0.1:9464\"", self.listen),
            )],
        }
    }
}
