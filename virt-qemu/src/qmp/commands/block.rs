//! Disks: the block graph and its statistics.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::qmp::Nothing;
use crate::qmp::command::commands;

/// `query-block`: the disks of the guest.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct QueryBlock;

/// One disk of the guest.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct BlockInfo {
    /// The name of the old-style drive; empty for `-blockdev`.
    #[serde(default)]
    pub device: String,
    /// The id or object path of the device.
    pub qdev: Option<String>,
    /// Whether the medium can be taken out.
    #[serde(default)]
    pub removable: bool,
    /// Whether the guest holds the medium.
    #[serde(default)]
    pub locked: bool,
    /// Whether the tray is open; `None` for a device without tray.
    pub tray_open: Option<bool>,
    /// How an I/O error stopped the guest, `None` where it cannot: `ok`, `failed`, `nospace`.
    #[serde(rename = "io-status")]
    pub io_status: Option<String>,
    /// The medium; `None` for an empty drive.
    pub inserted: Option<BlockNode>,
}

/// `query-named-block-nodes`: all nodes of the block graph.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct QueryNamedBlockNodes {
    /// Leave out the chain of backing images under each node (which takes long with many).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flat: Option<bool>,
}

/// A node of the block graph, or the medium of a drive.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct BlockNode {
    /// The name of the node.
    #[serde(rename = "node-name")]
    pub node_name: Option<String>,
    /// The driver: `qcow2`, `raw`, `file`, …
    #[serde(default)]
    pub drv: String,
    /// The image's file name, or a `json:` description where no file name says it.
    #[serde(default)]
    pub file: String,
    /// Whether it is opened for reading only.
    #[serde(default)]
    pub ro: bool,
    /// The file name of the backing image.
    pub backing_file: Option<String>,
    /// How many backing images lie under it.
    #[serde(default)]
    pub backing_file_depth: u64,
    /// What is known of the image.
    pub image: Option<ImageInfo>,
    /// The threshold for `BLOCK_WRITE_THRESHOLD`, in bytes; 0 is none.
    #[serde(default)]
    pub write_threshold: u64,
}

/// An image as `query-block` and `qemu-img info` tell of it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct ImageInfo {
    /// The file name.
    #[serde(default)]
    pub filename: String,
    /// The format.
    #[serde(default)]
    pub format: String,
    /// The size the guest sees, in bytes.
    #[serde(rename = "virtual-size", default)]
    pub virtual_size: u64,
    /// The space taken on the host, in bytes, where it can be told.
    #[serde(rename = "actual-size")]
    pub actual_size: Option<u64>,
    /// The cluster size in bytes, for formats that have one.
    #[serde(rename = "cluster-size")]
    pub cluster_size: Option<u64>,
    /// Whether it is encrypted.
    pub encrypted: Option<bool>,
    /// Whether it was not closed cleanly.
    #[serde(rename = "dirty-flag")]
    pub dirty: Option<bool>,
    /// What only this format has.
    #[serde(rename = "format-specific")]
    pub format_specific: Option<Value>,
    /// The backing image.
    #[serde(rename = "backing-image")]
    pub backing_image: Option<Box<ImageInfo>>,
}

/// `query-blockstats`: what was read and written since start.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct QueryBlockstats {
    /// All nodes of the block graph instead of the disks of the guest.
    #[serde(rename = "query-nodes", skip_serializing_if = "Option::is_none")]
    pub query_nodes: Option<bool>,
}

/// The statistics of a disk or a node.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct BlockStatistics {
    /// The name of the old-style drive; empty or missing for `-blockdev`.
    #[serde(default)]
    pub device: String,
    /// The id or object path of the device.
    pub qdev: Option<String>,
    /// The node.
    #[serde(rename = "node-name")]
    pub node_name: Option<String>,
    /// The figures.
    #[serde(default)]
    pub stats: BlockFigures,
    /// The node under it that stores the data.
    pub parent: Option<Box<BlockStatistics>>,
    /// The backing image's.
    pub backing: Option<Box<BlockStatistics>>,
}

/// The figures in [`BlockStatistics`], since start. What this QEMU or device does not count is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct BlockFigures {
    /// Bytes read.
    pub rd_bytes: u64,
    /// Bytes written.
    pub wr_bytes: u64,
    /// Bytes discarded.
    pub unmap_bytes: u64,
    /// Reads.
    pub rd_operations: u64,
    /// Writes.
    pub wr_operations: u64,
    /// Flushes.
    pub flush_operations: u64,
    /// Discards.
    pub unmap_operations: u64,
    /// Time spent reading, in nanoseconds.
    pub rd_total_time_ns: u64,
    /// Time spent writing, in nanoseconds.
    pub wr_total_time_ns: u64,
    /// Time spent flushing, in nanoseconds.
    pub flush_total_time_ns: u64,
    /// Time spent discarding, in nanoseconds.
    pub unmap_total_time_ns: u64,
    /// The end of the highest write, in bytes.
    pub wr_highest_offset: u64,
    /// Reads that were merged into others.
    pub rd_merged: u64,
    /// Writes that were merged into others.
    pub wr_merged: u64,
    /// Reads that failed.
    pub failed_rd_operations: u64,
    /// Writes that failed.
    pub failed_wr_operations: u64,
}

/// `blockdev-add`: adds a node. The value is the node's description as `-blockdev` takes it.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct BlockdevAdd(pub Value);

/// `blockdev-del`: removes a node that nothing uses.
#[derive(Debug, Clone, Serialize)]
pub struct BlockdevDel {
    /// The node.
    #[serde(rename = "node-name")]
    pub node_name: String,
}

/// `block_resize`: resizes a disk; the guest sees it at once.
#[derive(Debug, Clone, Serialize)]
pub struct BlockResize {
    /// The node.
    #[serde(rename = "node-name")]
    pub node_name: String,
    /// The size, in bytes.
    pub size: u64,
}

/// `block-set-write-threshold`: asks for `BLOCK_WRITE_THRESHOLD` once a write passes it.
#[derive(Debug, Clone, Serialize)]
pub struct BlockSetWriteThreshold {
    /// The node.
    #[serde(rename = "node-name")]
    pub node_name: String,
    /// The threshold, in bytes; 0 is none.
    #[serde(rename = "write-threshold")]
    pub write_threshold: u64,
}

commands! {
    QueryBlock: "query-block" => Vec<BlockInfo>;
    QueryNamedBlockNodes: "query-named-block-nodes" => Vec<BlockNode>;
    QueryBlockstats: "query-blockstats" => Vec<BlockStatistics>;
    BlockdevAdd: "blockdev-add" => Nothing;
    BlockdevDel: "blockdev-del" => Nothing;
    BlockResize: "block_resize" => Nothing;
    BlockSetWriteThreshold: "block-set-write-threshold" => Nothing;
}
