//! The guest's file system: in memory, on its disk as it were, so it survives a reboot.

use crate::error::{Error, ErrorKind, Result, Subject};
use crate::sorted::SortedMap;

/// Files by absolute path. Directories are made by themselves.
#[derive(Debug, Clone)]
pub(in crate::test) struct GuestFiles {
    files: SortedMap<String, Vec<u8>>,
}

impl Default for GuestFiles {
    fn default() -> Self {
        let hostname = ("/etc/hostname".to_owned(), b"test-guest\n".to_vec());
        let release = (
            "/etc/os-release".to_owned(),
            b"ID=testos\nNAME=\"Test OS\"\nPRETTY_NAME=\"Test OS 1.0\"\nVERSION_ID=\"1.0\"\n".to_vec(),
        );
        Self {
            files: [hostname, release].into_iter().collect(),
        }
    }
}

impl GuestFiles {
    pub(in crate::test) fn read(&self, path: &str) -> Result<&[u8]> {
        match self.files.get(path) {
            Some(content) => Ok(content),
            None if self.is_dir(path) => Err(guest_says(path, "is a directory")),
            None => Err(guest_says(path, "no such file or directory")),
        }
    }

    pub(in crate::test) fn write(&mut self, path: &str, content: &[u8]) -> Result<()> {
        if !path.starts_with('/') || path.ends_with('/') || path.contains('\0') {
            return Err(guest_says(path, "no such file or directory"));
        }
        if self.is_dir(path) {
            return Err(guest_says(path, "is a directory"));
        }
        self.files.insert(path.to_owned(), content.to_vec());
        Ok(())
    }

    pub(in crate::test) fn remove(&mut self, path: &str) -> bool {
        self.files.remove(path).is_some()
    }

    fn is_dir(&self, path: &str) -> bool {
        let prefix = format!("{}/", path.trim_end_matches('/'));
        self.files.keys().any(|file| file.starts_with(&prefix))
    }
}

fn guest_says(path: &str, words: &'static str) -> Error {
    Error::new(ErrorKind::Failed, format!("the guest says: {words}"))
        .with_subject(Subject::Path(path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_replaced() {
        let mut files = GuestFiles::default();
        files.write("/srv/a", b"one").unwrap();
        files.write("/srv/a", b"2").unwrap();
        assert_eq!(files.read("/srv/a").unwrap(), b"2");
        assert_eq!(
            files.read("/srv").unwrap_err().message(),
            "the guest says: is a directory"
        );
        assert!(files.write("/srv", b"").is_err() && files.write("relative", b"").is_err());
    }
}
