//! The agent's own commands, as JSON.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};

use crate::driver::{RemoteConnection, objects};
use crate::protocol::qemu::{DomainAgentCommand, DomainAgentCommandArgs};

/// How long a command may be, in bytes of JSON. libvirt's agent code hands a command to its socket in one piece, and
/// begins anew where the socket takes only a part of it, again and again: a command has to fit the socket's buffer
/// (208 KiB, of which the kernel takes its share).
pub(super) const LARGEST_COMMAND: usize = 96 * 1024;

impl RemoteConnection {
    /// Has the agent carry out a command (`virDomainQemuAgentCommand`), and gives what it returns.
    pub(super) async fn agent_command(
        &self,
        call: &CallContext,
        domain: Uuid,
        name: &str,
        arguments: Value,
    ) -> Result<Value> {
        let command = json!({ "execute": name, "arguments": arguments }).to_string();
        if command.len() > LARGEST_COMMAND {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                too_large(name, command.len()),
            ));
        }
        // Whole seconds, and at least one: a guest that does not answer by then does not.
        let seconds = call.remaining().as_secs().clamp(1, 1 << 20);
        let args = DomainAgentCommandArgs {
            dom: objects::domain(domain),
            cmd: command.into(),
            timeout: i32::try_from(seconds).unwrap_or(i32::MAX),
            flags: 0,
        };
        let answer = self
            .through_agent::<DomainAgentCommand>(call, domain, &args)
            .await?;
        let text = answer.result.map(|result| result.into_text()).unwrap_or_default();
        let mut answer: Value = understood(serde_json::from_str(&text))?;
        Ok(answer.get_mut("return").map(Value::take).unwrap_or_default())
    }

    /// The same, with an answer of this type.
    pub(super) async fn agent_answer<T: DeserializeOwned>(
        &self,
        call: &CallContext,
        domain: Uuid,
        name: &str,
        arguments: Value,
    ) -> Result<T> {
        let answer = self.agent_command(call, domain, name, arguments).await?;
        understood(serde_json::from_value(answer))
    }
}

fn too_large(name: &str, size: usize) -> String {
    format!(
        "{name} with all it is given has {size} bytes, and a libvirt daemon carries at most {LARGEST_COMMAND} to a guest \
         agent: put what is long into a file of the guest"
    )
}

/// What the agent said, or that it is not understood.
pub(super) fn understood<T>(read: serde_json::Result<T>) -> Result<T> {
    read.map_err(|error| {
        Error::new(ErrorKind::Corrupt, "the guest agent's answer is not understood")
            .with_outcome(Outcome::Applied)
            .with_source(error)
    })
}
