//! What pools can be made of, in a world where nothing is.

use crate::error::{Error, ErrorKind, Result};
use crate::model::pool::{PoolDevice, PoolFormat, PoolSource};
use crate::model::{PoolSources, PoolType};

/// Two volume groups, and what a server exports.
pub(in crate::test) fn find_sources(kind: &PoolType, source: Option<&PoolSource>) -> Result<PoolSources> {
    let found = match kind {
        PoolType::Logical => vec![group("vg0", "/dev/sdb1"), group("vg1", "/dev/sdc1")],
        PoolType::Netfs => {
            let host = source.and_then(|source| source.hosts.first());
            let Some(host) = host.filter(|host| host.name.is_some()) else {
                let message = "a server is needed to look for what it exports: give a source with a host";
                return Err(Error::new(ErrorKind::InvalidArgument, message));
            };
            let exported = ["/export/images", "/export/iso"].map(|dir| PoolSource {
                hosts: vec![host.clone()],
                dir: Some(dir.into()),
                format: Some(PoolFormat::Nfs.into()),
                ..PoolSource::default()
            });
            exported.into()
        }
        kind => {
            let message =
                format!("the test driver finds no sources of {kind} pools, only of logical and netfs");
            return Err(Error::unsupported(message));
        }
    };
    Ok(PoolSources {
        sources: found,
        ..PoolSources::default()
    })
}

fn group(name: &str, device: &str) -> PoolSource {
    PoolSource {
        devices: vec![PoolDevice {
            path: Some(device.to_owned()),
            ..PoolDevice::default()
        }],
        name: Some(name.to_owned()),
        format: Some(PoolFormat::Lvm2.into()),
        ..PoolSource::default()
    }
}
