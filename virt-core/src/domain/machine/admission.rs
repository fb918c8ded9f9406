//! Which requests a state allows.

use super::Machine;
use crate::domain::DomainState;
use crate::error::{Error, ErrorKind, Result};

/// What a user asks of a domain, as far as its state has a say in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Request {
    /// `start`.
    Start,
    /// `shutdown`.
    Shutdown,
    /// `reboot`.
    Reboot,
    /// `reset`.
    Reset,
    /// `destroy`.
    Destroy,
    /// `suspend`.
    Suspend,
    /// `resume`.
    Resume,
    /// `rename`.
    Rename,
    /// `core_dump`.
    CoreDump,
    /// `console`.
    Console,
    /// Any exchange with the guest agent.
    Agent,
    /// A change of the live memory.
    SetLiveMemory,
    /// A change of the running machine's devices or vCPUs.
    ChangeDevices,
    /// `save`, `managed_save`.
    Save,
    /// `migrate_to`, `migrate_to_uri`.
    Migrate,
}

impl Request {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Start,
        Self::Shutdown,
        Self::Reboot,
        Self::Reset,
        Self::Destroy,
        Self::Suspend,
        Self::Resume,
        Self::Rename,
        Self::CoreDump,
        Self::Console,
        Self::Agent,
        Self::SetLiveMemory,
        Self::ChangeDevices,
        Self::Save,
        Self::Migrate,
    ];
}

/// What is to be done about a request that is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Admission {
    /// Carry it out.
    Proceed,
    /// Nothing: it is so already, and that is success.
    AlreadyThere,
}

impl Machine {
    /// Whether the state allows a request.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidState`], naming state, reason and the way out.
    pub fn admit(self, request: Request) -> Result<Admission> {
        use DomainState as S;
        use Request as R;
        match (request, self.state) {
            (R::Start | R::Rename, S::ShutOff) => Ok(Admission::Proceed),
            (R::Destroy | R::CoreDump | R::Console, state) if state.is_active() => Ok(Admission::Proceed),
            (R::Suspend, S::Paused) | (R::Resume, S::Running) | (R::Shutdown, S::ShuttingDown) => {
                Ok(Admission::AlreadyThere)
            }
            (R::Suspend, S::Running) | (R::Resume, S::Paused) => Ok(Admission::Proceed),
            (
                R::Shutdown
                | R::Reboot
                | R::Agent
                | R::SetLiveMemory
                | R::ChangeDevices
                | R::Save
                | R::Migrate,
                S::Running | S::Paused,
            ) => Ok(Admission::Proceed),
            (R::Reset, S::Running | S::Paused | S::PmSuspended) => Ok(Admission::Proceed),
            _ => Err(self.refusal(request)),
        }
    }

    fn refusal(self, request: Request) -> Error {
        let way_out = match (request, self.state) {
            (Request::Start, _) => "it runs already",
            (Request::Rename, _) => "a domain is renamed while it is shut off",
            (_, DomainState::ShutOff) => "start it first",
            (_, DomainState::PmSuspended) => "the guest sleeps: wake it or reset it",
            (_, DomainState::Crashed | DomainState::ShuttingDown) => "destroy it, then start it again",
            _ => "its state does not allow that",
        };
        let message = format!("the domain is {} ({}): {way_out}", self.state, self.reason);
        Error::new(ErrorKind::InvalidState, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::StateReason;

    #[test]
    fn a_shut_off_domain_can_be_started_and_renamed_and_nothing_else() {
        let machine = Machine::default();
        for request in Request::ALL {
            let admitted = machine.admit(*request).is_ok();
            assert_eq!(
                admitted,
                matches!(request, Request::Start | Request::Rename),
                "{request:?}"
            );
        }
    }

    #[test]
    fn every_active_domain_can_be_destroyed_and_none_started() {
        for state in [
            DomainState::Running,
            DomainState::Paused,
            DomainState::ShuttingDown,
            DomainState::Crashed,
            DomainState::PmSuspended,
        ] {
            let machine = Machine::at(state, StateReason::Unknown);
            assert_eq!(machine.admit(Request::Destroy).unwrap(), Admission::Proceed);
            assert_eq!(
                machine.admit(Request::Start).unwrap_err().kind(),
                ErrorKind::InvalidState
            );
        }
    }

    #[test]
    fn suspend_and_resume_are_idempotent() {
        let paused = Machine::at(DomainState::Paused, StateReason::User);
        let running = Machine::at(DomainState::Running, StateReason::Booted);
        assert_eq!(paused.admit(Request::Suspend).unwrap(), Admission::AlreadyThere);
        assert_eq!(running.admit(Request::Resume).unwrap(), Admission::AlreadyThere);
    }

    #[test]
    fn a_refusal_names_state_reason_and_way_out() {
        let error = Machine::at(DomainState::ShutOff, StateReason::Destroyed)
            .admit(Request::Suspend)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "the domain is shut off (destroyed): start it first"
        );
    }
}
