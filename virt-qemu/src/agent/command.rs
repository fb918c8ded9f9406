//! What a command of the guest agent is.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A command of the guest agent: the type's fields are its arguments. A unit struct has none.
pub trait AgentCommand: Serialize {
    /// The command's name on the wire.
    const NAME: &'static str;
    /// Whether the guest, and so the agent, may be gone before it answers: then the silence of a channel that was
    /// closed is success.
    const ENDS_GUEST: bool = false;
    /// What the `return` member of the reply is read as.
    type Reply: DeserializeOwned;
}

/// Implements [`AgentCommand`] for types; `ends` before the name says that the guest may be gone before the answer.
macro_rules! agent_commands {
    ($( $command:ty: $(@$ends:ident)? $name:literal => $reply:ty; )*) => {
        $(
            impl $crate::agent::AgentCommand for $command {
                const NAME: &'static str = $name;
                $( const ENDS_GUEST: bool = agent_commands!(@$ends); )?
                type Reply = $reply;
            }
        )*
    };
    (@ends) => { true };
}
pub(super) use agent_commands;
