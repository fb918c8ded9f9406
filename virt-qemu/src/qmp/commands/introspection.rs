//! What this QEMU can do.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::probe::Schema;
use crate::qmp::command::commands;

/// `query-commands`: the commands this QEMU knows.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct QueryCommands;

/// A thing of which only the name is told.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Named {
    /// The name.
    pub name: String,
}

/// `query-qmp-schema`: the whole interface, some 200 kB.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct QueryQmpSchema;

/// `query-machines`: the machine types.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct QueryMachines;

/// A machine type.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct MachineInfo {
    /// Its name.
    pub name: String,
    /// A shorter name for it.
    pub alias: Option<String>,
    /// Whether it is the default.
    #[serde(rename = "is-default", default)]
    pub is_default: bool,
    /// The most vCPUs it takes.
    #[serde(rename = "cpu-max", default)]
    pub cpu_max: u32,
    /// Whether vCPUs can be plugged in.
    #[serde(rename = "hotpluggable-cpus", default)]
    pub hotpluggable_cpus: bool,
    /// Whether it knows NUMA memory devices.
    #[serde(rename = "numa-mem-supported", default)]
    pub numa_mem_supported: bool,
    /// Whether it is to be removed from QEMU.
    #[serde(default)]
    pub deprecated: bool,
    /// The type of its CPU where none is asked for.
    #[serde(rename = "default-cpu-type")]
    pub default_cpu_type: Option<String>,
    /// The id of its memory object where none is asked for.
    #[serde(rename = "default-ram-id")]
    pub default_ram_id: Option<String>,
    /// Whether ACPI can be turned off (from QEMU 8.0).
    pub acpi: Option<bool>,
    /// Properties that older versions of the type set on devices (from QEMU 9.1, where asked for).
    #[serde(rename = "compat-props", default)]
    pub compat_props: Vec<Value>,
}

/// `query-command-line-options`: the options with parameters.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct QueryCommandLineOptions;

/// A command line option.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct CommandLineOption {
    /// The option, without its dash.
    pub option: String,
    /// Its parameters, as far as QEMU tells.
    #[serde(default)]
    pub parameters: Vec<Named>,
}

/// `qom-list-types`: the types of objects and devices.
#[derive(Debug, Clone, Default, Serialize)]
pub struct QomListTypes {
    /// Only those that are of this type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub implements: Option<String>,
    /// Also those that cannot be created.
    #[serde(rename = "abstract", skip_serializing_if = "Option::is_none")]
    pub include_abstract: Option<bool>,
}

/// A type.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct TypeInfo {
    /// Its name.
    pub name: String,
    /// Whether it cannot be created.
    #[serde(rename = "abstract", default)]
    pub is_abstract: bool,
    /// The type it is a kind of.
    pub parent: Option<String>,
}

/// `device-list-properties`: the properties of a device type.
#[derive(Debug, Clone, Serialize)]
pub struct DeviceListProperties {
    /// The type.
    pub typename: String,
}

/// `qom-list-properties`: the properties of an object type.
#[derive(Debug, Clone, Serialize)]
pub struct QomListProperties {
    /// The type.
    pub typename: String,
}

/// A property.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct PropertyInfo {
    /// Its name.
    pub name: String,
    /// Its type, as text: `bool`, `uint32`, `child<…>`, `link<…>`.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its value where none is set.
    #[serde(rename = "default-value")]
    pub default_value: Option<Value>,
}

commands! {
    QueryCommands: "query-commands" => Vec<Named>;
    QueryQmpSchema: "query-qmp-schema" => Schema;
    QueryMachines: "query-machines" => Vec<MachineInfo>;
    QueryCommandLineOptions: "query-command-line-options" => Vec<CommandLineOption>;
    QomListTypes: "qom-list-types" => Vec<TypeInfo>;
    DeviceListProperties: "device-list-properties" => Vec<PropertyInfo>;
    QomListProperties: "qom-list-properties" => Vec<PropertyInfo>;
}
