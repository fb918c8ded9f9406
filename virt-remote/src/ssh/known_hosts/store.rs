//! The files of known keys.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use virt_core::{Error, Result, Subject, kind_of_io};

use super::key::{KnownKey, Place};
use super::line::{Line, Unreadable};
use super::name::HostKeyName;

/// What some files say about the keys of machines.
///
/// It is read once and does not change: who remembers a key reads the files again.
#[derive(Debug, Clone, Default)]
pub struct KnownHosts {
    files: Vec<File>,
}

#[derive(Debug, Clone)]
struct File {
    path: Arc<Path>,
    lines: Vec<(usize, Line)>,
}

impl KnownHosts {
    /// Reads files, the user's own first. One that is missing is empty, and still the first is where a new key belongs.
    ///
    /// # Errors
    /// `Denied` and others for a file that is there and can't be read.
    ///
    /// # Cancel safety
    /// Safe: nothing changes.
    pub async fn read(files: &[PathBuf]) -> Result<Self> {
        let mut known = Self::default();
        for file in files {
            let text = match tokio::fs::read(file).await {
                Ok(text) => text,
                Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
                Err(error) => return Err(unreadable(file, error)),
            };
            known.add(file, &text);
        }
        Ok(known)
    }

    /// Adds what a file says, given its text.
    pub fn add(&mut self, file: &Path, text: &[u8]) {
        let path: Arc<Path> = file.into();
        let mut lines = Vec::new();
        for (number, line) in (1..).zip(text.split(|byte| *byte == b'\n')) {
            match Line::parse(line) {
                Ok(Some(line)) => lines.push((number, line)),
                Ok(None) => {}
                Err(why) => left_out(&path, number, why),
            }
        }
        self.files.push(File { path, lines });
    }

    /// The keys on lines about `name` itself, in the order of the files.
    #[must_use]
    pub fn keys(&self, name: &HostKeyName) -> Vec<KnownKey> {
        let name = name.to_string();
        let mut found = Vec::new();
        for file in &self.files {
            for (number, line) in file.lines.iter().filter(|(_, line)| line.names.matches(&name)) {
                match line.key() {
                    Ok(key) => found.push(KnownKey {
                        place: Place {
                            file: file.path.to_path_buf(),
                            line: *number,
                        },
                        marker: line.marker,
                        key,
                    }),
                    Err(why) => left_out(&file.path, *number, why),
                }
            }
        }
        found
    }

    /// Where a new key belongs: the first file.
    #[must_use]
    pub fn first_file(&self) -> Option<&Path> {
        self.files.first().map(|file| &*file.path)
    }
}

fn left_out(file: &Path, line: usize, why: Unreadable) {
    tracing::warn!(file = %file.display(), line, "a line of known keys is left out: {why}");
}

fn unreadable(file: &Path, error: io::Error) -> Error {
    let message = "the keys of known machines can't be read; make the file readable, or name another one";
    Error::new(kind_of_io(&error), message)
        .with_subject(Subject::Path(file.display().to_string()))
        .with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_missing_file_is_empty_and_an_unreadable_one_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("none");
        let known = KnownHosts::read(std::slice::from_ref(&missing)).await.unwrap();
        assert!(known.keys(&HostKeyName::new("web", 22)).is_empty());
        assert_eq!(known.first_file(), Some(&*missing));
        let error = KnownHosts::read(&[directory.path().to_owned()])
            .await
            .unwrap_err();
        assert!(error.to_string().contains("can't be read"), "{error}");
    }
}
