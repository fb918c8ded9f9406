//! I/O threads.

use serde::{Deserialize, Serialize};

use crate::qmp::command::commands;

/// `query-iothreads`: the I/O threads.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct QueryIothreads;

/// An I/O thread.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct IothreadInfo {
    /// Its id.
    pub id: String,
    /// The thread on the host.
    #[serde(rename = "thread-id")]
    pub thread_id: u64,
    /// How long it polls before it sleeps, in nanoseconds, at most.
    #[serde(rename = "poll-max-ns", default)]
    pub poll_max_ns: u64,
}

commands! {
    QueryIothreads: "query-iothreads" => Vec<IothreadInfo>;
}
