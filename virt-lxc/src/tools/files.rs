//! Copying and removing whole root file systems, by the machine's own `cp` and `rm`.

use virt_core::host::{Command, CommandOutput};
use virt_core::{Error, ErrorKind, Result, Subject};

use super::{Tools, succeeded};
use crate::config::{ContainerConfig, IdKind};
use crate::store::Layout;

/// What is mounted where.
const MOUNTS: &str = "/proc/self/mountinfo";
/// A file of a root that is larger is not read.
const MOST_READ: usize = 1 << 20;

/// Prints a file below a root, following links as that root has them: root, path, how much is read.
const READ: &str = r#"at= rest=$2 links=0
while [ -n "$rest" ]; do
  part=${rest%%/*}
  case "$rest" in */*) rest=${rest#*/} ;; *) rest= ;; esac
  case "$part" in ''|.) continue ;; ..) at=${at%/*}; continue ;; esac
  if [ -L "$1$at/$part" ]; then
    links=$((links + 1))
    [ "$links" -le 40 ] || exit 0
    to=$(readlink -n -- "$1$at/$part" && printf x) || exit 1
    to=${to%x}
    case "$to" in /*) at= ;; esac
    rest=$to/$rest
  else
    at=$at/$part
  fi
done
[ -f "$1$at" ] || exit 0
exec head -c "$3" -- "$1$at""#;

/// With whose rights files of a container are touched: root has all that are needed. An ordinary user goes into the user
/// namespace of the container, in which its files are his own (`lxc-usernsexec`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rights {
    maps: Vec<String>,
}

impl Rights {
    /// Those that are needed by this user of the machine for the files of a container.
    pub(crate) fn of(config: &ContainerConfig, user: u32, group: u32) -> Self {
        match user {
            0 => Self::default(),
            user => Self::within(config, user, group),
        }
    }

    /// Those of root in the container, whoever the user is: what is made belongs to the container.
    pub(crate) fn within(config: &ContainerConfig, user: u32, group: u32) -> Self {
        let ranges = config.idmaps();
        if ranges.is_empty() {
            return Self::default();
        }
        let after = |wanted: IdKind| {
            let ends = ranges
                .iter()
                .filter(|range| range.kind == wanted || range.kind == IdKind::Both);
            ends.map(|range| range.container.saturating_add(range.count))
                .max()
                .unwrap_or(0)
        };
        let mut maps: Vec<String> = ranges
            .iter()
            .map(|range| {
                let kind = match range.kind {
                    IdKind::User => 'u',
                    IdKind::Group => 'g',
                    IdKind::Both => 'b',
                };
                format!("{kind}:{}:{}:{}", range.container, range.host, range.count)
            })
            .collect();
        // The directories around it are ours.
        maps.push(format!("u:{}:{user}:1", after(IdKind::User)));
        maps.push(format!("g:{}:{group}:1", after(IdKind::Group)));
        Self { maps }
    }

    /// Whether they are the user's own.
    pub(crate) fn are_plain(&self) -> bool {
        self.maps.is_empty()
    }

    /// The program, run with these rights. What it says is in English.
    pub(crate) fn command(&self, program: &str) -> Command {
        let command = if self.maps.is_empty() {
            Command::new(program)
        } else {
            let maps = self.maps.iter().flat_map(|map| ["-m", map.as_str()]);
            Command::new("lxc-usernsexec").args(maps).args(["--", program])
        };
        command.env("LC_ALL", "C")
    }
}

impl Tools {
    /// Copies a directory or a file with all that is known of what is in it, but not what is mounted there: sharing blocks
    /// where the file system can. There is nothing at `to` before.
    pub(crate) async fn copy(&self, rights: &Rights, from: &str, to: &str) -> Result<()> {
        let copy = rights.command("cp").args([
            "-a",
            // What it is told by a link is what that leads to.
            "-H",
            "-x",
            "-T",
            "--reflink=auto",
            "--sparse=auto",
            "--",
            from,
            to,
        ]);
        self.work("cp", copy).await.map(drop)
    }

    /// Where a path leads, links followed; of one that leads nowhere, where it would be.
    pub(crate) async fn resolve(&self, path: &str) -> Result<String> {
        let resolve = Command::new("readlink").args(["-f", "-n", "--", path]);
        let output = self.ask(resolve).await?;
        let found = output.stdout_text();
        if output.status.success() && found.starts_with('/') {
            return Ok(found);
        }
        Ok(path.to_owned())
    }

    /// Whether something is mounted at this very place.
    pub(crate) async fn is_mount_point(&self, path: &str) -> Result<bool> {
        let asked = self
            .ask(Command::new("mountpoint").args(["-q", "--", path]))
            .await?;
        Ok(asked.status.success())
    }

    /// Waits until what was written there outlasts a loss of power.
    pub(crate) async fn flush(&self, path: &str) -> Result<()> {
        let sync = Command::new("sync").args(["-f", "--", path]).env("LC_ALL", "C");
        self.work("sync", sync).await.map(drop)
    }

    /// Removes directories and files with all that is in them, but not what is mounted there. What is not there is no
    /// error, and what something is mounted at or below is refused: files that are mounted from the same file system would
    /// go, too.
    pub(crate) async fn erase(&self, rights: &Rights, paths: &[String]) -> Result<()> {
        for path in paths {
            self.must_hold_no_mount(path).await?;
        }
        let erase = rights
            .command("rm")
            .args(["-rf", "--one-file-system", "--"])
            .args(paths);
        self.work("rm", erase).await.map(drop)
    }

    /// Refuses a directory at or below which something is mounted.
    pub(crate) async fn must_hold_no_mount(&self, path: &str) -> Result<()> {
        // Where a link leads is not what is removed.
        let real = match path.rsplit_once('/') {
            Some((parent, name)) if !parent.is_empty() => {
                format!("{}/{name}", self.resolve(parent).await?.trim_end_matches('/'))
            }
            _ => path.to_owned(),
        };
        let table = self.asking.files().read(MOUNTS).await?;
        let Some(mount) = mounted_within(&table, &real) else {
            return Ok(());
        };
        let message = format!("something is mounted there ({mount}): unmount it first");
        Err(Error::new(ErrorKind::InvalidState, message).with_subject(Subject::Path(mount)))
    }

    /// Removes what a crash has left of containers that were being made or removed, in our own directory. What cannot be
    /// removed stays for the next time.
    pub(crate) async fn erase_leftovers(&self, own: &str, (user, group): (u32, u32)) {
        let Ok(entries) = self.asking.files().list_dir(own).await else {
            return;
        };
        let is_left = |name: &str| name.starts_with("removed-") || name.starts_with(Layout::MAKING);
        for entry in entries.iter().filter(|entry| is_left(&entry.name)) {
            let path = format!("{own}/{}", entry.name);
            let config = self.asking.files().read(&format!("{path}/config")).await;
            let config = String::from_utf8_lossy(&config.unwrap_or_default()).into_owned();
            let config = ContainerConfig::parse(&config).unwrap_or_default();
            let rights = Rights::of(&config, user, group);
            if let Err(error) = self.erase(&rights, std::slice::from_ref(&path)).await {
                tracing::warn!(%path, %error, "what a crash left could not be removed");
            }
        }
    }

    /// The text of a file of a root, empty where there is no such file: links lead to where they do in that root, and
    /// nothing but a plain file is read.
    pub(crate) async fn read_within(&self, rights: &Rights, root: &str, path: &str) -> Result<String> {
        let most = MOST_READ.to_string();
        let read = rights.command("sh").args(["-c", READ, "sh", root, path, &most]);
        let content = succeeded("sh", self.ask(read).await?)?.stdout;
        if content.len() >= MOST_READ {
            let message = format!("the file /{path} of the root is larger than is read");
            return Err(Error::new(ErrorKind::ResourceExhausted, message));
        }
        Ok(String::from_utf8_lossy(&content).into_owned())
    }

    /// Removes a directory in which there is nothing.
    pub(crate) async fn remove_if_empty(&self, path: &str) -> Result<()> {
        let remove = Command::new("rmdir").args(["--ignore-fail-on-non-empty", "--", path]);
        self.run(remove).await.map(drop)
    }

    /// The machine's time: in seconds since 1970, and as `lxc-snapshot` writes it down.
    pub(crate) async fn now(&self) -> Result<(i64, String)> {
        let date = Command::new("date").arg("+%s %Y:%m:%d %H:%M:%S");
        let said = succeeded("date", self.ask(date).await?)?.stdout_text();
        let (seconds, text) = said.trim().split_once(' ').unwrap_or_default();
        let seconds = seconds.parse().map_err(|_| {
            Error::new(
                ErrorKind::Corrupt,
                format!("{:?} is no time of date", said.trim()),
            )
        })?;
        Ok((seconds, text.to_owned()))
    }

    /// Runs a program that may take long and has to succeed.
    pub(crate) async fn work(&self, name: &str, command: Command) -> Result<CommandOutput> {
        succeeded(name, self.run(command).await?)
    }
}

/// What is mounted at a directory or below it, by the kernel's table.
fn mounted_within(table: &[u8], directory: &str) -> Option<String> {
    let below = format!("{}/", directory.trim_end_matches('/'));
    table.split(|byte| *byte == b'\n').find_map(|line| {
        let place = unescaped(line.split(|byte| *byte == b' ').nth(4)?);
        let place = String::from_utf8_lossy(&place).into_owned();
        (place == directory || place.starts_with(&below)).then_some(place)
    })
}

/// Undoes what the kernel does with blanks: `\040`.
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((byte, after)) = rest.split_first() {
        if let Some((digits, after)) = after.split_at_checked(3)
            && *byte == b'\\'
            && let Ok(digits) = std::str::from_utf8(digits)
            && let Ok(byte) = u8::from_str_radix(digits, 8)
        {
            plain.push(byte);
            rest = after;
            continue;
        }
        plain.push(*byte);
        rest = after;
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_at_and_below_a_directory_are_found() {
        let table = b"25 30 0:26 / / rw - ext4 /dev/vda rw\n26 30 0:26 / /c/web\\040one/rootfs/mnt rw - ext4 /dev/vda rw\n\
                      27 30 0:26 / /c/db rw - ext4 /dev/vda rw\n";
        let found = mounted_within(table, "/c/web one");
        assert_eq!(found.as_deref(), Some("/c/web one/rootfs/mnt"));
        assert_eq!(mounted_within(table, "/c/db").as_deref(), Some("/c/db"));
        assert_eq!(mounted_within(table, "/c/web"), None);
        assert_eq!(mounted_within(table, "/c/d"), None);
    }

    #[test]
    fn a_file_of_a_root_is_never_one_of_the_host() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("root");
        std::fs::create_dir_all(root.join("etc")).unwrap();
        std::fs::create_dir_all(root.join("data")).unwrap();
        let outside = place.path().join("secret");
        std::fs::write(&outside, "secret").unwrap();
        std::fs::write(root.join("data/accounts"), "within").unwrap();
        let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, root.join(name)).unwrap();
        link(&outside.to_string_lossy(), "etc/absolute");
        link("../../../../../../secret", "etc/relative");
        link("/data/accounts", "etc/passwd");
        link("/etc/loop", "etc/loop");
        let read = |path: &str| {
            let said = std::process::Command::new("sh")
                .args(["-c", READ, "sh"])
                .arg(&root)
                .args([path, "1000"])
                .output()
                .unwrap();
            assert!(said.status.success(), "{path}: {said:?}");
            String::from_utf8(said.stdout).unwrap()
        };
        assert_eq!(read("etc/passwd"), "within");
        for path in ["etc/absolute", "etc/relative", "etc/loop", "etc/none", "etc"] {
            assert_eq!(read(path), "", "{path}");
        }
        let fifo = std::process::Command::new("mkfifo")
            .arg(root.join("etc/fifo"))
            .status();
        assert!(fifo.unwrap().success());
        assert_eq!(read("etc/fifo"), "");
    }

    #[test]
    fn an_ordinary_user_goes_into_the_namespace_of_the_container() {
        let config =
            ContainerConfig::parse("lxc.idmap = u 0 100000 65536\nlxc.idmap = g 0 200000 1000\n").unwrap();
        let command = Rights::of(&config, 1000, 100).command("cp");
        assert_eq!(command.program, "lxc-usernsexec");
        let maps = [
            "-m",
            "u:0:100000:65536",
            "-m",
            "g:0:200000:1000",
            "-m",
            "u:65536:1000:1",
            "-m",
            "g:1000:100:1",
        ];
        let mut expected: Vec<&str> = maps.into();
        expected.extend(["--", "cp"]);
        assert_eq!(command.args, expected);
        assert_eq!(Rights::of(&config, 0, 0).command("cp").program, "cp");
    }
}
