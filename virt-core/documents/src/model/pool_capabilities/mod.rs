//! `<storagepoolCapabilities>`: which pools there can be, and in which formats.

use super::pool::{PoolFormat, PoolType};
use super::value::YesNo;
use super::volume::VolumeFormat;
use crate::xml::derived::check_values;
use crate::xml::{Rest, XmlElement, XmlError};

/// `<storagepoolCapabilities>`: which pools there can be, as `virConnectGetStoragePoolCapabilities` tells
/// (libvirt 5.2.0).
#[derive(Clone, Default, XmlElement)]
#[xml(element = "storagepoolCapabilities")]
#[non_exhaustive]
pub struct PoolCapabilities {
    /// Every type of pool.
    #[xml(child = "pool")]
    pub pools: Vec<PoolSupport>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<pool>`: a type of pool.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct PoolSupport {
    /// The type.
    #[xml(attr = "type")]
    pub kind: Option<PoolType>,
    /// Whether there can be such pools.
    #[xml(attr)]
    pub supported: Option<YesNo>,
    /// Formats of the source.
    #[xml(child = "poolOptions")]
    pub pool_options: Option<PoolFormats>,
    /// Formats of volumes.
    #[xml(child = "volOptions")]
    pub volume_options: Option<PoolFormats>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<poolOptions>` and `<volOptions>`: formats.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct PoolFormats {
    /// The one when none is said.
    #[xml(child = "defaultFormat")]
    pub default_format: Option<DefaultFormat>,
    /// All of them: `sourceFormatType` or `targetFormatType`.
    #[xml(child = "enum")]
    pub enums: Vec<PoolEnum>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<defaultFormat>`.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct DefaultFormat {
    /// The format.
    #[xml(attr = "type")]
    pub kind: Option<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

/// `<enum>`: values there can be.
#[derive(Clone, Default, XmlElement)]
#[non_exhaustive]
pub struct PoolEnum {
    /// Of what.
    #[xml(attr)]
    pub name: Option<String>,
    /// The values.
    #[xml(leaf = "value")]
    pub values: Vec<String>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}

impl PoolCapabilities {
    /// What a host tells that can have pools of these types: every type there is, in libvirt's order, with its formats.
    pub fn of(supported: &[PoolType]) -> Self {
        let pools = PoolType::KNOWN.iter().map(|kind| PoolSupport {
            kind: Some(kind.clone()),
            supported: Some(supported.contains(kind).into()),
            pool_options: source_formats(kind),
            volume_options: volume_formats(kind),
            ..PoolSupport::default()
        });
        Self {
            pools: pools.collect(),
            ..Self::default()
        }
    }

    /// Whether there can be pools of that type.
    pub fn supports(&self, kind: &PoolType) -> bool {
        let mut of_kind = self.pools.iter().filter(|pool| pool.kind.as_ref() == Some(kind));
        of_kind.any(|pool| pool.supported == Some(YesNo::Yes))
    }
}

fn source_formats(kind: &PoolType) -> Option<PoolFormats> {
    let formats = kind.formats().iter().map(PoolFormat::as_str);
    kind.default_format().map(|default| {
        listed(
            default.as_str(),
            "sourceFormatType",
            formats.map(str::to_owned).collect(),
        )
    })
}

fn volume_formats(kind: &PoolType) -> Option<PoolFormats> {
    // libvirt does not list those of rbd, though it takes them.
    let formats = match kind {
        PoolType::Rbd => &[],
        kind => kind.volume_formats(),
    };
    let formats = formats.iter().map(VolumeFormat::as_str);
    kind.default_volume_format().map(|default| {
        listed(
            default.as_str(),
            "targetFormatType",
            formats.map(str::to_owned).collect(),
        )
    })
}

fn listed(default: &str, name: &str, values: Vec<String>) -> PoolFormats {
    PoolFormats {
        default_format: Some(DefaultFormat {
            kind: Some(default.to_owned()),
            ..DefaultFormat::default()
        }),
        enums: vec![PoolEnum {
            name: Some(name.to_owned()),
            values,
            ..PoolEnum::default()
        }],
        ..PoolFormats::default()
    }
}

impl PoolCapabilities {
    /// Checks the values: nothing else is asked of what a daemon tells of pools; see [`model`](crate::model#what-validate-checks).
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        check_values(self)
    }
}
