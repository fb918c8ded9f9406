//! What libvirt's parser checks of a pool, whatever the driver.

use super::adapter::{AdapterType, PoolAdapter};
use super::config::{PoolConfig, RefreshAllocation};
use super::kind::{Part, PoolType};
use super::permissions::Permissions;
use super::source::{PoolSource, PoolSourceFormat};
use crate::model::access_rules::check_login;
use crate::model::complaint::{missing, one_of, said, unknown, wrong};
use crate::model::domain::devices::SourceAuth;
use crate::model::value::is_world_wide_name;
use crate::xml::derived::check_said_values;
use crate::xml::{XmlError, trimmed};

impl PoolConfig {
    /// Checks what holds for every driver: a known type; a name without `/` and line breaks; the parts of the source
    /// its type needs, and that they fit together; a target where there is to be one; formats, permissions and
    /// options.
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        self.check().map_err(|error| error.within("/pool"))?;
        check_said_values(self)
    }

    fn check(&self) -> Result<(), XmlError> {
        if let PoolType::Unknown(kind) = &self.kind {
            let expected = one_of(
                "a type of pool",
                &mut PoolType::KNOWN.iter().map(PoolType::as_str),
            );
            return Err(unknown("@type", &self.rest, kind, expected));
        }
        let empty = PoolSource::default();
        let source = self.source.as_ref().unwrap_or(&empty);
        if self.source.is_some() {
            check_source(&self.kind, source).map_err(|error| error.within("source"))?;
        }
        self.check_name()?;
        self.check_features()?;
        self.check_parts(source)?;
        self.check_target()?;
        self.check_refresh()?;
        self.check_options()
    }

    fn check_name(&self) -> Result<(), XmlError> {
        let Some(name) = self.name() else {
            return Err(missing("name", &self.rest, "the name of the pool"));
        };
        let sentence = if name.contains('/') {
            format!("the name '{name}' has a '/'")
        } else if name.contains('\n') {
            "the name has a line break".to_owned()
        } else {
            return Ok(());
        };
        Err(wrong("name", &self.rest, sentence))
    }

    fn check_features(&self) -> Result<(), XmlError> {
        let cow = self.features.as_ref().and_then(|features| features.cow.as_ref());
        match cow {
            Some(cow) if cow.state.is_some() && !matches!(self.kind, PoolType::Dir | PoolType::Fs) => {
                let sentence = format!("only dir and fs pools say 'cow', not {} pools", self.kind);
                Err(wrong("features/cow", &cow.rest, sentence))
            }
            _ => Ok(()),
        }
    }

    /// Whether all parts are there that a pool of this type is made of.
    fn check_parts(&self, source: &PoolSource) -> Result<(), XmlError> {
        let rest = self.source.as_ref().map_or(&self.rest, |source| &source.rest);
        let lacks = |path: &str, what: &str| {
            let what = format!("{what} of a pool of type {}", self.kind);
            Err(missing(&format!("source/{path}"), rest, what))
        };
        let directory = source.dir.as_ref().and_then(|dir| said(dir.path.as_ref()));
        if self.kind.has(Part::Host) && source.hosts.is_empty() {
            return lacks("host", "the server");
        }
        if self.kind == PoolType::Netfs && directory.is_none() {
            return lacks("dir/@path", "the directory on the server");
        }
        if self.kind == PoolType::Rbd && said(source.name.as_ref()).is_none() && self.source.is_some() {
            return lacks("name", "the name of the RADOS pool");
        }
        if self.kind.has(Part::Adapter) {
            let Some(adapter) = &source.adapter else {
                return lacks("adapter", "the adapter");
            };
            check_adapter(adapter).map_err(|error| error.within("source/adapter"))?;
        }
        if self.kind.parts() == [Part::Device] && source.devices.is_empty() {
            return lacks("device", "the device");
        }
        if self.kind == PoolType::IscsiDirect && initiator(source).is_none() {
            return lacks("initiator/iqn/@name", "our own name");
        }
        Ok(())
    }

    fn check_target(&self) -> Result<(), XmlError> {
        if self.kind.is_network() {
            return Ok(());
        }
        let target = self.target.as_ref();
        let path = target.and_then(|target| said(target.path.as_ref()));
        if path.is_none() && !matches!(self.kind, PoolType::Logical | PoolType::Zfs) {
            let rest = target.map_or(&self.rest, |target| &target.rest);
            return Err(missing("target/path", rest, "the path of the pool on the host"));
        }
        match target.and_then(|target| target.permissions.as_ref()) {
            Some(permissions) => {
                check_permissions(permissions).map_err(|error| error.within("target/permissions"))
            }
            None => Ok(()),
        }
    }

    fn check_refresh(&self) -> Result<(), XmlError> {
        let volume = self.refresh.as_ref().and_then(|refresh| refresh.volume.as_ref());
        let Some(volume) = volume else { return Ok(()) };
        match &volume.allocation {
            Some(RefreshAllocation::Unknown(word)) if !word.is_empty() => {
                let path = "refresh/volume/@allocation";
                Err(unknown(path, &volume.rest, word, "'default' or 'capacity'"))
            }
            _ => Ok(()),
        }
    }

    fn check_options(&self) -> Result<(), XmlError> {
        if let Some(options) = &self.mount_options
            && matches!(self.kind, PoolType::Fs | PoolType::Netfs)
        {
            for (index, option) in options.options.iter().enumerate() {
                let path = format!("fs:mount_opts/fs:option[{}]/@name", index + 1);
                if said(option.name.as_ref()).is_none() {
                    return Err(missing(&path, &option.rest, "the option of the mount"));
                }
            }
        }
        if let Some(options) = &self.rbd_options
            && self.kind == PoolType::Rbd
        {
            for (index, option) in options.options.iter().enumerate() {
                let path = format!("rbd:config_opts/rbd:option[{}]", index + 1);
                if said(option.name.as_ref()).is_none() {
                    let path = format!("{path}/@name");
                    return Err(missing(&path, &option.rest, "the name of the option"));
                }
                if said(option.value.as_ref()).is_none() {
                    let path = format!("{path}/@value");
                    return Err(missing(&path, &option.rest, "the value of the option"));
                }
            }
        }
        Ok(())
    }
}

