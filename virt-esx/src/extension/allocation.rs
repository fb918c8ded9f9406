//! What machines get of a host's processors and memory when there is not enough for all.

use std::fmt;

use virt_core::{CallClass, Domain, Error, ErrorKind, Result, Subject};

use super::{call_of, esx};

/// The most shares that one machine can have.
pub const MOST_SHARES: u32 = 1_000_000;

/// How much a machine counts against others of its pool, where they want more than there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Shares {
    /// Half of the normal: 500 for each vCPU, 5 for each MiB.
    Low,
    /// 1000 for each vCPU, 10 for each MiB.
    Normal,
    /// Twice the normal: 2000 for each vCPU, 20 for each MiB.
    High,
    /// So many, 1 to [`MOST_SHARES`].
    Custom(u32),
}

impl fmt::Display for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Low => f.write_str("low"),
            Self::Normal => f.write_str("normal"),
            Self::High => f.write_str("high"),
            Self::Custom(count) => write!(f, "{count}"),
        }
    }
}

/// The most that a machine gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// As much as there is.
    Unlimited,
    /// So much: MHz of processors, MiB of memory.
    AtMost(u64),
}

/// What a machine gets of one resource, in MHz or in MiB.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Share {
    /// How much it counts against others.
    pub shares: Shares,
    /// What that is in numbers: also of low, normal and high.
    pub count: u32,
    /// What it gets in any case: a machine is not started where that cannot be had.
    pub reservation: u64,
    /// What it gets at most.
    pub limit: Limit,
}

/// What a machine gets of processors and memory (`virDomainGetSchedulerParameters`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Allocation {
    /// Of processors, in MHz.
    pub cpu: Share,
    /// Of memory, in MiB.
    pub memory: Share,
    /// Whether all of its memory is reserved, whatever it is changed to: the reservation is no setting then.
    pub memory_locked: bool,
}

/// What of a share is to change: what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShareChange {
    /// How much it counts against others.
    pub shares: Option<Shares>,
    /// What it gets in any case, in MHz or MiB.
    pub reservation: Option<u64>,
    /// What it gets at most, in MHz or MiB.
    pub limit: Option<Limit>,
}

impl ShareChange {
    /// This much against others.
    #[must_use]
    pub fn with_shares(mut self, shares: Shares) -> Self {
        self.shares = Some(shares);
        self
    }

    /// So much in any case.
    #[must_use]
    pub fn with_reservation(mut self, reservation: u64) -> Self {
        self.reservation = Some(reservation);
        self
    }

    /// So much at most.
    #[must_use]
    pub fn with_limit(mut self, limit: Limit) -> Self {
        self.limit = Some(limit);
        self
    }
}

/// What of an allocation is to change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AllocationChange {
    /// Of processors, in MHz.
    pub cpu: ShareChange,
    /// Of memory, in MiB.
    pub memory: ShareChange,
}

impl AllocationChange {
    /// This of processors, in MHz.
    #[must_use]
    pub fn with_cpu(mut self, change: ShareChange) -> Self {
        self.cpu = change;
        self
    }

    /// This of memory, in MiB.
    #[must_use]
    pub fn with_memory(mut self, change: ShareChange) -> Self {
        self.memory = change;
        self
    }

    /// Refuses what can be no allocation, of whatever machine.
    pub(crate) fn check(&self) -> Result<()> {
        for (name, change) in [("cpu", &self.cpu), ("memory", &self.memory)] {
            if let Some(Shares::Custom(count)) = change.shares
                && !(1..=MOST_SHARES).contains(&count)
            {
                let message = format!("{name}: {count} shares are not within 1 to {MOST_SHARES}");
                return Err(Error::new(ErrorKind::InvalidArgument, message));
            }
            let limit = match change.limit {
                Some(Limit::AtMost(0)) => {
                    let message =
                        format!("{name}: a machine does not run with nothing: say no limit, or a higher one");
                    return Err(Error::new(ErrorKind::InvalidArgument, message));
                }
                Some(Limit::AtMost(limit)) => Some(limit),
                _ => None,
            };
            for number in [change.reservation, limit].into_iter().flatten() {
                if i64::try_from(number).is_err() {
                    let message = format!("{name}: {number} is more than any host has");
                    return Err(Error::new(ErrorKind::InvalidArgument, message));
                }
            }
        }
        Ok(())
    }
}

/// What a machine gets of its host's processors and memory (`RetrievePropertiesEx`).
///
/// # Errors
/// `Unsupported` for domains of other drivers; `NotFound` when it is gone; `InvalidState` where the server does not say,
/// as of a machine that is not accessible.
///
/// # Cancel safety
/// Yes.
pub async fn allocation(domain: &Domain) -> Result<Allocation> {
    let about = about("allocation", domain);
    let driver = esx(domain.connection()).map_err(&about)?;
    let call = call_of(driver, "allocation", CallClass::Query);
    driver.allocation(&call, domain.uuid()).await.map_err(about)
}

/// Changes what a machine gets of its host's processors and memory, while it runs as well
/// (`virDomainSetSchedulerParameters`; `ReconfigVM_Task`).
///
/// # Errors
/// `InvalidArgument` for what can be no allocation: shares out of range, a reservation above the limit or, of memory, above
/// what the machine has; `InvalidState` where all of its memory is reserved by another setting; `ResourceExhausted` where
/// the host has not as much to reserve; `Busy` where somebody else has changed the machine meanwhile; `Unsupported` for domains of other drivers; `Denied` on a connection that only
/// reads; `NotFound` when it is gone.
///
/// # Cancel safety
/// When dropped, the server may carry it out.
pub async fn set_allocation(domain: &Domain, change: &AllocationChange) -> Result<()> {
    let about = about("set_allocation", domain);
    let driver = esx(domain.connection()).map_err(&about)?;
    let call = call_of(driver, "set_allocation", CallClass::Change);
    driver
        .set_allocation(&call, domain.uuid(), change)
        .await
        .map_err(about)
}

fn about(operation: &'static str, domain: &Domain) -> impl Fn(Error) -> Error {
    let subject = Subject::Domain(domain.name().to_owned());
    move |error: Error| error.with_operation(operation).with_subject(subject.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_no_allocation_is_refused() {
        let cpu = |change: ShareChange| AllocationChange::default().with_cpu(change).check();
        let change = ShareChange::default;
        assert!(cpu(change()).is_ok());
        assert!(
            cpu(change()
                .with_shares(Shares::Custom(MOST_SHARES))
                .with_reservation(0))
            .is_ok()
        );
        assert!(cpu(change().with_limit(Limit::Unlimited)).is_ok());
        for wrong in [
            change().with_shares(Shares::Custom(0)),
            change().with_shares(Shares::Custom(MOST_SHARES + 1)),
            change().with_limit(Limit::AtMost(0)),
            change().with_limit(Limit::AtMost(u64::MAX)),
            change().with_reservation(u64::MAX),
        ] {
            let error = cpu(wrong).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
            assert!(error.to_string().contains("cpu"), "{error}");
        }
    }
}
