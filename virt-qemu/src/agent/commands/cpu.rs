//! Processors as the guest uses them.

use serde::{Deserialize, Serialize};

use crate::agent::command::agent_commands;

/// `guest-get-vcpus`: the processors.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GuestGetVcpus;

/// A processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vcpu {
    /// Its number in the guest.
    #[serde(rename = "logical-id")]
    pub logical_id: u64,
    /// Whether the guest uses it.
    pub online: bool,
    /// Whether it can be taken out of use; not sent.
    #[serde(rename = "can-offline", skip_serializing)]
    pub can_offline: Option<bool>,
}

/// `guest-set-vcpus`: takes processors in and out of use, one after the other; gives how many were done before the first
/// that failed, of which a second call with the rest tells the error.
#[derive(Debug, Clone, Serialize)]
pub struct GuestSetVcpus {
    /// The processors.
    pub vcpus: Vec<Vcpu>,
}

agent_commands! {
    GuestGetVcpus: "guest-get-vcpus" => Vec<Vcpu>;
    GuestSetVcpus: "guest-set-vcpus" => u64;
}
