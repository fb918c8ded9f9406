//! What can go wrong with the guest agent.

use std::borrow::Cow;
use std::time::Duration;

use crate::qmp::{Delivery, ErrorClass};

/// The result of a call to the guest agent.
pub type AgentResult<T> = Result<T, AgentError>;

/// A failed call to the guest agent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentError {
    /// Nobody in the guest has the channel open, or the channel itself is closed.
    #[error("no guest agent is connected; {command} was {}", describe(*delivery))]
    NotConnected {
        /// The command.
        command: Cow<'static, str>,
        /// Whether it had been sent.
        delivery: Delivery,
    },
    /// The deadline passed. `NotSent`: the agent did not answer the synchronisation, or was busy all the time.
    #[error("the guest agent did not answer in time; {command} was {}", describe(*delivery))]
    Timeout {
        /// The command.
        command: Cow<'static, str>,
        /// Whether it had been sent.
        delivery: Delivery,
    },
    /// This agent does not know the command.
    #[error("the guest agent does not know {command}")]
    CommandNotFound {
        /// The command.
        command: Cow<'static, str>,
    },
    /// This agent knows the command and is configured not to run it, or is not to run it while frozen.
    #[error("{command} is disabled in the guest agent: {desc}")]
    Disabled {
        /// The command.
        command: Cow<'static, str>,
        /// The agent's words.
        desc: String,
    },
    /// The agent ran the command, and it failed in the guest.
    #[error("{command}: {desc}")]
    Guest {
        /// The command.
        command: Cow<'static, str>,
        /// The class of the error.
        class: ErrorClass,
        /// The agent's words.
        desc: String,
    },
    /// What came instead of an answer is not of the protocol.
    #[error("the guest agent's answer to {command} is garbled: {what}")]
    Garbled {
        /// The command.
        command: Cow<'static, str>,
        /// What is wrong with it.
        what: String,
    },
    /// The answer is not what the command's type expects. The command itself was carried out.
    #[error("the guest agent's answer to {command} could not be understood")]
    Decode {
        /// The command.
        command: Cow<'static, str>,
        /// What did not fit.
        source: serde_json::Error,
    },
    /// The arguments could not be written as JSON; nothing was sent.
    #[error("the arguments of {command} could not be written as JSON")]
    Encode {
        /// The command.
        command: Cow<'static, str>,
        /// What did not fit.
        source: serde_json::Error,
    },
    /// A program did not end within its time limit. It still runs: the agent cannot kill it.
    #[error("process {pid} in the guest still ran after {limit:?}")]
    StillRunning {
        /// Its process id in the guest.
        pid: u64,
        /// The time limit.
        limit: Duration,
    },
    /// A file of the guest is larger than the caller takes.
    #[error("the guest's file {path:?} is larger than {limit} bytes")]
    FileTooLarge {
        /// The file.
        path: String,
        /// The limit, in bytes.
        limit: u64,
    },
}

fn describe(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::NotSent => "not sent",
        Delivery::Sent => "sent but unanswered",
    }
}

impl AgentError {
    /// Whether the agent itself answered: it is there, and its channel works.
    #[must_use]
    pub fn is_answer(&self) -> bool {
        matches!(
            self,
            Self::CommandNotFound { .. }
                | Self::Disabled { .. }
                | Self::Guest { .. }
                | Self::Decode { .. }
                | Self::StillRunning { .. }
                | Self::FileTooLarge { .. }
        )
    }

    /// Whether the command may have been carried out although the call failed.
    #[must_use]
    pub fn may_have_applied(&self) -> bool {
        match self {
            Self::NotConnected { delivery, .. } | Self::Timeout { delivery, .. } => {
                *delivery == Delivery::Sent
            }
            Self::Garbled { .. } | Self::Decode { .. } | Self::StillRunning { .. } => true,
            Self::CommandNotFound { .. }
            | Self::Disabled { .. }
            | Self::Guest { .. }
            | Self::Encode { .. }
            | Self::FileTooLarge { .. } => false,
        }
    }

    /// An error that the agent answered with.
    pub(super) fn answered(command: Cow<'static, str>, class: ErrorClass, desc: String) -> Self {
        if class != ErrorClass::CommandNotFound {
            return Self::Guest { command, class, desc };
        }
        // One class for both; only the words differ.
        if desc.contains("disabled") {
            Self::Disabled { command, desc }
        } else {
            Self::CommandNotFound { command }
        }
    }
}
