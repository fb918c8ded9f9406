//! Statistics of KVM and other providers.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::qmp::command::commands;
use crate::qmp::lenient::lenient_enum;

lenient_enum! {
    /// What statistics are of.
    pub enum StatisticsTarget {
        /// The machine.
        Vm = "vm",
        /// Each vCPU.
        Vcpu = "vcpu",
        /// Each crypto device.
        Cryptodev = "cryptodev",
    }
}

/// `query-stats`: figures of the providers (from QEMU 7.1).
#[derive(Debug, Clone, Serialize)]
pub struct QueryStats {
    /// Of what.
    pub target: StatisticsTarget,
    /// Which figures; all where `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub providers: Option<Vec<ProviderRequest>>,
}

/// Which figures of a provider are asked for.
#[derive(Debug, Clone, Serialize)]
pub struct ProviderRequest {
    /// The provider: `kvm`, `cryptodev`.
    pub provider: String,
    /// The names of the figures; all where `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<String>>,
}

/// The figures of one provider for one object.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct StatisticsResult {
    /// The provider.
    #[serde(default)]
    pub provider: String,
    /// The path of the vCPU or device.
    #[serde(rename = "qom-path")]
    pub qom_path: Option<String>,
    /// The figures.
    #[serde(default)]
    pub stats: Vec<Figure>,
}

/// A figure: a number, a truth value or a list of numbers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Figure {
    /// Its name.
    pub name: String,
    /// Its value.
    #[serde(default)]
    pub value: Value,
}

commands! {
    QueryStats: "query-stats" => Vec<StatisticsResult>;
}
