//! Datastores on the network: mounted by hosts, and forgotten.

use virt_core::event::StoragePoolChange;
use virt_core::model::pool::{PoolFormat, PoolSource};
use virt_core::model::{PoolConfig, PoolType};
use virt_core::storage::StoragePoolRef;
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::super::EsxDriver;
use super::datastore::Datastore;
use crate::inventory::escaped;
use crate::vim::{
    CreateNasDatastore, HostMountMode, HostNasVolumeSpec, ManagedObjectReference, RemoveDatastore,
};

impl EsxDriver {
    /// Has the host mount a directory of an NFS server: it is there from then on, and in use.
    pub(super) async fn mount(&self, call: &CallContext, config: &PoolConfig) -> Result<StoragePoolRef> {
        self.server.check_may_change()?;
        config.validate()?;
        let name = config.name().unwrap_or_default().to_owned();
        let spec = spec_of(config, &name)?;
        let found = self.datastores(call).await?;
        if found.0.iter().any(|store| store.is_called(&name)) {
            let message = format!("a datastore named {name:?} exists already");
            return Err(
                Error::new(ErrorKind::AlreadyExists, message).with_subject(Subject::StoragePool(name))
            );
        }
        let host = self.only_host(call, None).await?;
        let system = self.manager_of_host(call, &host, "datastoreSystem").await?;
        let create = CreateNasDatastore { this: system, spec };
        let made = self.server.act(call, &create).await?;
        let after = self.datastores(call).await;
        let after = after.map_err(|error| error.with_outcome(Outcome::Applied))?;
        let new = after.0.iter().find(|store| store.reference == made);
        let pool = new.map(Datastore::pool).ok_or_else(|| {
            Error::new(ErrorKind::Failed, "the datastore was made, and is not there")
                .with_outcome(Outcome::Unknown)
        })?;
        self.tell_of_pool(pool.clone(), StoragePoolChange::Defined);
        self.tell_of_pool(pool.clone(), StoragePoolChange::Started);
        Ok(pool)
    }

    /// Has the host forget a datastore on the network; what is in it stays at its server.
    pub(super) async fn unmount(&self, call: &CallContext, pool: &StoragePoolRef) -> Result<()> {
        self.server.check_may_change()?;
        let store = self.datastore(call, pool).await?;
        if store.kind() != PoolType::Netfs {
            return Err(Error::unsupported(
                "a datastore on disks of the host would be destroyed by being forgotten: only those on the network are",
            ));
        }
        let host = self.only_host(call, Some(&store)).await?;
        let remove = RemoveDatastore {
            this: self.manager_of_host(call, &host, "datastoreSystem").await?,
            datastore: store.reference.clone(),
        };
        self.server.act(call, &remove).await?;
        self.tell_of_pool(store.pool(), StoragePoolChange::Stopped);
        self.tell_of_pool(store.pool(), StoragePoolChange::Undefined);
        Ok(())
    }

    /// The host that the connection is about, of those that have a datastore.
    async fn only_host(
        &self,
        call: &CallContext,
        store: Option<&Datastore>,
    ) -> Result<ManagedObjectReference> {
        let hosts = self.objects_of_kind(call, "HostSystem", &["name"]).await?;
        let mut hosts: Vec<ManagedObjectReference> = hosts.into_iter().map(|host| host.obj).collect();
        if let Some(store) = store {
            hosts.retain(|host| store.mounts.iter().any(|mount| mount.key == *host));
        }
        match hosts.as_slice() {
            [host] => Ok(host.clone()),
            [] => Err(Error::new(
                ErrorKind::NotFound,
                "the connection is about no host that could do that",
            )),
            several => {
                let message = format!(
                    "a datastore is mounted host by host, and the connection is about {} of them: name one in the URI",
                    several.len()
                );
                Err(Error::new(ErrorKind::InvalidArgument, message))
            }
        }
    }
}

