//! A cpio archive in the "newc" form, the one a Linux kernel unpacks as its first root file system.

use std::collections::BTreeMap;

/// An archive that is filled and then written out.
#[derive(Debug, Default)]
pub(super) struct Archive {
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug)]
struct Entry {
    mode: u32,
    device: (u32, u32),
    content: Vec<u8>,
}

impl Archive {
    /// Adds a file (its path without a leading slash), and the directories above it.
    pub(super) fn file(&mut self, path: &str, permissions: u32, content: Vec<u8>) {
        self.insert(path, 0o100_000 | permissions, (0, 0), content);
    }

    /// Adds a symbolic link.
    pub(super) fn link(&mut self, path: &str, target: &str) {
        self.insert(path, 0o120_777, (0, 0), target.as_bytes().to_vec());
    }

    /// Adds a directory.
    pub(super) fn directory(&mut self, path: &str) {
        self.insert(path, 0o040_755, (0, 0), Vec::new());
    }

    /// Adds a character device.
    pub(super) fn character_device(&mut self, path: &str, major: u32, minor: u32) {
        self.insert(path, 0o020_600, (major, minor), Vec::new());
    }

    /// The archive as bytes.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        let mut out = Vec::new();
        for (number, (path, entry)) in (1_u32..).zip(&self.entries) {
            write_entry(&mut out, number, path, entry);
        }
        let trailer = Entry {
            mode: 0,
            device: (0, 0),
            content: Vec::new(),
        };
        write_entry(&mut out, 0, "TRAILER!!!", &trailer);
        out
    }

    fn insert(&mut self, path: &str, mode: u32, device: (u32, u32), content: Vec<u8>) {
        for (at, _) in path.match_indices('/') {
            let above = path.get(..at).unwrap_or_default();
            if !self.entries.contains_key(above) {
                self.directory(above);
            }
        }
        self.entries.insert(
            path.to_owned(),
            Entry {
                mode,
                device,
                content,
            },
        );
    }
}

fn write_entry(out: &mut Vec<u8>, number: u32, path: &str, entry: &Entry) {
    let size = u32::try_from(entry.content.len()).unwrap_or(u32::MAX);
    let name_size = u32::try_from(path.len()).unwrap_or(u32::MAX).saturating_add(1);
    let (major, minor) = entry.device;
    // ino, mode, uid, gid, nlink, mtime, size, dev major and minor, rdev major and minor, name size, checksum.
    let fields = [
        number, entry.mode, 0, 0, 1, 0, size, 0, 0, major, minor, name_size, 0,
    ];
    out.extend_from_slice(b"070701");
    for field in fields {
        out.extend_from_slice(format!("{field:08x}").as_bytes());
    }
    out.extend_from_slice(path.as_bytes());
    out.push(0);
    pad(out);
    out.extend_from_slice(&entry.content);
    pad(out);
}

fn pad(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_has_the_directories_above_its_files_and_an_end() {
        let mut archive = Archive::default();
        archive.file("etc/name", 0o644, b"guest\n".to_vec());
        let bytes = archive.into_bytes();
        let text = String::from_utf8_lossy(&bytes);
        assert_eq!(bytes.len() % 4, 0);
        assert_eq!(text.matches("070701").count(), 3);
        assert!(text.find("etc\0").unwrap() < text.find("etc/name\0").unwrap());
        assert!(text.contains("TRAILER!!!"));
    }
}
