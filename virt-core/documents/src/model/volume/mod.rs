//! `<volume>`: a volume of a pool.

mod builder;
mod config;
mod format;
mod normalize;
mod target;
mod validate;

pub use builder::VolumeBuilder;
pub use config::{VolumeConfig, VolumeDevice, VolumeExtent, VolumeSource, VolumeType};
pub use format::{VolumeFormat, VolumeTargetFormat};
pub use target::{ClusterSize, Timestamps, VolumeBacking, VolumeFeatures, VolumeTarget};
