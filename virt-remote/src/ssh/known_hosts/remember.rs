//! Writing down a new key.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use russh::keys::PublicKey;

use virt_core::{Error, ErrorKind, Result, Subject, kind_of_io};

use super::name::HostKeyName;
use super::pattern::{SALT, hashed as hash_of};
use super::store::KnownHosts;

/// How a name is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum NameForm {
    /// As it is.
    #[default]
    Plain,
    /// Hashed (`HashKnownHosts`), so that the file does not tell whom it knows.
    Hashed,
}

impl KnownHosts {
    /// Appends a line to `file` that makes `key` known as that of `name`. The line is written as a whole or not at all; the file
    /// is made with mode 0600 where it is missing, and its directory with 0700.
    ///
    /// # Errors
    /// `InvalidArgument` for a name that a line can't hold; `Denied`, `ResourceExhausted` and others where the file
    /// can't be written.
    ///
    /// # Cancel safety
    /// The line is written even when the future is dropped.
    pub async fn remember(file: &Path, name: &HostKeyName, key: &PublicKey, form: NameForm) -> Result<()> {
        let key = key_text(key)
            .ok_or_else(|| Error::new(ErrorKind::InvalidArgument, "the key can't be written as text"))?;
        let name = writable(name)?;
        let path = file.to_owned();
        let written = tokio::task::spawn_blocking(move || -> io::Result<()> {
            let name = match form {
                NameForm::Plain => name,
                NameForm::Hashed => hash_of(&name, &new_salt()?).unwrap_or(name),
            };
            append(&path, &format!("{name} {key}\n"))
        });
        let written = written.await.map_err(|error| {
            Error::new(ErrorKind::Internal, "the write did not come to its end").with_source(error)
        })?;
        written.map_err(|error| {
            Error::new(kind_of_io(&error), "the key of the machine can't be written down")
                .with_subject(Subject::Path(file.display().to_string()))
                .with_source(error)
        })
    }
}

/// Type and key, as they stand on a line, without comment.
pub(super) fn key_text(key: &PublicKey) -> Option<String> {
    let text = PublicKey::new(key.key_data().clone(), "").to_openssh().ok()?;
    Some(text.trim_end().to_owned())
}

/// The name as a line's first field. One that would read as a pattern, a list, a comment or a marker is refused: it
/// would make the key known for other machines.
fn writable(name: &HostKeyName) -> Result<String> {
    let host = name.host();
    let is_special = |c: char| c.is_whitespace() || c.is_control() || ",*?!|#@[]".contains(c);
    if host.is_empty() || host.contains(is_special) {
        let message = "the name can't stand in a file of known keys; set HostKeyAlias to one of letters, digits, dots and dashes";
        return Err(
            Error::new(ErrorKind::InvalidArgument, message).with_subject(Subject::Host(host.to_owned()))
        );
    }
    Ok(name.to_string())
}

fn new_salt() -> io::Result<[u8; SALT]> {
    let mut salt = [0; SALT];
    File::open("/dev/urandom")?.read_exact(&mut salt)?;
    Ok(salt)
}

/// One write at the end of the file: programs that do the same at once do not mix their lines.
fn append(path: &Path, line: &str) -> io::Result<()> {
    if let Some(directory) = path.parent()
        && !directory.as_os_str().is_empty()
        && !fs::exists(directory)?
    {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)?;
    file.lock()?;
    let length = file.metadata()?.len();
    let broken_off = length > 0 && {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        last != *b"\n"
    };
    let text = format!("{}{line}", if broken_off { "\n" } else { "" });
    let mut outcome = file.write_all(text.as_bytes());
    if outcome.is_ok() && file.metadata()?.is_file() {
        outcome = file.sync_all();
    }
    if outcome.is_err() && file.metadata()?.len() > length {
        // Half a line: the disk is full. What was there stays.
        file.set_len(length)?;
    }
    outcome
}
