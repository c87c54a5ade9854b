//! `copydesk health`

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Args;

use super::{Exit, print};
use crate::config::Config;

/// Ask the service that runs here how it is: exit status 0 if it lives, 1 if not
///
/// The address is that of its configuration (`http.listen`), so that a health check needs no other program.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Ask whether it is ready for work (/readyz), not only whether it lives (/healthz)
    #[arg(long)]
    ready: bool,
    /// Configuration to use instead of copydesk.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// The longest that an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let config = Config::load(arguments.config.as_deref())?;
    let address = from_here(config.http.listen.parse()?);
    let url = format!("http://{address}/{}", if arguments.ready { "readyz" } else { "healthz" });
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).http_status_as_error(false).build().into();
    let mut answer = agent
        .get(&url)
        .call()
        .with_context(|| format!("cannot ask {url}; does the service run here, with this http.listen?"))?;
    let body = answer.body_mut().read_to_string().with_context(|| format!("{url} gave no whole answer"))?;
    print(&body)?;
    Ok(if answer.status().is_success() { Exit::Done } else { Exit::Failed })
}

/// Where a service that listens on `address` is reached from its own machine.
fn from_here(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    address
}
