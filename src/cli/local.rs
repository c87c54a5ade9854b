//! Asks the service that runs on this machine, by the HTTP address of its configuration.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context;

use super::{Exit, print};
use crate::config::Config;
use crate::telemetry::http::ORDER;

/// The longest that an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What to ask.
pub(super) enum Request {
    /// A page.
    Get(&'static str),
    /// An order.
    Post(&'static str),
}

/// Prints what the service answers; it is well when the service says so.
pub(super) fn ask(config: &Config, request: &Request) -> anyhow::Result<Exit> {
    let address = from_here(config.http.listen.parse()?);
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).http_status_as_error(false).build().into();
    let (Request::Get(page) | Request::Post(page)) = request;
    let url = format!("http://{address}/{page}");
    let answered = match request {
        Request::Get(_) => agent.get(&url).call(),
        Request::Post(_) => agent.post(&url).header(ORDER, "1").send_empty(),
    };
    let mut answer =
        answered.with_context(|| format!("cannot ask {url}; does the service run here, with this http.listen?"))?;
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
