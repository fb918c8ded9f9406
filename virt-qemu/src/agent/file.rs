//! Files of the guest.

use std::time::Duration;

use tokio::time::Instant;

use super::AgentConnection;
use super::commands::file::{
    GuestFileClose, GuestFileFlush, GuestFileOpen, GuestFileRead, GuestFileSeek, GuestFileWrite,
};
use super::error::{AgentError, AgentResult};

/// How much is moved in one exchange, in bytes: enough to make the exchanges few, little enough to let others in.
const CHUNK: usize = 256 * 1024;

/// How long the agent is given to close a file that was dropped.
const CLOSE: Duration = Duration::from_secs(60);

/// How a file of the guest is opened. Bytes are never translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileMode {
    /// For reading; it must exist.
    Read,
    /// For writing; made, or emptied.
    Write,
    /// For writing at its end; made where missing.
    Append,
    /// For reading and writing; it must exist.
    ReadWrite,
}

impl FileMode {
    fn text(self) -> &'static str {
        match self {
            Self::Read => "rb",
            Self::Write => "wb",
            Self::Append => "ab",
            Self::ReadWrite => "r+b",
        }
    }
}

/// From where a file's position is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SeekFrom {
    /// From its beginning, in bytes.
    Start(i64),
    /// From where it stands.
    Current(i64),
    /// From its end.
    End(i64),
}

/// An open file of the guest. Dropped, it is closed in the background.
#[derive(Debug)]
pub struct GuestFile {
    agent: AgentConnection,
    handle: Option<i64>,
}

impl AgentConnection {
    /// Opens a file of the guest.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    ///
    /// # Cancel safety
    /// Dropped at an unlucky moment, the file stays open in the agent until the agent ends.
    pub async fn open_file(&self, path: &str, mode: FileMode, deadline: Instant) -> AgentResult<GuestFile> {
        let open = GuestFileOpen {
            path: path.to_owned(),
            mode: mode.text().to_owned(),
        };
        let handle = self.execute(&open, deadline).await?;
        Ok(GuestFile {
            agent: self.clone(),
            handle: Some(handle),
        })
    }

    /// Reads a whole file of the guest, of at most `limit` bytes.
    ///
    /// # Errors
    /// [`AgentError::FileTooLarge`]; else as [`execute`](Self::execute).
    pub async fn read_file(&self, path: &str, limit: u64, deadline: Instant) -> AgentResult<Vec<u8>> {
        let file = self.open_file(path, FileMode::Read, deadline).await?;
        let mut content = Vec::new();
        loop {
            let chunk = file.read(CHUNK, deadline).await?;
            if chunk.is_empty() {
                break;
            }
            content.extend_from_slice(&chunk);
            if u64::try_from(content.len()).unwrap_or(u64::MAX) > limit {
                return Err(AgentError::FileTooLarge {
                    path: path.to_owned(),
                    limit,
                });
            }
        }
        file.close(deadline).await?;
        Ok(content)
    }

    /// Writes a whole file of the guest: made, or emptied first.
    ///
    /// # Errors
    /// As [`execute`](Self::execute). What was written by then stays.
    pub async fn write_file(&self, path: &str, content: &[u8], deadline: Instant) -> AgentResult<()> {
        let file = self.open_file(path, FileMode::Write, deadline).await?;
        for chunk in content.chunks(CHUNK) {
            file.write(chunk, deadline).await?;
        }
        file.flush(deadline).await?;
        file.close(deadline).await
    }
}

impl GuestFile {
    /// Reads at most `count` bytes from where the file stands; nothing at its end.
    ///
    /// # Errors
    /// As [`AgentConnection::execute`].
    pub async fn read(&self, count: usize, deadline: Instant) -> AgentResult<Vec<u8>> {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        loop {
            let data = self
                .agent
                .execute(
                    &GuestFileRead {
                        handle: self.handle(),
                        count,
                    },
                    deadline,
                )
                .await?;
            if data.eof || !data.bytes.is_empty() || count == 0 {
                return Ok(data.bytes);
            }
        }
    }

    /// Writes all these bytes where the file stands.
    ///
    /// # Errors
    /// As [`AgentConnection::execute`]; [`AgentError::Garbled`] when the agent says it wrote nothing, or too much.
    pub async fn write(&self, bytes: &[u8], deadline: Instant) -> AgentResult<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let piece = rest.get(..CHUNK).unwrap_or(rest);
            let write = GuestFileWrite {
                handle: self.handle(),
                bytes: piece.to_vec(),
            };
            let count = self.agent.execute(&write, deadline).await?.count;
            rest = usize::try_from(count)
                .ok()
                .filter(|count| (1..=piece.len()).contains(count))
                .and_then(|count| rest.get(count..))
                .ok_or_else(|| AgentError::Garbled {
                    command: "guest-file-write".into(),
                    what: format!("{count} of {} bytes written", piece.len()),
                })?;
        }
        Ok(())
    }

    /// Moves the position; gives the new one, in bytes from the beginning.
    ///
    /// # Errors
    /// As [`AgentConnection::execute`].
    pub async fn seek(&self, to: SeekFrom, deadline: Instant) -> AgentResult<u64> {
        let (offset, whence) = match to {
            SeekFrom::Start(offset) => (offset, "set"),
            SeekFrom::Current(offset) => (offset, "cur"),
            SeekFrom::End(offset) => (offset, "end"),
        };
        let seek = GuestFileSeek {
            handle: self.handle(),
            offset,
            whence,
        };
        Ok(self.agent.execute(&seek, deadline).await?.position)
    }

    /// Hands what was written to the guest's kernel.
    ///
    /// # Errors
    /// As [`AgentConnection::execute`].
    pub async fn flush(&self, deadline: Instant) -> AgentResult<()> {
        self.agent
            .execute(
                &GuestFileFlush {
                    handle: self.handle(),
                },
                deadline,
            )
            .await
            .map(drop)
    }

    /// Closes the file, telling of errors that only show then.
    ///
    /// # Errors
    /// As [`AgentConnection::execute`].
    ///
    /// # Cancel safety
    /// Dropped, the file is closed in the background.
    pub async fn close(mut self, deadline: Instant) -> AgentResult<()> {
        let close = GuestFileClose {
            handle: self.handle(),
        };
        let closed = self.agent.execute(&close, deadline).await;
        if !closed.as_ref().is_err_and(|error| !error.is_answer()) {
            self.handle = None;
        }
        closed.map(drop)
    }

    fn handle(&self) -> i64 {
        // Only a file that was closed has none, and closing takes it away from its user.
        self.handle.unwrap_or_default()
    }
}

impl Drop for GuestFile {
    fn drop(&mut self) {
        if let Some(handle) = self.handle.take() {
            self.agent
                .leave(&GuestFileClose { handle }, false, Instant::now() + CLOSE);
        }
    }
}
