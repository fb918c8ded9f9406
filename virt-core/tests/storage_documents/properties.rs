//! Any of these documents, however it was made, is written and read back equal; and what libvirt gives back of it stays
//! as it is when libvirt reads it again.

use proptest::prelude::{Strategy, any, prop, proptest};
use uuid::Uuid;
use virt_core::model::ByteSize;
use virt_core::model::host_interface::{AddressFamily, BondMode, HostInterfaceConfig, StartMode};
use virt_core::model::pool::{Permissions, PoolConfig, PoolFormat, PoolType, RefreshAllocation};
use virt_core::model::secret::{SecretConfig, SecretUsageType};
use virt_core::model::value::{FileMode, YesNo};
use virt_core::model::volume::{VolumeConfig, VolumeFormat};

fn text() -> impl Strategy<Value = String> {
    "[ -~\n\té𝄞\r]{0,20}x"
}

fn permissions() -> impl Strategy<Value = Permissions> {
    let label = prop::option::of(text());
    (0..=0o777_u16, any::<u32>(), any::<u32>(), label).prop_map(|(mode, owner, group, label)| {
        let mut permissions = Permissions::new(FileMode::new(mode).unwrap_or_default(), owner, group);
        permissions.label = label;
        permissions
    })
}

fn pool() -> impl Strategy<Value = PoolConfig> {
    let kind = prop::sample::select(PoolType::KNOWN.to_vec());
    let format = prop::option::of(prop::sample::select(PoolFormat::KNOWN.to_vec()));
    let lists = (
        prop::collection::vec((text(), any::<u16>()), 0..3),
        prop::collection::vec(text(), 0..3),
        prop::collection::vec(text(), 0..3),
        prop::collection::vec((text(), text()), 0..3),
    );
    (text(), kind, format, text(), any::<u128>(), permissions(), lists).prop_map(
        |(name, kind, format, path, uuid, permissions, (hosts, devices, mounts, options))| {
            let mut pool = PoolConfig::builder(name, kind)
                .uuid(Uuid::from_u128(uuid))
                .source_dir(&path)
                .source_name(&path)
                .initiator(&path)
                .auth(&path, Uuid::from_u128(!uuid))
                .target(path)
                .permissions(permissions)
                .cow(YesNo::Yes)
                .refresh_allocation(RefreshAllocation::Default);
            if let Some(format) = format {
                pool = pool.format(format);
            }
            for (host, port) in hosts {
                pool = pool.host_at(host, port);
            }
            for device in devices {
                pool = pool.device(device);
            }
            for mount in mounts {
                pool = pool.mount_option(mount);
            }
            for (option, value) in options {
                pool = pool.rbd_option(option, value);
            }
            let mut made = None;
            let _ = pool.with(|pool| made = Some(pool.clone())).build();
            made.unwrap_or_default()
        },
    )
}

fn volume() -> impl Strategy<Value = VolumeConfig> {
    let format = prop::sample::select(VolumeFormat::KNOWN.to_vec());
    let sizes = (any::<u64>(), any::<u64>(), any::<u64>());
    (
        text(),
        format,
        text(),
        any::<u128>(),
        sizes,
        permissions(),
        any::<bool>(),
    )
        .prop_map(
            |(name, format, path, uuid, (capacity, allocation, cluster), permissions, lazy)| {
                let mut made = None;
                let mut volume = VolumeConfig::builder(name)
                    .capacity(ByteSize::bytes(capacity))
                    .allocation(ByteSize::bytes(allocation))
                    .cluster_size(ByteSize::bytes(cluster))
                    .format(format.clone())
                    .backing(&path, format)
                    .luks(Uuid::from_u128(uuid))
                    .compat(path)
                    .permissions(permissions)
                    .nocow();
                if lazy {
                    volume = volume.lazy_refcounts();
                }
                let _ = volume.with(|volume| made = Some(volume.clone())).build();
                made.unwrap_or_default()
            },
        )
}

fn interface() -> impl Strategy<Value = HostInterfaceConfig> {
    let mode = prop::sample::select(StartMode::KNOWN.to_vec());
    let bond = prop::sample::select(BondMode::KNOWN.to_vec());
    let ports = prop::collection::vec(text(), 0..4);
    (
        text(),
        mode,
        bond,
        ports,
        any::<[u8; 16]>(),
        any::<u8>(),
        0..=100_000_u32,
    )
        .prop_map(|(name, start, bond, ports, address, prefix, mtu)| {
            let mut inner = HostInterfaceConfig::bond(&name, bond);
            let mut outer = HostInterfaceConfig::bridge(&name)
                .start(start)
                .mtu(mtu)
                .address(address.into(), prefix)
                .gateway(address.into())
                .dhcp(AddressFamily::Ipv4);
            for port in ports {
                inner = inner.port(&port);
                outer = outer.port(port);
            }
            let inner = inner.build().unwrap_or_default();
            outer.member(inner).build().unwrap_or_default()
        })
}

fn secret() -> impl Strategy<Value = SecretConfig> {
    let usage = prop::sample::select(SecretUsageType::KNOWN.to_vec());
    (usage, text(), any::<u128>()).prop_map(|(usage, id, uuid)| {
        let secret = SecretConfig::builder().usage(usage, &id).description(id);
        let secret = secret.uuid(Uuid::from_u128(uuid)).private();
        secret.build().unwrap_or_default()
    })
}

proptest! {
    #[test]
    fn any_pool_survives(pool in pool()) {
        assert_eq!(PoolConfig::from_xml(&pool.to_xml()), Ok(pool.clone()));
        let normal = pool.normalized();
        assert_eq!(PoolConfig::from_xml(&normal.to_xml()).map(|pool| pool.normalized()), Ok(normal));
    }

    #[test]
    fn any_volume_survives(volume in volume(), kind in prop::sample::select(PoolType::KNOWN.to_vec())) {
        assert_eq!(VolumeConfig::from_xml(&volume.to_xml()), Ok(volume.clone()));
        let normal = volume.normalized_in(&kind);
        let again = VolumeConfig::from_xml(&normal.to_xml()).map(|volume| volume.normalized_in(&kind));
        assert_eq!(again, Ok(normal));
    }

    #[test]
    fn any_interface_survives(interface in interface()) {
        assert_eq!(HostInterfaceConfig::from_xml(&interface.to_xml()), Ok(interface.clone()));
        let normal = interface.normalized();
        let again = HostInterfaceConfig::from_xml(&normal.to_xml()).map(|interface| interface.normalized());
        assert_eq!(again, Ok(normal));
    }

    #[test]
    fn any_secret_survives(secret in secret()) {
        assert_eq!(SecretConfig::from_xml(&secret.to_xml()), Ok(secret.clone()));
        let normal = secret.normalized();
        assert_eq!(SecretConfig::from_xml(&normal.to_xml()).map(|secret| secret.normalized()), Ok(normal));
    }
}
