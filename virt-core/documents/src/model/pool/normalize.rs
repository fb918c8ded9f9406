//! The pool as libvirt gives it back.

use super::adapter::{AdapterParent, AdapterType, PoolAdapter, bare};
use super::config::{CowFeature, PoolConfig, PoolFeatures, PoolRefresh, PoolTarget, RefreshVolume};
use super::kind::{Part, PoolType};
use super::options::{MountOption, MountOptions, RbdOption, RbdOptions};
use super::path::tidy;
use super::permissions::Permissions;
use super::source::{PoolDevice, PoolDirectory, PoolProtocol, PoolSource};
use super::validate::initiator;
use crate::model::complaint::said;
use crate::model::domain::ScaledText;
use crate::model::domain::devices::{AuthSecret, Initiator, InitiatorIqn, SourceAuth, SourceHost};
use crate::model::value::ByteSize;
use crate::xml::{keep_unknown, trimmed};

impl PoolConfig {
    /// The document as libvirt gives it back when the pool was defined by this one: only what a pool of its type has,
    /// defaults said, in libvirt's order and spelling. What this version does not understand is kept in what is.
    ///
    /// Sizes are those of a pool not yet looked at: 0. A UUID is not made up. What is invalid is left as it is: see
    /// [`validate`](Self::validate).
    #[must_use]
    pub fn normalized(&self) -> Self {
        let empty = PoolSource::default();
        let source = self.source.as_ref().unwrap_or(&empty);
        let size = || {
            Some(ScaledText {
                size: Some(ByteSize::ZERO),
                ..ScaledText::default()
            })
        };
        let mut normal = Self {
            kind: self.kind.clone(),
            name: self.name().map(str::to_owned),
            uuid: self.uuid,
            capacity: size(),
            allocation: size(),
            available: size(),
            features: self.normal_features(),
            source: Some(normal_source(self, source)),
            target: self.normal_target(),
            refresh: self.normal_refresh(),
            mount_options: self.normal_mount_options(),
            rbd_options: self.normal_rbd_options(),
            ..Self::default()
        };
        keep_unknown(&mut normal, self);
        normal
    }

    fn normal_features(&self) -> Option<PoolFeatures> {
        let state = self.features.as_ref()?.cow.as_ref()?.state?;
        Some(PoolFeatures {
            cow: Some(CowFeature {
                state: Some(state),
                ..CowFeature::default()
            }),
            ..PoolFeatures::default()
        })
    }

    fn normal_target(&self) -> Option<PoolTarget> {
        if self.kind.is_network() {
            return None;
        }
        let target = self.target.as_ref();
        let path = match self.kind {
            PoolType::Logical => self.source_name().map(|name| format!("/dev/{name}")),
            PoolType::Zfs => self.source_name().map(|name| format!("/dev/zvol/{name}")),
            _ => target
                .and_then(|target| said(target.path.as_ref()))
                .map(str::to_owned),
        };
        let permissions = target.and_then(|target| target.permissions.as_ref());
        Some(PoolTarget {
            path: path.as_deref().map(tidy),
            permissions: permissions.and_then(Permissions::normalized),
            ..PoolTarget::default()
        })
    }

    fn normal_refresh(&self) -> Option<PoolRefresh> {
        let volume = self.refresh.as_ref()?.volume.as_ref()?;
        let allocation = volume.allocation.clone()?;
        let volume = RefreshVolume {
            allocation: Some(allocation),
            ..RefreshVolume::default()
        };
        Some(PoolRefresh {
            volume: Some(volume),
            ..PoolRefresh::default()
        })
    }

    fn normal_mount_options(&self) -> Option<MountOptions> {
        let options = &self.mount_options.as_ref()?.options;
        if options.is_empty() || !matches!(self.kind, PoolType::Fs | PoolType::Netfs) {
            return None;
        }
        let options = options.iter().map(|option| MountOption {
            name: option.name.clone(),
            ..MountOption::default()
        });
        Some(MountOptions {
            options: options.collect(),
            ..MountOptions::default()
        })
    }

    fn normal_rbd_options(&self) -> Option<RbdOptions> {
        let options = &self.rbd_options.as_ref()?.options;
        if options.is_empty() || self.kind != PoolType::Rbd {
            return None;
        }
        let options = options.iter().map(|option| RbdOption {
            name: option.name.clone(),
            value: option.value.clone(),
            ..RbdOption::default()
        });
        Some(RbdOptions {
            options: options.collect(),
            ..RbdOptions::default()
        })
    }
}