/// What a host is asked to mount.
fn spec_of(config: &PoolConfig, name: &str) -> Result<HostNasVolumeSpec> {
    if config.kind != PoolType::Netfs {
        let kind = &config.kind;
        return Err(Error::unsupported(format!(
            "a host of ESX is given datastores on the network (netfs), and no {kind} pools: others are made at the host"
        )));
    }
    let wrong = |element: &str, message: String| {
        Error::new(ErrorKind::InvalidConfig, message).with_subject(Subject::Element(element.to_owned()))
    };
    let nothing = PoolSource::default();
    let source = config.source.as_ref().unwrap_or(&nothing);
    refuse_what_is_not_said(config, source)?;
    if config.uuid.is_some() {
        return Err(Error::unsupported(
            "the uuid of a datastore follows from its place on the host, and is not chosen: leave /pool/uuid out",
        ));
    }
    let format = source.format.as_ref().and_then(|format| format.kind.clone());
    let version = source
        .protocol
        .as_ref()
        .and_then(|protocol| protocol.version.clone());
    let type_ = match (format, version.as_deref()) {
        (None | Some(PoolFormat::Auto | PoolFormat::Nfs), None | Some("3")) => "NFS",
        (None | Some(PoolFormat::Auto | PoolFormat::Nfs), Some("4.1")) => "NFS41",
        (None | Some(PoolFormat::Auto | PoolFormat::Nfs), Some(other)) => {
            return Err(Error::unsupported(format!(
                "a host of ESX mounts NFS of version 3 and 4.1, and not {other}"
            )));
        }
        (Some(other), _) => {
            return Err(Error::unsupported(format!(
                "a host of ESX mounts NFS, and no {}",
                other.as_str()
            )));
        }
    };
    let hosts: Vec<String> = source
        .hosts
        .iter()
        .filter_map(|host| host.name.clone().filter(|name| !name.is_empty()))
        .collect();
    let Some(first) = hosts.first() else {
        return Err(wrong(
            "/pool/source/host",
            "a network file system has a server".to_owned(),
        ));
    };
    if hosts.len() > 1 && type_ == "NFS" {
        return Err(Error::unsupported(
            "NFS of version 3 has one server: several addresses need 4.1",
        ));
    }
    let directory = source.dir.as_ref().and_then(|dir| dir.path.clone());
    let directory = directory.filter(|path| path.starts_with('/'));
    let directory = directory.ok_or_else(|| {
        wrong(
            "/pool/source/dir/@path",
            "a network file system has a directory on its server, from / on".to_owned(),
        )
    })?;
    if name.is_empty() || name.len() > LONGEST {
        let message = format!("the name of a datastore has 1 to {LONGEST} bytes");
        return Err(wrong("/pool/name", message));
    }
    Ok(HostNasVolumeSpec {
        remote_host: first.clone(),
        remote_path: directory,
        local_path: escaped(name),
        access_mode: HostMountMode::ReadWrite.as_str().to_owned(),
        type_: Some(type_.to_owned()),
        remote_host_names: if type_ == "NFS" { Vec::new() } else { hosts },
        ..HostNasVolumeSpec::default()
    })
}

/// Refuses what a host cannot be told of a datastore.
fn refuse_what_is_not_said(config: &PoolConfig, source: &PoolSource) -> Result<()> {
    let target = config.target.as_ref();
    let said = [
        ("fs:mount_opts", config.mount_options.is_some()),
        ("rbd:config_opts", config.rbd_options.is_some()),
        ("features", config.features.is_some()),
        ("refresh", config.refresh.is_some()),
        (
            "target/permissions",
            target.is_some_and(|target| target.permissions.is_some()),
        ),
        (
            "source/host/@port",
            source.hosts.iter().any(|host| host.port.is_some()),
        ),
        ("source/device", !source.devices.is_empty()),
        ("source/adapter", source.adapter.is_some()),
        ("source/initiator", source.initiator.is_some()),
        ("source/auth", source.auth.is_some()),
        ("source/name", source.name.is_some()),
    ];
    let Some((element, _)) = said.into_iter().find(|(_, is_said)| *is_said) else {
        return Ok(());
    };
    let message = format!("a host of ESX is not told {element} of a datastore: leave it out");
    Err(Error::unsupported(message).with_subject(Subject::Element(format!("/pool/{element}"))))
}

/// How long the name of a datastore may be, in bytes.
const LONGEST: usize = 42;

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> PoolConfig {
        PoolConfig::from_xml(text).unwrap()
    }

    #[test]
    fn an_export_is_mounted_by_its_name() {
        let text = "<pool type='netfs'><name>images</name><source><host name='filer'/><dir path='/export'/>\
                    <format type='nfs'/></source><target><path>/x</path></target></pool>";
        let spec = spec_of(&config(text), "images").unwrap();
        assert_eq!(
            (
                spec.remote_host.as_str(),
                spec.remote_path.as_str(),
                spec.local_path.as_str()
            ),
            ("filer", "/export", "images")
        );
        assert_eq!(spec.type_.as_deref(), Some("NFS"));
        let newer = text.replace("<format type='nfs'/>", "<protocol ver='4.1'/>");
        let spec = spec_of(&config(&newer), "images").unwrap();
        assert_eq!(spec.type_.as_deref(), Some("NFS41"));
        assert_eq!(spec.remote_host_names, ["filer"]);
    }

    #[test]
    fn what_a_host_does_not_mount_is_refused() {
        let of = |source: &str| {
            let text = format!("<pool type='netfs'><name>a</name><source>{source}</source></pool>");
            spec_of(&config(&text), "a").map(drop).unwrap_err().kind()
        };
        assert_eq!(of("<dir path='/e'/>"), ErrorKind::InvalidConfig);
        assert_eq!(of("<host name='f'/>"), ErrorKind::InvalidConfig);
        let rest = "<host name='f'/><dir path='/e'/>";
        assert_eq!(
            of(&format!("{rest}<format type='cifs'/>")),
            ErrorKind::Unsupported
        );
        assert_eq!(
            of(&format!("{rest}<protocol ver='4.2'/>")),
            ErrorKind::Unsupported
        );
        for source in [
            "<host name='f'/><host name='g'/><dir path='/e'/>",
            "<host name='f' port='2049'/><dir path='/e'/>",
            "<host name='f'/><dir path='/e'/><name>n</name>",
        ] {
            assert_eq!(of(source), ErrorKind::Unsupported, "{source}");
        }
        let dir = config("<pool type='dir'><name>a</name><target><path>/a</path></target></pool>");
        assert_eq!(
            spec_of(&dir, "a").map(drop).unwrap_err().kind(),
            ErrorKind::Unsupported
        );
    }
}
