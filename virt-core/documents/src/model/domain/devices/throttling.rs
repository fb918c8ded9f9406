//! Limits of disks.

use crate::xml::{Rest, XmlElement};

/// `<iotune>`: limits; 0 or nothing for none.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct IoTune {
    /// Bytes a second, reads and writes.
    #[xml(leaf)]
    pub total_bytes_sec: Option<u64>,
    /// Bytes a second, reads.
    #[xml(leaf)]
    pub read_bytes_sec: Option<u64>,
    /// Bytes a second, writes.
    #[xml(leaf)]
    pub write_bytes_sec: Option<u64>,
    /// Operations a second, reads and writes.
    #[xml(leaf)]
    pub total_iops_sec: Option<u64>,
    /// Operations a second, reads.
    #[xml(leaf)]
    pub read_iops_sec: Option<u64>,
    /// Operations a second, writes.
    #[xml(leaf)]
    pub write_iops_sec: Option<u64>,
    /// Bytes a second in a burst, reads and writes.
    #[xml(leaf)]
    pub total_bytes_sec_max: Option<u64>,
    /// Bytes a second in a burst, reads.
    #[xml(leaf)]
    pub read_bytes_sec_max: Option<u64>,
    /// Bytes a second in a burst, writes.
    #[xml(leaf)]
    pub write_bytes_sec_max: Option<u64>,
    /// Operations a second in a burst, reads and writes.
    #[xml(leaf)]
    pub total_iops_sec_max: Option<u64>,
    /// Operations a second in a burst, reads.
    #[xml(leaf)]
    pub read_iops_sec_max: Option<u64>,
    /// Operations a second in a burst, writes.
    #[xml(leaf)]
    pub write_iops_sec_max: Option<u64>,
    /// Bytes that count as one operation.
    #[xml(leaf)]
    pub size_iops_sec: Option<u64>,
    /// Disks of one group share the limits.
    #[xml(leaf)]
    pub group_name: Option<String>,
    /// How long a burst lasts, in seconds: bytes, reads and writes.
    #[xml(leaf)]
    pub total_bytes_sec_max_length: Option<u64>,
    /// How long a burst lasts, in seconds: bytes, reads.
    #[xml(leaf)]
    pub read_bytes_sec_max_length: Option<u64>,
    /// How long a burst lasts, in seconds: bytes, writes.
    #[xml(leaf)]
    pub write_bytes_sec_max_length: Option<u64>,
    /// How long a burst lasts, in seconds: operations, reads and writes.
    #[xml(leaf)]
    pub total_iops_sec_max_length: Option<u64>,
    /// How long a burst lasts, in seconds: operations, reads.
    #[xml(leaf)]
    pub read_iops_sec_max_length: Option<u64>,
    /// How long a burst lasts, in seconds: operations, writes.
    #[xml(leaf)]
    pub write_iops_sec_max_length: Option<u64>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<throttlefilters>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ThrottleFilters {
    /// The groups, in order.
    #[xml(child = "throttlefilter")]
    pub filters: Vec<ThrottleFilter>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<throttlefilter>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ThrottleFilter {
    /// The group.
    #[xml(attr)]
    pub group: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<throttlegroups>`: limits disks share.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct ThrottleGroups {
    /// The groups, each with a `group_name`.
    #[xml(child = "throttlegroup")]
    pub groups: Vec<IoTune>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
