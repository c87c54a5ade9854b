//! The program as a user runs it: the real binary, from the outside.

mod annotate;
mod check;
mod dashboards;
mod demo;
mod http;
mod http_limits;
mod mock;
mod notify;
#[cfg(test)]
#[path = "../support/record_check.rs"]
mod record_check;
mod reload;
#[cfg(test)]
mod support;
mod top;
mod traces;
