//! `tar` and `sha256sum`: archives.

use virt_core::host::Command;
use virt_core::{Error, ErrorKind, Result};

use super::{Rights, ToolError, Tools, refused};
use crate::create::{Entry, EntryKind, Layer};

/// So much of what a program prints is kept.
const MOST_PRINTED: usize = 16 << 20;

/// Does what a [`Layer`] wants in the directory that is its argument. Directories that are links, or no directories, go
/// first, so that nothing after them leads out of it.
const CLEAN: &str = r#"cd "$1" || exit 1
while IFS= read -r line; do
  path="./${line#? }"
  case "$line" in
    d*) if [ -L "$path" ] || { [ -e "$path" ] && [ ! -d "$path" ]; }; then rm -f -- "$path" || exit 1; fi ;;
    o*) if [ -d "$path" ]; then find "$path" -mindepth 1 -maxdepth 1 -exec rm -rf --one-file-system -- {} + || exit 1; fi ;;
    w*) rm -rf --one-file-system -- "$path" || exit 1 ;;
    f*) if [ -d "$path" ] && [ ! -L "$path" ]; then rm -rf --one-file-system -- "$path" || exit 1; fi ;;
  esac
done"#;

impl Tools {
    /// Makes a directory.
    pub(crate) async fn make_directory(&self, rights: &Rights, path: &str) -> Result<()> {
        let make = rights.command("mkdir").args(["-m", "755", "--", path]);
        self.work("mkdir", make).await.map(drop)
    }

    /// Unpacks an archive; owners are numbers.
    pub(crate) async fn unpack(&self, rights: &Rights, archive: &str, into: &str) -> Result<()> {
        let tar = unpacking(rights, archive, into);
        self.work("tar", tar).await.map(drop)
    }

    /// Unpacks a layer of an image over those below it.
    pub(crate) async fn unpack_layer(&self, rights: &Rights, archive: &str, into: &str) -> Result<()> {
        let entries = self.entries(rights, archive).await?;
        let layer = Layer::of(&entries)?;
        self.must_hold_no_mount(into).await?;
        let clean = rights
            .command("sh")
            .args(["-c", CLEAN, "sh", into])
            .stdin(layer.lines());
        self.work("sh", clean).await?;
        let tar = unpacking(rights, archive, into).arg(format!("--exclude={}*", Layer::WHITEOUT));
        self.work("tar", tar).await.map(drop)
    }

    /// Packs a directory; owners are numbers.
    pub(crate) async fn pack(&self, directory: &str, archive: &str) -> Result<()> {
        let tar = Command::new("tar")
            .args([
                "-c",
                "--numeric-owner",
                "--one-file-system",
                "--force-local",
                "--sparse",
            ])
            .args([
                "--xattrs",
                "--xattrs-include=user.*",
                "--xattrs-include=security.capability",
            ])
            .args(["-f", archive, "-C", directory, "."])
            .env("LC_ALL", "C");
        self.work("tar", tar).await.map(drop)
    }

    /// What is in an archive.
    async fn entries(&self, rights: &Rights, archive: &str) -> Result<Vec<Entry>> {
        let tar = rights.command("tar").args([
            "-tv",
            "--numeric-owner",
            "--quoting-style=escape",
            "--force-local",
            "-f",
            archive,
        ]);
        let printed = self.work("tar", tar).await?.stdout;
        if printed.len() >= MOST_PRINTED {
            let message = "a layer of the image has more entries than are taken";
            return Err(Error::new(ErrorKind::ResourceExhausted, message));
        }
        let text = String::from_utf8(printed)
            .map_err(|_| Error::unsupported("the image has names that are not UTF-8"))?;
        text.lines().map(entry).collect()
    }

    /// The digests of files, by the program that computes them.
    pub(crate) async fn digests(&self, program: &str, paths: &[String]) -> Result<Vec<String>> {
        let command = Command::new(program)
            .args(["-z", "--"])
            .args(paths)
            .env("LC_ALL", "C");
        // It may take long, and only reads.
        let output = self.asking.processes().run(command).await?;
        if !output.status.success() {
            return Err(refused(ToolError::of(program, &output)));
        }
        let text = output.stdout_text();
        let lines = text.split_terminator('\0');
        Ok(lines
            .map(|line| line.split(' ').next().unwrap_or_default().to_owned())
            .collect())
    }

    /// Has liblxc remove a container with its root.
    pub(crate) async fn destroy_container(&self, container: &str) -> Result<()> {
        let command = self.command("lxc-destroy", container);
        self.work("lxc-destroy", command).await.map(drop)
    }

