//! A pool written down in Rust.

use uuid::Uuid;

use super::adapter::PoolAdapter;
use super::config::{CowFeature, PoolConfig, PoolFeatures, PoolRefresh, RefreshAllocation, RefreshVolume};
use super::kind::{PoolFormat, PoolType};
use super::options::{MountOption, RbdOption};
use super::permissions::Permissions;
use super::source::{PoolDevice, PoolProtocol};
use crate::model::domain::devices::{AuthSecret, Initiator, InitiatorIqn, SourceAuth, SourceHost};
use crate::model::value::YesNo;
use crate::xml::XmlError;

/// Builds a [`PoolConfig`] step by step; [`build`](Self::build) checks it.
///
/// For most pools there is a shorter beginning: [`PoolConfig::dir`], [`PoolConfig::logical`], [`PoolConfig::rbd`] …
#[derive(Debug, Clone)]
#[must_use]
pub struct PoolBuilder {
    config: PoolConfig,
}

impl PoolConfig {
    /// A directory of the host.
    pub fn dir(name: impl Into<String>, path: impl Into<String>) -> PoolBuilder {
        Self::builder(name, PoolType::Dir).target(path)
    }

    /// The file system on `device`, mounted at `path`.
    pub fn fs(name: impl Into<String>, device: impl AsRef<str>, path: impl Into<String>) -> PoolBuilder {
        Self::builder(name, PoolType::Fs).device(device).target(path)
    }

    /// The directory `dir` of the server `host`, mounted at `path`.
    pub fn netfs(
        name: impl Into<String>,
        host: impl Into<String>,
        dir: impl AsRef<str>,
        path: impl Into<String>,
    ) -> PoolBuilder {
        Self::builder(name, PoolType::Netfs)
            .host(host)
            .source_dir(dir)
            .target(path)
    }

    /// The LVM volume group of that name.
    pub fn logical(name: impl Into<String>) -> PoolBuilder {
        Self::builder(name, PoolType::Logical)
    }

    /// The disk `device` of the host, its partitions being volumes.
    pub fn disk(name: impl Into<String>, device: impl AsRef<str>) -> PoolBuilder {
        Self::builder(name, PoolType::Disk).device(device).target("/dev")
    }

    /// The iSCSI target `target` of the server `host`.
    pub fn iscsi(name: impl Into<String>, host: impl Into<String>, target: impl AsRef<str>) -> PoolBuilder {
        Self::builder(name, PoolType::Iscsi)
            .host(host)
            .device(target)
            .target("/dev/disk/by-path")
    }

    /// The iSCSI target `target` of the server `host`, used under the name `initiator` without the host's block layer.
    pub fn iscsi_direct(
        name: impl Into<String>,
        host: impl Into<String>,
        target: impl AsRef<str>,
        initiator: impl Into<String>,
    ) -> PoolBuilder {
        Self::builder(name, PoolType::IscsiDirect)
            .host(host)
            .device(target)
            .initiator(initiator)
    }

    /// The units behind a SCSI adapter.
    pub fn scsi(name: impl Into<String>, adapter: PoolAdapter) -> PoolBuilder {
        Self::builder(name, PoolType::Scsi)
            .adapter(adapter)
            .target("/dev/disk/by-path")
    }

    /// The multipath devices of the host.
    pub fn mpath(name: impl Into<String>) -> PoolBuilder {
        Self::builder(name, PoolType::Mpath).target("/dev/mapper")
    }

    /// The RADOS pool `pool`, known by the monitor `host`.
    pub fn rbd(name: impl Into<String>, host: impl Into<String>, pool: impl Into<String>) -> PoolBuilder {
        Self::builder(name, PoolType::Rbd).host(host).source_name(pool)
    }

    /// The Sheepdog cluster `cluster`, reached at `host`.
    pub fn sheepdog(
        name: impl Into<String>,
        host: impl Into<String>,
        cluster: impl Into<String>,
    ) -> PoolBuilder {
        Self::builder(name, PoolType::Sheepdog)
            .host(host)
            .source_name(cluster)
    }

    /// The Gluster volume `volume` of the server `host`.
    pub fn gluster(
        name: impl Into<String>,
        host: impl Into<String>,
        volume: impl Into<String>,
    ) -> PoolBuilder {
        Self::builder(name, PoolType::Gluster)
            .host(host)
            .source_name(volume)
            .source_dir("/")
    }

    /// The ZFS pool, or the file system in one, `zpool`.
    pub fn zfs(name: impl Into<String>, zpool: impl Into<String>) -> PoolBuilder {
        Self::builder(name, PoolType::Zfs).source_name(zpool)
    }

    /// The Virtuozzo cluster `cluster`, mounted at `path`.
    pub fn vstorage(
        name: impl Into<String>,
        cluster: impl Into<String>,
        path: impl Into<String>,
    ) -> PoolBuilder {
        Self::builder(name, PoolType::Vstorage)
            .source_name(cluster)
            .target(path)
    }
}

