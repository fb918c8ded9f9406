//! Virtual CPUs and CPU models.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::qmp::command::commands;
use crate::qmp::lenient::lenient_enum;

/// `query-cpus-fast`: the vCPUs, without disturbing them.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct QueryCpusFast;

/// A vCPU.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct CpuInfo {
    /// Its number, from 0.
    #[serde(rename = "cpu-index")]
    pub cpu_index: u64,
    /// Its path in the object tree.
    #[serde(rename = "qom-path", default)]
    pub qom_path: String,
    /// The thread on the host that runs it.
    #[serde(rename = "thread-id")]
    pub thread_id: u64,
    /// Its architecture.
    #[serde(default)]
    pub target: String,
    /// Where it sits.
    #[serde(default)]
    pub props: CpuTopology,
}

/// Where a vCPU sits; a level the machine does not have is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct CpuTopology {
    /// NUMA node.
    pub node_id: Option<u64>,
    /// Socket.
    pub socket_id: Option<u64>,
    /// Die.
    pub die_id: Option<u64>,
    /// Cluster.
    pub cluster_id: Option<u64>,
    /// Core.
    pub core_id: Option<u64>,
    /// Thread.
    pub thread_id: Option<u64>,
}

/// `query-hotpluggable-cpus`: the places for vCPUs.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct QueryHotpluggableCpus;

/// A place for vCPUs.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct HotpluggableCpu {
    /// The device type to plug in.
    #[serde(rename = "type")]
    pub kind: String,
    /// How many vCPUs it brings.
    #[serde(rename = "vcpus-count", default)]
    pub vcpus_count: u64,
    /// The properties that name the place.
    #[serde(default)]
    pub props: CpuTopology,
    /// The path of the vCPU there; `None` for an empty place.
    #[serde(rename = "qom-path")]
    pub qom_path: Option<String>,
}

/// `query-cpu-definitions`: the CPU models.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct QueryCpuDefinitions;

/// A CPU model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct CpuDefinition {
    /// Its name.
    pub name: String,
    /// Whether a guest using it can be migrated.
    #[serde(rename = "migration-safe")]
    pub migration_safe: Option<bool>,
    /// Whether it is the same in every version and on every host.
    #[serde(rename = "static", default)]
    pub is_static: bool,
    /// What keeps it from running here; `None` where the accelerator cannot tell, empty where nothing does.
    #[serde(rename = "unavailable-features")]
    pub unavailable_features: Option<Vec<String>>,
    /// Its type in the object tree.
    #[serde(default)]
    pub typename: String,
    /// The versioned model it stands for.
    #[serde(rename = "alias-of")]
    pub alias_of: Option<String>,
    /// Whether it is to be removed from QEMU.
    #[serde(default)]
    pub deprecated: bool,
}

lenient_enum! {
    /// How far a CPU model is expanded.
    pub enum CpuExpansion {
        /// To a static model and the features it differs in.
        Static = "static",
        /// To every property it has.
        Full = "full",
    }
}

/// A CPU model with properties.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CpuModel {
    /// The model's name.
    pub name: String,
    /// Its properties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub props: Option<serde_json::Map<String, Value>>,
}

/// `query-cpu-model-expansion`: what a model consists of on this machine.
#[derive(Debug, Clone, Serialize)]
pub struct QueryCpuModelExpansion {
    /// How far.
    #[serde(rename = "type")]
    pub kind: CpuExpansion,
    /// The model.
    pub model: CpuModel,
}

/// The reply of [`QueryCpuModelExpansion`].
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct CpuModelExpansion {
    /// The expanded model.
    pub model: CpuModel,
    /// Properties of it that are to be removed from QEMU.
    #[serde(rename = "deprecated-props", default)]
    pub deprecated_props: Vec<String>,
}

commands! {
    QueryCpusFast: "query-cpus-fast" => Vec<CpuInfo>;
    QueryHotpluggableCpus: "query-hotpluggable-cpus" => Vec<HotpluggableCpu>;
    QueryCpuDefinitions: "query-cpu-definitions" => Vec<CpuDefinition>;
    QueryCpuModelExpansion: "query-cpu-model-expansion" => CpuModelExpansion;
}
