//! `<pool>`: where volumes lie; and `<sources>`: what pools can be made of.

mod adapter;
mod builder;
mod config;
mod kind;
mod normalize;
mod options;
mod path;
mod permissions;
mod source;
mod sources;
mod validate;

pub use adapter::{AdapterParent, AdapterType, PoolAdapter};
pub use builder::PoolBuilder;
pub use config::{
    CowFeature, PoolConfig, PoolFeatures, PoolRefresh, PoolTarget, RefreshAllocation, RefreshVolume,
};
pub use kind::{PoolFormat, PoolType};
pub use options::{MountOption, MountOptions, RbdOption, RbdOptions};
pub use permissions::Permissions;
pub use source::{
    FreeExtent, PoolDevice, PoolDirectory, PoolProduct, PoolProtocol, PoolSource, PoolSourceFormat,
    PoolVendor,
};
pub use sources::PoolSources;

pub(crate) use validate::check_permissions;
