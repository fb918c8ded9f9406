//! What pools can be made of, in a world where nothing is.

use crate::error::{Error, ErrorKind, Result};
use crate::model::domain::devices::SourceHost;
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
            ["/export/images", "/export/iso"]
                .map(|dir| exported(host, dir))
                .into()
        }
        kind => {
            let message =
                format!("the test driver finds no sources of {kind} pools, only of logical and netfs");
            return Err(Error::unsupported(message));
        }
    };
    let mut sources = PoolSources::default();
    sources.sources = found;
    Ok(sources)
}

fn exported(host: &SourceHost, directory: &str) -> PoolSource {
    let mut source = PoolSource::default();
    source.hosts = vec![host.clone()];
    source.dir = Some(directory.into());
    source.format = Some(PoolFormat::Nfs.into());
    source
}

fn group(name: &str, path: &str) -> PoolSource {
    let mut device = PoolDevice::default();
    device.path = Some(path.to_owned());
    let mut source = PoolSource::default();
    source.devices = vec![device];
    source.name = Some(name.to_owned());
    source.format = Some(PoolFormat::Lvm2.into());
    source
}
