//! Machines taken back to a snapshot.

use uuid::Uuid;
use virt_core::domain::ResumeState;
use virt_core::snapshot::SnapshotRevertOptions;
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};

use crate::driver::EsxDriver;
use crate::vim::{RevertToSnapshotTask, VirtualMachinePowerState as Power};

impl EsxDriver {
    pub(super) async fn take_back(
        &self,
        call: &CallContext,
        domain: Uuid,
        snapshot: &str,
        options: &SnapshotRevertOptions,
    ) -> Result<()> {
        if options.reset_nvram {
            return Err(Error::unsupported(
                "ESX takes the firmware's variables back with the rest (reset_nvram)",
            ));
        }
        let (reference, _) = self.to_change(domain)?;
        let tree = self.tree_of(call, &reference).await?;
        let node = tree.get(snapshot)?;
        let Aim {
            suppress,
            left,
            start,
        } = aim(&node.power, options.state)?;
        let revert = RevertToSnapshotTask {
            this: node.reference.clone(),
            host: None,
            suppress_power_on: suppress.then_some(true),
        };
        let reverting = self.server.inventory.reverting(&reference);
        self.answering(call, &reference, self.carry_out(call, &revert))
            .await?;
        self.until_power(call, &reference, &left).await;
        reverting.succeed();
        if start {
            let started = self.turn_on(call, &reference).await;
            return started.map_err(|error| error.with_outcome(Outcome::Unknown));
        }
        if options.state == Some(ResumeState::Paused) && left == Power::Suspended {
            let now = self
                .server
                .inventory
                .known(&reference)
                .map(|machine| machine.power);
            if now.is_some_and(|now| now != Power::Suspended) {
                let message = "the domain was taken back, and the server did not leave it paused";
                return Err(Error::new(ErrorKind::Failed, message).with_outcome(Outcome::Applied));
            }
            self.server.inventory.set_paused(&reference, true);
        }
        Ok(())
    }
}

/// How a machine is taken back.
#[derive(Debug, PartialEq, Eq)]
struct Aim {
    /// The server leaves it suspended where it would go on.
    suppress: bool,
    /// The power that the server leaves it with.
    left: Power,
    /// It is powered on after that.
    start: bool,
}

/// From the power that a machine had, and what it is to do.
fn aim(had: &Power, state: Option<ResumeState>) -> Result<Aim> {
    let aim = |suppress, left: &Power, start| Aim {
        suppress,
        left: left.clone(),
        start,
    };
    match (state, had) {
        (None, had) => Ok(aim(false, had, false)),
        (Some(ResumeState::Running), Power::PoweredOn) => Ok(aim(false, had, false)),
        (Some(ResumeState::Running), had) => Ok(aim(false, had, true)),
        (Some(ResumeState::Paused), Power::PoweredOn) => Ok(aim(true, &Power::Suspended, false)),
        (Some(ResumeState::Paused), Power::Suspended) => Ok(aim(false, had, false)),
        (Some(ResumeState::Paused), _) => Err(Error::unsupported(
            "the machine was off then, or its memory was not kept, and ESX cannot start one paused",
        )),
        _ => Err(Error::unsupported("this state after a snapshot")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_does_what_it_did_or_what_it_is_to() {
        let (on, off, asleep) = (Power::PoweredOn, Power::PoweredOff, Power::Suspended);
        let (running, paused) = (Some(ResumeState::Running), Some(ResumeState::Paused));
        for (had, state, suppress, left, start) in [
            (&on, None, false, &on, false),
            (&off, None, false, &off, false),
            (&asleep, None, false, &asleep, false),
            (&on, running, false, &on, false),
            (&off, running, false, &off, true),
            (&asleep, running, false, &asleep, true),
            (&on, paused, true, &asleep, false),
            (&asleep, paused, false, &asleep, false),
        ] {
            let left = left.clone();
            let wanted = Aim {
                suppress,
                left,
                start,
            };
            assert_eq!(aim(had, state).unwrap(), wanted, "{had:?} {state:?}");
        }
        let error = aim(&off, paused).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}
