//! Unix sockets of a far machine: through sshd, or through a program there where sshd forbids it.

use async_trait::async_trait;
use virt_core::host::{ByteStream, Sockets, StreamUse};
use virt_core::{Error, ErrorKind, Result, Subject};

use super::error::absolute;
use super::far::Role;
use super::{SshHost, terminal};

/// The longest path of a socket, without the NUL behind it.
const LONGEST: usize = 107;

#[async_trait]
impl Sockets for SshHost {
    async fn connect_unix(&self, path: &str, stream_use: StreamUse) -> Result<Box<dyn ByteStream>> {
        absolute(path)?;
        if path.len() > LONGEST {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "cannot connect: the path is too long for a socket (107 bytes at most)",
            )
            .with_subject(Subject::Path(path.to_owned())));
        }
        let login = self.connection.login().await?;
        // Through sshd it would be the login's user who connects.
        if !login.is_risen() && !login.forbids_streams() {
            match login.link.connect_unix(path, stream_use).await {
                Err(error) if error.kind() == ErrorKind::Denied => login.note_forbidden_streams(),
                // Not all of sshd's answers tell what is the matter: the program below does.
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionLost) => {}
                connected => return connected,
            }
        }
        terminal::stream(&login, Role::Socket, "socket MARKER", path).await
    }
}