impl Permissions {
    /// Without what says nothing; `None` when nothing is left.
    pub(crate) fn normalized(&self) -> Option<Self> {
        let normal = Self {
            mode: self.mode,
            owner: self.owner.filter(|owner| owner.number().is_some()),
            group: self.group.filter(|group| group.number().is_some()),
            label: said(self.label.as_ref()).map(str::to_owned),
            ..Self::default()
        };
        (normal != Self::default()).then_some(normal)
    }
}

fn normal_source(pool: &PoolConfig, source: &PoolSource) -> PoolSource {
    let kind = &pool.kind;
    let has = |part| kind.has(part);
    let format = source.format.as_ref().and_then(|format| format.kind.clone());
    let format = format.filter(|format| !format.as_str().is_empty());
    let version = source
        .protocol
        .as_ref()
        .and_then(|protocol| said(protocol.version.as_ref()));
    let vendor = source
        .vendor
        .as_ref()
        .and_then(|vendor| said(vendor.name.as_ref()));
    let product = source
        .product
        .as_ref()
        .and_then(|product| said(product.name.as_ref()));
    PoolSource {
        hosts: kept(has(Part::Host), &source.hosts, normal_host),
        devices: kept(has(Part::Device), &source.devices, |device| PoolDevice {
            path: device.path.clone(),
            part_separator: device.part_separator,
            ..PoolDevice::default()
        }),
        dir: has(Part::Directory)
            .then(|| normal_directory(kind, source))
            .flatten(),
        adapter: source
            .adapter
            .as_ref()
            .filter(|_| has(Part::Adapter))
            .map(normal_adapter),
        name: pool.source_name().map(str::to_owned),
        initiator: initiator(source)
            .filter(|_| has(Part::Initiator))
            .map(normal_initiator),
        format: kind
            .default_format()
            .map(|default| format.unwrap_or(default).into()),
        auth: source.auth.as_ref().map(normal_auth),
        protocol: version.map(|version| PoolProtocol {
            version: Some(version.to_owned()),
            ..PoolProtocol::default()
        }),
        vendor: vendor.map(Into::into),
        product: product.map(Into::into),
        ..PoolSource::default()
    }
}

fn kept<T>(there: bool, items: &[T], normal: fn(&T) -> T) -> Vec<T> {
    if there {
        items.iter().map(normal).collect()
    } else {
        Vec::new()
    }
}

fn normal_host(host: &SourceHost) -> SourceHost {
    let number = host
        .port
        .as_ref()
        .and_then(|port| trimmed(port).parse::<i32>().ok());
    let port = match number {
        Some(0) => None,
        Some(number) => Some(number.to_string()),
        None => host.port.clone(),
    };
    SourceHost {
        name: host.name.clone(),
        port,
        ..SourceHost::default()
    }
}

fn normal_directory(kind: &PoolType, source: &PoolSource) -> Option<PoolDirectory> {
    let path = source.dir.as_ref().and_then(|dir| said(dir.path.as_ref()));
    match path {
        Some(path) => Some(tidy(path).as_str().into()),
        None if *kind == PoolType::Gluster => Some("/".into()),
        None => None,
    }
}

fn normal_adapter(adapter: &PoolAdapter) -> PoolAdapter {
    match &adapter.kind {
        Some(AdapterType::FcHost) => PoolAdapter {
            name: None,
            parentaddr: None,
            ..adapter.clone()
        },
        kind => PoolAdapter {
            kind: kind.clone().or(Some(AdapterType::ScsiHost)),
            name: adapter.name.clone(),
            parentaddr: adapter
                .parentaddr
                .as_ref()
                .filter(|_| adapter.name.is_none())
                .map(|parent| AdapterParent {
                    unique_id: parent.unique_id,
                    address: parent.place().map(bare).or_else(|| parent.address.clone()),
                    ..AdapterParent::default()
                }),
            ..PoolAdapter::default()
        },
    }
}

fn normal_initiator(name: &str) -> Initiator {
    Initiator {
        iqn: Some(InitiatorIqn {
            name: Some(name.to_owned()),
            ..InitiatorIqn::default()
        }),
        ..Initiator::default()
    }
}

fn normal_auth(auth: &SourceAuth) -> SourceAuth {
    SourceAuth {
        kind: auth.kind.clone(),
        username: auth.username.clone(),
        secret: auth.secret.as_ref().map(|secret| AuthSecret {
            kind: secret.kind.clone(),
            uuid: secret.uuid,
            usage: secret.usage.clone(),
            ..AuthSecret::default()
        }),
        ..SourceAuth::default()
    }
}
