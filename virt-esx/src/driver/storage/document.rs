//! The documents of pools and volumes: pure.

use virt_core::model::domain::ScaledText;
use virt_core::model::domain::devices::SourceHost;
use virt_core::model::pool::{PoolDevice, PoolFormat, PoolProtocol, PoolSource};
use virt_core::model::volume::{Timestamps, VolumeFormat, VolumeType};
use virt_core::model::{ByteSize, PoolConfig, VolumeConfig};
use virt_core::storage::StorageVolumeRef;

use super::browse::{Image, ImageKind};
use super::datastore::Datastore;
use crate::vim::{AnyDatastoreInfo, HostNasVolume, HostVmfsVolume};

/// Where hosts have the partitions that VMFS lies on.
const DISKS: &str = "/vmfs/devices/disks/";

/// A datastore's document.
pub(super) fn of_pool(store: &Datastore) -> PoolConfig {
    let mut config = PoolConfig::default();
    config.kind = store.kind();
    config.name = Some(store.name());
    config.uuid = Some(store.uuid());
    if let Some([capacity, allocation, available]) = store.room() {
        config.capacity = sized(capacity);
        config.allocation = sized(allocation);
        config.available = sized(available);
    }
    match &store.info {
        AnyDatastoreInfo::NasDatastoreInfo(info) => {
            config.source = info.nas.as_deref().map(network_source);
        }
        AnyDatastoreInfo::VmfsDatastoreInfo(info) => {
            config.source = info.vmfs.as_deref().map(device_source);
        }
        _ => {}
    }
    let path = store.path();
    if !path.is_empty() {
        config.target_mut().path = Some(path.to_owned());
    }
    config
}

fn network_source(nas: &HostNasVolume) -> PoolSource {
    let mut source = PoolSource::default();
    // NFS 4.1 may have several addresses of one server.
    let hosts = if nas.remote_host_names.is_empty() {
        std::slice::from_ref(&nas.remote_host)
    } else {
        nas.remote_host_names.as_slice()
    };
    let named = |name: &String| {
        let mut host = SourceHost::default();
        host.name = Some(name.clone());
        host
    };
    source.hosts = hosts.iter().map(named).collect();
    source.dir = Some(nas.remote_path.as_str().into());
    let (format, version) = match nas.type_.to_ascii_uppercase().as_str() {
        "CIFS" => (PoolFormat::Cifs, None),
        "NFS41" => (PoolFormat::Nfs, Some("4.1")),
        _ => (PoolFormat::Nfs, None),
    };
    source.format = Some(format.into());
    source.protocol = version.map(|version| {
        let mut protocol = PoolProtocol::default();
        protocol.version = Some(version.to_owned());
        protocol
    });
    source
}

fn device_source(vmfs: &HostVmfsVolume) -> PoolSource {
    let mut source = PoolSource::default();
    source.devices = vmfs
        .extent
        .iter()
        .map(|extent| PoolDevice::from(format!("{DISKS}{}:{}", extent.disk_name, extent.partition).as_str()))
        .collect();
    source.format = Some(PoolFormat::Vmfs.into());
    source
}

/// A volume's document.
pub(super) fn of_volume(volume: &StorageVolumeRef, path: String, image: &Image) -> VolumeConfig {
    let mut config = VolumeConfig::default();
    config.kind = Some(VolumeType::File);
    config.name.clone_from(&volume.name);
    config.key = Some(volume.key.clone());
    config.capacity = sized(ByteSize::bytes(image.capacity));
    config.allocation = sized(ByteSize::bytes(image.allocation));
    let target = config.target_mut();
    target.path = Some(path);
    let format = match image.kind {
        ImageKind::Disk(_) => VolumeFormat::Vmdk,
        ImageKind::Optical => VolumeFormat::Iso,
        ImageKind::Floppy => VolumeFormat::Raw,
    };
    target.format = Some(format.into());
    let modified = image.modified.as_ref().and_then(seconds);
    target.timestamps = modified.map(|modified| {
        let mut stamps = Timestamps::default();
        stamps.mtime = Some(modified);
        stamps
    });
    config
}

fn seconds(time: &crate::vim::DateTime) -> Option<String> {
    let since = time
        .to_system_time()?
        .duration_since(std::time::SystemTime::UNIX_EPOCH)
        .ok()?;
    Some(format!("{}.{:09}", since.as_secs(), since.subsec_nanos()))
}

fn sized(size: ByteSize) -> Option<ScaledText> {
    let mut text = ScaledText::default();
    text.size = Some(size);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::super::datastore::tests::datastore;
    use super::*;
    use crate::vim::{HostScsiDiskPartition, NasDatastoreInfo, VmfsDatastoreInfo};

    #[test]
    fn a_network_file_system_says_where_it_comes_from() {
        let mut store = datastore("images", "/vmfs/volumes/1");
        let mut nas = HostNasVolume {
            remote_host: "filer.example".to_owned(),
            remote_path: "/export/images".to_owned(),
            ..HostNasVolume::default()
        };
        nas.type_ = "NFS41".to_owned();
        store.info = AnyDatastoreInfo::NasDatastoreInfo(Box::new(NasDatastoreInfo {
            nas: Some(Box::new(nas)),
            ..NasDatastoreInfo::default()
        }));
        let config = of_pool(&store);
        config.validate().unwrap();
        let text = config.to_xml();
        for wanted in [
            "<pool type='netfs'>",
            "<host name='filer.example'/>",
            "<dir path='/export/images'/>",
            "<format type='nfs'/>",
            "<protocol ver='4.1'/>",
            "<path>/vmfs/volumes/1</path>",
        ] {
            assert!(text.contains(wanted), "{wanted} is not in {text}");
        }
    }

    #[test]
    fn vmfs_says_on_what_it_lies() {
        let mut store = datastore("local", "/vmfs/volumes/1");
        let vmfs = HostVmfsVolume {
            extent: vec![HostScsiDiskPartition {
                disk_name: "naa.1".to_owned(),
                partition: 3,
            }],
            ..HostVmfsVolume::default()
        };
        store.info = AnyDatastoreInfo::VmfsDatastoreInfo(Box::new(VmfsDatastoreInfo {
            vmfs: Some(Box::new(vmfs)),
            ..VmfsDatastoreInfo::default()
        }));
        let config = of_pool(&store);
        config.validate().unwrap();
        let text = config.to_xml();
        for wanted in [
            "<pool type='fs'>",
            "<device path='/vmfs/devices/disks/naa.1:3'/>",
            "<format type='vmfs'/>",
        ] {
            assert!(text.contains(wanted), "{wanted} is not in {text}");
        }
    }
}