impl PoolBuilder {
    pub(super) fn new(name: String, kind: PoolType) -> Self {
        let config = PoolConfig {
            kind,
            name: Some(name),
            ..PoolConfig::default()
        };
        Self { config }
    }

    /// The UUID; chosen at define unless said.
    pub fn uuid(mut self, uuid: Uuid) -> Self {
        self.config.uuid = Some(uuid);
        self
    }

    /// One more server, at the port of its protocol.
    pub fn host(mut self, name: impl Into<String>) -> Self {
        self.config.source_mut().hosts.push(SourceHost {
            name: Some(name.into()),
            ..SourceHost::default()
        });
        self
    }

    /// One more server, at `port`.
    pub fn host_at(mut self, name: impl Into<String>, port: u16) -> Self {
        self.config.source_mut().hosts.push(SourceHost {
            name: Some(name.into()),
            port: Some(port.to_string()),
            ..SourceHost::default()
        });
        self
    }

    /// One more block device of the host, or the name of the iSCSI target.
    pub fn device(mut self, path: impl AsRef<str>) -> Self {
        let device = PoolDevice::from(path.as_ref());
        self.config.source_mut().devices.push(device);
        self
    }

    /// The directory on the server, or in the volume.
    pub fn source_dir(mut self, path: impl AsRef<str>) -> Self {
        self.config.source_mut().dir = Some(path.as_ref().into());
        self
    }

    /// The name of the group, pool, volume or cluster, when it is not that of the pool.
    pub fn source_name(mut self, name: impl Into<String>) -> Self {
        self.config.source_mut().name = Some(name.into());
        self
    }

    /// The format of the source.
    pub fn format(mut self, format: PoolFormat) -> Self {
        self.config.source_mut().format = Some(format.into());
        self
    }

    /// scsi: the adapter.
    pub fn adapter(mut self, adapter: PoolAdapter) -> Self {
        self.config.source_mut().adapter = Some(adapter);
        self
    }

    /// iscsi, iscsi-direct: our name.
    pub fn initiator(mut self, name: impl Into<String>) -> Self {
        self.config.source_mut().initiator = Some(Initiator {
            iqn: Some(InitiatorIqn {
                name: Some(name.into()),
                ..InitiatorIqn::default()
            }),
            ..Initiator::default()
        });
        self
    }

    /// Who we are: `user`, with the password in the secret object `secret`.
    pub fn auth(mut self, user: impl Into<String>, secret: Uuid) -> Self {
        let kind = match self.config.kind {
            PoolType::Rbd => "ceph",
            _ => "chap",
        };
        self.config.source_mut().auth = Some(SourceAuth {
            kind: Some(kind.to_owned()),
            username: Some(user.into()),
            secret: Some(AuthSecret {
                uuid: Some(secret),
                ..AuthSecret::default()
            }),
            ..SourceAuth::default()
        });
        self
    }

    /// netfs: the version of NFS, as `4.1`.
    pub fn protocol_version(mut self, version: impl Into<String>) -> Self {
        self.config.source_mut().protocol = Some(PoolProtocol {
            version: Some(version.into()),
            ..PoolProtocol::default()
        });
        self
    }

    /// Where it lies on the host.
    pub fn target(mut self, path: impl Into<String>) -> Self {
        self.config.target_mut().path = Some(path.into());
        self
    }

    /// Who may do what with the directory when it is built.
    pub fn permissions(mut self, permissions: Permissions) -> Self {
        self.config.target_mut().permissions = Some(permissions);
        self
    }

    /// dir, fs: whether the file system copies on write.
    pub fn cow(mut self, state: YesNo) -> Self {
        self.config.features = Some(PoolFeatures {
            cow: Some(CowFeature {
                state: Some(state),
                ..CowFeature::default()
            }),
            ..PoolFeatures::default()
        });
        self
    }

    /// How much of a volume counts as allocated when the pool is refreshed.
    pub fn refresh_allocation(mut self, allocation: RefreshAllocation) -> Self {
        self.config.refresh = Some(PoolRefresh {
            volume: Some(RefreshVolume {
                allocation: Some(allocation),
                ..RefreshVolume::default()
            }),
            ..PoolRefresh::default()
        });
        self
    }

    /// fs, netfs: one more option of the mount, as it is.
    pub fn mount_option(mut self, name: impl AsRef<str>) -> Self {
        let options = self.config.mount_options.get_or_insert_default();
        options.options.push(MountOption::from(name.as_ref()));
        self
    }

    /// rbd: one more option of librados, as it is.
    pub fn rbd_option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let options = self.config.rbd_options.get_or_insert_default();
        options.options.push(RbdOption::new(name, value));
        self
    }

    /// Changes what the steps above do not reach.
    pub fn with(mut self, change: impl FnOnce(&mut PoolConfig)) -> Self {
        change(&mut self.config);
        self
    }

    /// The pool, checked by [`PoolConfig::validate`].
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path.
    pub fn build(self) -> Result<PoolConfig, XmlError> {
        self.config.validate()?;
        Ok(self.config)
    }
}