/// Our own name towards an iSCSI target.
pub(super) fn initiator(source: &PoolSource) -> Option<&str> {
    let iqn = source.initiator.as_ref()?.iqn.as_ref()?;
    said(iqn.name.as_ref())
}

/// What holds for a source by itself, whether or not its pool needs it.
fn check_source(kind: &PoolType, source: &PoolSource) -> Result<(), XmlError> {
    for (index, host) in source.hosts.iter().enumerate() {
        let path = format!("host[{}]", index + 1);
        if host.name.is_none() {
            let path = format!("{path}/@name");
            return Err(missing(&path, &host.rest, "the name of the server"));
        }
        if let Some(port) = &host.port
            && trimmed(port).parse::<i32>().is_err()
        {
            return Err(unknown(&format!("{path}/@port"), &host.rest, port, "a port"));
        }
    }
    for (index, device) in source.devices.iter().enumerate() {
        if device.path.is_none() {
            let path = format!("device[{}]/@path", index + 1);
            return Err(missing(&path, &device.rest, "the path of the device"));
        }
    }
    if let Some(format) = &source.format {
        check_format(kind, format)?;
    }
    if let Some(adapter) = &source.adapter {
        check_adapter_form(adapter).map_err(|error| error.within("adapter"))?;
    }
    if let Some(auth) = &source.auth {
        check_auth(auth).map_err(|error| error.within("auth"))?;
    }
    check_protocol(kind, source)
}

fn check_format(kind: &PoolType, format: &PoolSourceFormat) -> Result<(), XmlError> {
    let formats = kind.formats();
    match &format.kind {
        Some(found) if !formats.is_empty() && !found.as_str().is_empty() && !formats.contains(found) => {
            let names = &mut formats.iter().map(|format| format.as_str());
            let expected = one_of(&format!("a format of {kind} pools"), names);
            Err(unknown("format/@type", &format.rest, found.as_str(), expected))
        }
        _ => Ok(()),
    }
}

fn check_protocol(kind: &PoolType, source: &PoolSource) -> Result<(), XmlError> {
    let Some(protocol) = &source.protocol else {
        return Ok(());
    };
    let Some(version) = said(protocol.version.as_ref()) else {
        return Ok(());
    };
    let path = "protocol/@ver";
    // The formats that take a version are the first two in each list: for netfs, auto and nfs.
    let formats = kind.formats();
    let said = source.format.as_ref().and_then(|format| format.kind.clone());
    let format = said.or_else(|| kind.default_format());
    if let Some(format) = format
        && formats
            .iter()
            .position(|one| *one == format)
            .is_some_and(|place| place > 1)
    {
        let sentence = format!("the format {format} has no version: it is for auto and nfs");
        return Err(wrong(path, &protocol.rest, sentence));
    }
    if version.contains(',') {
        let sentence =
            format!("the version '{version}' has a ',': options of the mount stand in fs:mount_opts");
        return Err(wrong(path, &protocol.rest, sentence));
    }
    Ok(())
}