    /// Has liblxc make a copy of a container.
    pub(crate) async fn copy_container(
        &self,
        container: &str,
        copy: &str,
        shares: bool,
        keeps_mac: bool,
    ) -> Result<()> {
        let mut command = self.command("lxc-copy", container).args(["-N", copy]);
        if shares {
            command = command.arg("-s");
        }
        if keeps_mac {
            command = command.arg("-M");
        }
        self.work("lxc-copy", command).await.map(drop)
    }
}

fn unpacking(rights: &Rights, archive: &str, into: &str) -> Command {
    rights
        .command("tar")
        .args(["-x", "-p", "--numeric-owner", "--force-local"])
        .args([
            "--xattrs",
            "--xattrs-include=user.*",
            "--xattrs-include=security.capability",
        ])
        .args(["-f", archive, "-C", into])
}

/// A line of `tar -tv`: `drwxr-xr-x 0/0  0 2026-11-28 01:46 ./a/`.
fn entry(line: &str) -> Result<Entry> {
    let not_understood = || {
        Error::new(
            ErrorKind::Corrupt,
            format!("a line of tar is not understood: {line:?}"),
        )
    };
    let mut rest = line;
    for _ in 0..4 {
        // Permissions, owners, size, day.
        rest = rest
            .trim_start_matches(' ')
            .split_once(' ')
            .ok_or_else(not_understood)?
            .1;
    }
    let (_, name) = rest
        .trim_start_matches(' ')
        .split_once(' ')
        .ok_or_else(not_understood)?;
    let (name, kind) = match line.bytes().next() {
        Some(b'd') => (name, EntryKind::Directory),
        Some(b'h') => {
            let (name, target) = name.rsplit_once(" link to ").ok_or_else(not_understood)?;
            (name, EntryKind::Link(path(target)?))
        }
        Some(b'l') => (
            name.split_once(" -> ").ok_or_else(not_understood)?.0,
            EntryKind::Other,
        ),
        _ => (name, EntryKind::Other),
    };
    Ok(Entry {
        path: path(name)?,
        kind,
    })
}

/// A path as tar prints it, without what says that it is below the root.
fn path(printed: &str) -> Result<String> {
    let path = unescaped(printed).ok_or_else(|| {
        Error::unsupported(format!(
            "the image has a name that is not understood: {printed:?}"
        ))
    })?;
    let mut path = path.as_str();
    while let Some(rest) = path.strip_prefix("./") {
        path = rest.trim_start_matches('/');
    }
    let path = path.trim_end_matches('/');
    let parts: Vec<&str> = path.split('/').filter(|part| *part != ".").collect();
    let joined = parts.join("/");
    Ok(joined)
}

/// Undoes what `--quoting-style=escape` does; `None` for what is not known.
fn unescaped(text: &str) -> Option<String> {
    let mut plain: Vec<u8> = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            plain.push(byte);
            continue;
        }
        plain.push(match bytes.next()? {
            b'\\' => b'\\',
            b' ' => b' ',
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 11,
            digit @ b'0'..=b'3' => {
                let octal = [digit, bytes.next()?, bytes.next()?];
                let octal = std::str::from_utf8(&octal).ok()?;
                u8::from_str_radix(octal, 8).ok()?
            }
            _ => return None,
        });
    }
    String::from_utf8(plain).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_tar_are_read() {
        let read = |line: &str| entry(line).unwrap();
        let directory = read("drwxr-xr-x 0/0               0 2026-11-28 01:46 ./a/b/");
        assert_eq!(
            (directory.path.as_str(), &directory.kind),
            ("a/b", &EntryKind::Directory)
        );
        assert_eq!(read("drwxr-xr-x 0/0 0 2026-11-28 01:46 ./").path, "");
        assert_eq!(
            read("crw-r--r-- 0/0             1,3 2026-11-28 01:46 ./sp ace").path,
            "sp ace"
        );
        let link = read("hrw-r--r-- 0/0               0 2026-11-28 01:46 ./a/f link to ./h");
        assert_eq!(link.kind, EntryKind::Link("h".to_owned()));
        assert_eq!(read("lrwxrwxrwx 0/0 0 2026-11-28 01:46 a/l -> /etc").path, "a/l");
        assert_eq!(
            read(r"-rw-r--r-- 0/0 1 2026-11-28 01:46 ./\303\251\\\t").path,
            "é\\\t"
        );
        assert!(entry("nonsense").is_err());
    }
}
