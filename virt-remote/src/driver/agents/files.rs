//! Files of the guest.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;
use virt_core::{CallClass, CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::base64::{decoded, encoded};
use crate::driver::background::Background;
use crate::driver::link::Link;
use crate::driver::{RemoteConnection, objects};
use crate::protocol::qemu::{DomainAgentCommand, DomainAgentCommandArgs};

/// How much is moved in one exchange, in bytes: a command with as much in base64 is less than [`LARGEST_COMMAND`].
///
/// [`LARGEST_COMMAND`]: super::command::LARGEST_COMMAND
const CHUNK: usize = 64 * 1024;

/// How long the agent is given to close a file that nobody reads any more.
const CLOSE: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
struct Data {
    #[serde(rename = "buf-b64", deserialize_with = "decoded")]
    bytes: Vec<u8>,
    eof: bool,
}

#[derive(Deserialize)]
struct Written {
    count: usize,
}

/// An open file of the guest: closed in the background when it is given up.
struct OpenFile {
    handle: Option<i64>,
    domain: Uuid,
    link: Arc<Link>,
    background: Arc<Background>,
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        let Some(handle) = self.handle.take() else { return };
        let link = Arc::clone(&self.link);
        let command = json!({ "execute": "guest-file-close", "arguments": { "handle": handle } });
        let args = DomainAgentCommandArgs {
            dom: objects::domain(self.domain),
            cmd: command.to_string().into(),
            timeout: i32::try_from(CLOSE.as_secs()).unwrap_or(i32::MAX),
            flags: 0,
        };
        self.background.spawn(async move {
            let call = CallContext::new("agent", CallClass::Agent, CLOSE);
            // Whose agent is gone has lost its files, too.
            let _closed = link.call::<DomainAgentCommand>(&call, &args).await;
        });
    }
}

impl RemoteConnection {
    pub(super) async fn read_guest_file(
        &self,
        call: &CallContext,
        domain: Uuid,
        path: &str,
        limit: u64,
    ) -> Result<Vec<u8>> {
        let file = self.open_guest_file(call, domain, path, "rb").await?;
        let mut content = Vec::new();
        loop {
            let asked = json!({ "handle": file.handle, "count": CHUNK });
            let data: Data = self.agent_answer(call, domain, "guest-file-read", asked).await?;
            let over = data.eof || data.bytes.is_empty();
            content.extend_from_slice(&data.bytes);
            if u64::try_from(content.len()).is_ok_and(|length| length > limit) {
                let message = format!("the guest's file has more than {limit} bytes");
                return Err(Error::new(ErrorKind::InvalidArgument, message)
                    .with_subject(Subject::Path(path.to_owned())));
            }
            if over {
                break;
            }
        }
        self.close_guest_file(call, file).await?;
        Ok(content)
    }

    pub(super) async fn write_guest_file(
        &self,
        call: &CallContext,
        domain: Uuid,
        path: &str,
        content: &[u8],
    ) -> Result<()> {
        let file = self.open_guest_file(call, domain, path, "wb").await?;
        let mut rest = content;
        while !rest.is_empty() {
            let piece = rest.get(..CHUNK).unwrap_or(rest);
            let asked = json!({ "handle": file.handle, "buf-b64": encoded(piece) });
            let written: Written = self.agent_answer(call, domain, "guest-file-write", asked).await?;
            let count = written.count;
            let after = rest.get(count..).filter(|_| (1..=piece.len()).contains(&count));
            rest = after.ok_or_else(|| {
                let message = format!(
                    "the guest agent says that it wrote {count} of {} bytes",
                    piece.len()
                );
                Error::new(ErrorKind::Corrupt, message).with_outcome(Outcome::Unknown)
            })?;
        }
        let asked = json!({ "handle": file.handle });
        self.agent_command(call, domain, "guest-file-flush", asked)
            .await?;
        self.close_guest_file(call, file).await
    }

    async fn open_guest_file(
        &self,
        call: &CallContext,
        domain: Uuid,
        path: &str,
        mode: &str,
    ) -> Result<OpenFile> {
        let asked = json!({ "path": path, "mode": mode });
        let handle: i64 = self.agent_answer(call, domain, "guest-file-open", asked).await?;
        Ok(OpenFile {
            handle: Some(handle),
            domain,
            link: Arc::clone(&self.link),
            background: Arc::clone(&self.background),
        })
    }

    /// Closes a file, telling of what only shows then.
    async fn close_guest_file(&self, call: &CallContext, mut file: OpenFile) -> Result<()> {
        let asked = json!({ "handle": file.handle });
        let closed = self
            .agent_command(call, file.domain, "guest-file-close", asked)
            .await;
        if closed.is_ok() {
            file.handle = None;
        }
        closed.map(drop)
    }
}