fn check_auth(auth: &SourceAuth) -> Result<(), XmlError> {
    let secret = check_login(auth).map(drop);
    match said(auth.kind.as_ref()) {
        Some("chap" | "ceph") => secret,
        None | Some("none") => Err(missing("@type", &auth.rest, "'chap' or 'ceph'")),
        Some(other) => Err(unknown("@type", &auth.rest, other, "'chap' or 'ceph'")),
    }
}

/// What holds for an adapter wherever one is.
fn check_adapter_form(adapter: &PoolAdapter) -> Result<(), XmlError> {
    match &adapter.kind {
        Some(AdapterType::Unknown(kind)) => {
            let expected = "a type of adapter ('scsi_host' or 'fc_host')";
            Err(unknown("@type", &adapter.rest, kind, expected))
        }
        Some(AdapterType::ScsiHost) => match &adapter.parentaddr {
            Some(parent) => {
                if parent.address.is_none() {
                    let path = "parentaddr/address";
                    return Err(missing(path, &parent.rest, "the PCI address of the adapter"));
                }
                if parent.place().is_none() {
                    let sentence = "the PCI address is out of range";
                    return Err(wrong("parentaddr/address", &parent.rest, sentence));
                }
                match parent.unique_id {
                    Some(_) => Ok(()),
                    None => {
                        let path = "parentaddr/@unique_id";
                        Err(missing(
                            path,
                            &parent.rest,
                            "the number of the host on its device",
                        ))
                    }
                }
            }
            None => Ok(()),
        },
        Some(AdapterType::FcHost) => Ok(()),
        None => {
            let newer = [
                ("wwnn", adapter.wwnn.is_some()),
                ("wwpn", adapter.wwpn.is_some()),
                ("parent", adapter.parent.is_some()),
                ("parentaddr", adapter.parentaddr.is_some()),
            ];
            match newer.iter().find(|(_, there)| *there) {
                Some((what, _)) => {
                    let what = format!("the type of the adapter, needed with '{what}',");
                    Err(missing("@type", &adapter.rest, what))
                }
                None => Ok(()),
            }
        }
    }
}

/// What holds for the adapter a pool is made of.
fn check_adapter(adapter: &PoolAdapter) -> Result<(), XmlError> {
    let rest = &adapter.rest;
    if adapter.kind != Some(AdapterType::FcHost) {
        return match (adapter.name.is_some(), adapter.parentaddr.is_some()) {
            (true, true) => Err(wrong(
                "@name",
                rest,
                "both name and parentaddr name the adapter: one does",
            )),
            (false, false) => Err(missing("@name", rest, "the name or parentaddr of the adapter")),
            _ => Ok(()),
        };
    }
    for (attribute, name) in [("wwnn", &adapter.wwnn), ("wwpn", &adapter.wwpn)] {
        if name.is_none() {
            let what = format!("the {attribute} of a Fibre Channel host");
            return Err(missing(&format!("@{attribute}"), rest, what));
        }
    }
    match (&adapter.parent_wwnn, &adapter.parent_wwpn) {
        (Some(_), None) => return Err(missing("@parent_wwpn", rest, "the port beside parent_wwnn")),
        (None, Some(_)) => return Err(missing("@parent_wwnn", rest, "the node beside parent_wwpn")),
        _ => {}
    }
    for (attribute, name) in [
        ("wwnn", &adapter.wwnn),
        ("wwpn", &adapter.wwpn),
        ("parent_wwnn", &adapter.parent_wwnn),
        ("parent_wwpn", &adapter.parent_wwpn),
        ("parent_fabric_wwn", &adapter.parent_fabric_wwn),
    ] {
        if let Some(name) = name
            && !is_world_wide_name(name)
        {
            let path = format!("@{attribute}");
            let expected = "a world wide name of 16 hexadecimal digits";
            return Err(unknown(&path, rest, name, expected));
        }
    }
    Ok(())
}

/// An owner that is there but empty is refused; an empty mode is none.
pub(crate) fn check_permissions(permissions: &Permissions) -> Result<(), XmlError> {
    for (name, there) in [
        ("owner", permissions.owner.is_some()),
        ("group", permissions.group.is_some()),
    ] {
        let empty = permissions
            .rest
            .elements()
            .any(|element| element.name.is(name, None));
        if empty && !there {
            let what = format!("the number of the {name}");
            return Err(missing(name, &permissions.rest, what));
        }
    }
    Ok(())
}
