//! How a connection behaves.

use std::time::Duration;

/// How a connection behaves.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RpcOptions {
    /// How many calls are in flight at most. Default 4: a daemon takes 5 from each client
    /// (`max_client_requests`), and pings come out of the same five. One place of them is left to calls that wait for no
    /// guest, where there is more than one.
    pub calls_in_flight: usize,
    /// How many events a receiver may fall behind before it loses some. Default 1,024.
    pub event_capacity: usize,
    /// How long the connection waits for the reader of a stream that is far behind and reads nothing. Default 10 s.
    pub patience: Duration,
    /// What the connection is called in traces: its URI as a rule.
    pub label: String,
}

impl Default for RpcOptions {
    fn default() -> Self {
        Self {
            calls_in_flight: 4,
            event_capacity: 1024,
            patience: Duration::from_secs(10),
            label: String::new(),
        }
    }
}

impl RpcOptions {
    /// The defaults, with this name in traces.
    #[must_use]
    pub fn labelled(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            ..Self::default()
        }
    }

    /// Sets how many calls are in flight at most; at least 1.
    #[must_use]
    pub fn with_calls_in_flight(mut self, calls: usize) -> Self {
        self.calls_in_flight = calls.max(1);
        self
    }

    /// Sets how many events a receiver may fall behind; at least 1.
    #[must_use]
    pub fn with_event_capacity(mut self, events: usize) -> Self {
        self.event_capacity = events.max(1);
        self
    }

    /// Sets how long the connection waits for the reader of a stream.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}
