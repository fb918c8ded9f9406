//! What is tried of a domain's facets: devices, snapshots, saved states, jobs, screens.

use virt_core::domain::{AddressSource, ConfigScope, DeviceUpdateOptions, KeyCodes, SaveOptions};
use virt_core::model::{ByteSize, Device, SnapshotConfig};
use virt_core::{Capability, Domain, ErrorKind, Result as CallResult};

use super::some_machine;
use crate::conformance::{Doing, Env, Failure};

pub(super) async fn machine(env: &Env, capability: Capability) -> Result<CallResult<()>, Failure> {
    let conn = env.conn();
    let current = ConfigScope::Current;
    Ok(match capability {
        Capability::DeviceAttach => {
            let device = env.device()?;
            env.defined("tried").await?.attach_device(&device, current).await
        }
        Capability::DeviceUpdate => {
            let mut config = env.machine("tried")?;
            let device = env.device()?;
            device.clone().add_to(config.devices_mut());
            let domain = conn.define_domain(&config).await.doing("defining a machine")?;
            let changed = match device {
                Device::Disk(disk) => disk.readonly().into(),
                other => other,
            };
            domain
                .update_device(&changed, &DeviceUpdateOptions::default())
                .await
        }
        Capability::BlockInfo => match with_disk(env).await? {
            Ok((domain, target)) => domain.block_info(&target).await.map(drop),
            Err(error) => Err(error),
        },
        Capability::BlockResize => match with_disk(env).await? {
            Ok((domain, target)) => {
                domain.start().await.doing("starting a machine")?;
                domain.block_resize(&target, ByteSize::mib(32)).await
            }
            Err(error) => Err(error),
        },
        Capability::InterfaceAddresses => {
            let domain = some_machine(env).await?;
            let by_lease = domain.interface_addresses(AddressSource::Lease).await;
            match by_lease {
                // One source is enough.
                Err(error) if error.kind() == ErrorKind::Unsupported => {
                    domain.interface_addresses(AddressSource::Agent).await.map(drop)
                }
                other => other.map(drop),
            }
        }
        Capability::SetVcpus => env.defined("tried").await?.set_vcpus(1, current).await,
        Capability::SetMaxMemory => {
            let domain = env.defined("tried").await?;
            domain.set_max_memory(ByteSize::mib(512), current).await
        }
        Capability::Snapshots => {
            let snapshot = SnapshotConfig::builder().name("tried").build()?;
            env.defined_for_snapshots("tried")
                .await?
                .create_snapshot(&snapshot)
                .await
                .map(drop)
        }
        Capability::SaveImages => {
            let path = env.path("saved").to_string_lossy().into_owned();
            let domain = some_machine(env).await?;
            match domain.save(&path, &SaveOptions::default()).await {
                Ok(job) => env.soon("a save", job.wait()).await?,
                Err(error) => Err(error),
            }
        }
        Capability::ManagedSave => match env
            .running("tried")
            .await?
            .managed_save(&SaveOptions::default())
            .await
        {
            Ok(job) => env.soon("a managed save", job.wait()).await?,
            Err(error) => Err(error),
        },
        Capability::JobStatistics => some_machine(env).await?.job_statistics().await.map(drop),
        Capability::Screenshot => {
            // A machine may have no screen: that there are pictures at all is what a refusal for another reason shows.
            match some_machine(env).await?.screenshot(0).await {
                Err(error) if !matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::Internal) => Ok(()),
                other => other.map(drop),
            }
        }
        Capability::SendKeys => {
            let hold = std::time::Duration::from_millis(20);
            some_machine(env)
                .await?
                .send_keys(KeyCodes::Linux, &[30], hold)
                .await
        }
        Capability::InjectNmi => some_machine(env).await?.inject_nmi().await,
        other => return Err(Failure::new(format!("{other:?} is not tried with machines"))),
    })
}

/// A defined machine with a disk of its own; where there are none, what refused it.
async fn with_disk(env: &Env) -> Result<CallResult<(Domain, String)>, Failure> {
    let mut config = env.machine("tried")?;
    let target = env.target().disk_target();
    config.devices_mut().disks.push(env.disk(target)?);
    let defined = env.conn().define_domain(&config).await;
    Ok(defined.map(|domain| (domain, target.to_owned())))
}
