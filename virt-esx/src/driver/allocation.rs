//! Shares, reservations and limits of machines.

use uuid::Uuid;
use virt_core::{CallContext, Error, ErrorKind, Result};

use super::{EsxDriver, not_valid};
use crate::extension::{Allocation, AllocationChange, Limit, Share, ShareChange, Shares};
use crate::property;
use crate::vim::{
    AnyValue, ManagedObjectReference, ResourceAllocationInfo, SharesInfo, SharesLevel,
    VirtualMachineConfigSpec,
};

const CPU: &str = "config.cpuAllocation";
const MEMORY: &str = "config.memoryAllocation";
const VERSION: &str = "config.changeVersion";
const LOCKED: &str = "config.memoryReservationLockedToMax";
/// How a server writes that there is no limit.
const UNLIMITED: i64 = -1;

impl EsxDriver {
    pub(crate) async fn allocation(&self, call: &CallContext, domain: Uuid) -> Result<Allocation> {
        self.server.check_open()?;
        let (reference, _) = self.server.inventory.machine(domain)?;
        let (allocation, _) = self.allocation_of(call, &reference).await?;
        Ok(allocation)
    }

    /// What a machine gets, and the version of its configuration that says so.
    async fn allocation_of(
        &self,
        call: &CallContext,
        machine: &ManagedObjectReference,
    ) -> Result<(Allocation, Option<String>)> {
        let paths = [CPU, MEMORY, LOCKED, VERSION];
        let mut read = property::of_object(&self.server.session, call, machine, &paths).await?;
        let mut share = |path: &str| {
            let info = read
                .remove(path)
                .and_then(|info| info.read::<ResourceAllocationInfo>().ok());
            let info = info.ok_or_else(|| {
                let message = "the server does not say what the machine gets: it may not be accessible now";
                Error::new(ErrorKind::InvalidState, message)
            });
            info.map(|info| share_of(&info))
        };
        let (cpu, memory) = (share(CPU)?, share(MEMORY)?);
        let allocation = Allocation {
            cpu,
            memory,
            memory_locked: read.get(LOCKED).is_some_and(|value| value.text() == "true"),
        };
        Ok((allocation, read.get(VERSION).map(AnyValue::text)))
    }

    pub(crate) async fn set_allocation(
        &self,
        call: &CallContext,
        domain: Uuid,
        change: &AllocationChange,
    ) -> Result<()> {
        change.check()?;
        let (reference, machine) = self.to_change(domain)?;
        let (is, version) = self.allocation_of(call, &reference).await?;
        let cpu = changed("cpu", &is.cpu, &change.cpu)?;
        let memory = changed("memory", &is.memory, &change.memory)?;
        if let Some(memory) = &memory
            && memory.reservation != Some(signed(is.memory.reservation))
        {
            if is.memory_locked {
                let way_out = "all of its memory is reserved, whatever that is (memoryReservationLockedToMax): change \
                               that at the server first";
                return Err(not_valid(&machine, way_out));
            }
            let reserved = change.memory.reservation.unwrap_or_default();
            if reserved > machine.memory_mib {
                let has = machine.memory_mib;
                let message =
                    format!("memory: {reserved} MiB to be reserved are more than the {has} MiB it has");
                return Err(Error::new(ErrorKind::InvalidArgument, message));
            }
        }
        if cpu.is_none() && memory.is_none() {
            return Ok(());
        }
        let spec = VirtualMachineConfigSpec {
            // What is not to change is sent as it was read, and is not to undo what somebody else has changed meanwhile.
            change_version: version,
            cpu_allocation: cpu,
            memory_allocation: memory,
            ..VirtualMachineConfigSpec::default()
        };
        let before = machine.change_version.clone();
        self.reconfigure(call, &reference, spec, |machine| machine.change_version != before)
            .await
    }
}

/// What a server says of a share.
fn share_of(info: &ResourceAllocationInfo) -> Share {
    let told = info.shares.clone().unwrap_or_default();
    let count = u32::try_from(told.shares).unwrap_or_default();
    Share {
        shares: match told.level {
            SharesLevel::Low => Shares::Low,
            SharesLevel::High => Shares::High,
            SharesLevel::Custom => Shares::Custom(count),
            _ => Shares::Normal,
        },
        count,
        reservation: u64::try_from(info.reservation.unwrap_or_default()).unwrap_or_default(),
        limit: match info.limit.map(u64::try_from) {
            Some(Ok(limit)) => Limit::AtMost(limit),
            _ => Limit::Unlimited,
        },
    }
}

/// The share as it is to be, as a whole; nothing where that is so already.
fn changed(name: &str, is: &Share, change: &ShareChange) -> Result<Option<ResourceAllocationInfo>> {
    let shares = change.shares.unwrap_or(is.shares);
    let reservation = change.reservation.unwrap_or(is.reservation);
    let limit = change.limit.unwrap_or(is.limit);
    if (shares, reservation, limit) == (is.shares, is.reservation, is.limit) {
        return Ok(None);
    }
    if let Limit::AtMost(most) = limit
        && reservation > most
    {
        let message = format!(
            "{name}: {reservation} to be reserved are more than the limit of {most}: raise that, too"
        );
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    let (level, count) = match shares {
        Shares::Low => (SharesLevel::Low, 0),
        Shares::High => (SharesLevel::High, 0),
        Shares::Custom(count) => (SharesLevel::Custom, count),
        Shares::Normal => (SharesLevel::Normal, 0),
    };
    Ok(Some(ResourceAllocationInfo {
        reservation: Some(signed(reservation)),
        limit: Some(match limit {
            Limit::Unlimited => UNLIMITED,
            Limit::AtMost(limit) => signed(limit),
        }),
        shares: Some(SharesInfo {
            // A server takes its own number for a level.
            shares: i32::try_from(count).unwrap_or(i32::MAX),
            level,
        }),
        ..ResourceAllocationInfo::default()
    }))
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share() -> Share {
        share_of(&ResourceAllocationInfo {
            reservation: Some(100),
            limit: Some(-1),
            shares: Some(SharesInfo {
                shares: 2000,
                level: SharesLevel::Normal,
            }),
            ..ResourceAllocationInfo::default()
        })
    }

    #[test]
    fn what_is_not_changed_stays_and_nothing_is_asked_for_that_is_so() {
        let is = share();
        assert_eq!(
            (is.shares, is.count, is.limit),
            (Shares::Normal, 2000, Limit::Unlimited)
        );
        let same = ShareChange::default()
            .with_reservation(100)
            .with_shares(Shares::Normal);
        assert_eq!(changed("cpu", &is, &same).unwrap(), None);
        let more = ShareChange::default().with_limit(Limit::AtMost(500));
        let info = changed("cpu", &is, &more).unwrap().unwrap();
        assert_eq!((info.reservation, info.limit), (Some(100), Some(500)));
        assert_eq!(info.shares.unwrap().level, SharesLevel::Normal);
        let custom = ShareChange::default().with_shares(Shares::Custom(77));
        let info = changed("cpu", &is, &custom).unwrap().unwrap();
        assert_eq!((info.limit, info.shares.unwrap().shares), (Some(-1), 77));
    }

    #[test]
    fn what_is_reserved_is_not_above_the_limit() {
        let change = ShareChange::default().with_limit(Limit::AtMost(99));
        let error = changed("cpu", &share(), &change).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().contains("100"), "{error}");
    }
}
