//! The floor: what it takes QEMU itself, started with the very same arguments, to answer its first QMP command.

use crate::failure::{Outcome, failed};
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_micros(100);

/// A QEMU as the SDK started it, to be started again without the SDK.
#[derive(Debug)]
pub(crate) struct Floor {
    arguments: Vec<String>,
    directory: PathBuf,
    monitor: PathBuf,
    /// The directories it found when the SDK started it; the SDK may remove them with the guest.
    directories: BTreeSet<PathBuf>,
}

impl Floor {
    /// Reads it from the running QEMU of the domain `name`, whose files are below `root`.
    pub(crate) fn of_running(name: &str, root: &Path) -> Outcome<Self> {
        let Some((arguments, directory)) = find_process(name, root) else {
            return failed(format!(
                "no running QEMU of \"{name}\" with files below {} was found",
                root.display()
            ));
        };
        let Some(monitor) = monitor_path(&arguments) else {
            return failed(format!("no monitor socket in: {}", arguments.join(" ")));
        };
        let mut directories = BTreeSet::new();
        collect_directories(root, &mut directories);
        Ok(Self {
            arguments,
            directory,
            monitor,
            directories,
        })
    }

    /// Starts it, waits for its greeting and its first reply, ends it, and says how long the first three took.
    pub(crate) fn measure(&self) -> Outcome<Duration> {
        for directory in &self.directories {
            fs::create_dir_all(directory)?;
        }
        // What the SDK's guest left: a stale socket file would be connected to and refused, which is part of no start.
        drop(fs::remove_file(&self.monitor));
        let Some((program, arguments)) = self.arguments.split_first() else {
            return failed("an empty command");
        };
        let began = Instant::now();
        let mut child = Command::new(program)
            .args(arguments)
            .current_dir(&self.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let stream = connect(&self.monitor, &mut child)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        expect_line(&mut lines, "\"QMP\"")?;
        (&stream).write_all(b"{\"execute\":\"qmp_capabilities\"}\n")?;
        expect_line(&mut lines, "\"return\"")?;
        let took = began.elapsed();
        (&stream).write_all(b"{\"execute\":\"quit\"}\n")?;
        // Its end is the end of the stream; what it still says is of no interest.
        lines.for_each(drop);
        child.wait()?;
        Ok(took)
    }
}

/// Reads lines until one has `wanted` in it; events may come before.
fn expect_line(lines: &mut impl Iterator<Item = std::io::Result<String>>, wanted: &str) -> Outcome {
    for line in lines {
        if line?.contains(wanted) {
            return Ok(());
        }
    }
    failed(format!("QEMU closed its monitor before {wanted}"))
}

fn connect(path: &Path, child: &mut Child) -> Outcome<UnixStream> {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Ok(stream) = UnixStream::connect(path) {
            return Ok(stream);
        }
        if child.try_wait()?.is_some_and(|status| !status.success()) {
            let mut said = String::new();
            if let Some(mut stderr) = child.stderr.take() {
                drop(std::io::Read::read_to_string(&mut stderr, &mut said));
            }
            return failed(format!(
                "QEMU did not start with the SDK's arguments: {}",
                said.trim()
            ));
        }
        if Instant::now() > until {
            return failed(format!("{} did not appear", path.display()));
        }
        thread::sleep(PAUSE);
    }
}

fn find_process(name: &str, root: &Path) -> Option<(Vec<String>, PathBuf)> {
    let root = root.display().to_string();
    for entry in fs::read_dir("/proc").ok()?.filter_map(Result::ok) {
        let Ok(line) = fs::read(entry.path().join("cmdline")) else {
            continue;
        };
        let arguments: Vec<String> = line
            .strip_suffix(&[0])
            .unwrap_or(&line)
            .split(|byte| *byte == 0)
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect();
        let is_qemu = arguments
            .first()
            .is_some_and(|program| program.contains("qemu-system"));
        let mentions = |what: &str| arguments.iter().any(|argument| argument.contains(what));
        if is_qemu && mentions(&root) && mentions(name) {
            let directory = fs::read_link(entry.path().join("cwd")).unwrap_or_else(|_| "/".into());
            return Some((arguments, directory));
        }
    }
    None
}

/// The path of the first monitor: `-qmp unix:PATH,…`, or the socket behind the first `-mon chardev=ID`.
fn monitor_path(arguments: &[String]) -> Option<PathBuf> {
    let values = |option: &'static str| {
        arguments.windows(2).filter_map(move |pair| match pair {
            [name, value] if name == option => Some(value.as_str()),
            _ => None,
        })
    };
    if let Some(path) = values("-qmp").find_map(|value| value.strip_prefix("unix:")) {
        return Some(path.split(',').next()?.into());
    }
    let monitor = values("-mon").next()?;
    let id = property(monitor, "chardev").or_else(|| monitor.split(',').next().map(str::to_owned))?;
    let chardev = values("-chardev").find(|value| property(value, "id").as_deref() == Some(&id))?;
    property(chardev, "path").map(PathBuf::from)
}

/// The value of `key` in QEMU's `word,key=value,…` form, or in its JSON form.
fn property(options: &str, key: &str) -> Option<String> {
    if let Ok(value) = serde_json::from_str::<serde_json::Value>(options) {
        return value.get(key)?.as_str().map(str::to_owned);
    }
    options
        .split(',')
        .find_map(|option| match option.split_once('=') {
            Some((name, value)) if name == key => Some(value.to_owned()),
            _ => None,
        })
}

fn collect_directories(directory: &Path, found: &mut BTreeSet<PathBuf>) {
    found.insert(directory.to_path_buf());
    for entry in fs::read_dir(directory)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
    {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect_directories(&entry.path(), found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_monitor_is_found_in_both_of_qemus_spellings() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let long = words(
            "qemu -chardev socket,id=mon0,path=/r/m.sock,server=on,wait=off -mon chardev=mon0,mode=control",
        );
        assert_eq!(monitor_path(&long), Some("/r/m.sock".into()));
        let short = words("qemu -qmp unix:/r/q.sock,server=on,wait=off");
        assert_eq!(monitor_path(&short), Some("/r/q.sock".into()));
        assert_eq!(monitor_path(&words("qemu -S")), None);
    }

    #[test]
    fn a_running_qemu_is_found_and_can_be_started_again_and_timed() {
        let qemu = match virt_testkit::live::qemu::QemuBinary::installed() {
            Ok(qemu) => qemu,
            Err(missing) => virt_testkit::skip!("{missing}"),
        };
        let root = tempfile::tempdir().unwrap();
        let run = root.path().join("run");
        fs::create_dir(&run).unwrap();
        let status = Command::new(&qemu.path)
            .args([
                "-name",
                "guest=floor-test",
                "-machine",
                "none",
                "-display",
                "none",
                "-S",
                "-daemonize",
            ])
            .args([
                "-chardev",
                &format!("socket,id=m,path={}/monitor,server=on,wait=off", run.display()),
            ])
            .args(["-mon", "chardev=m,mode=control"])
            .status()
            .unwrap();
        assert!(status.success());
        let floor = Floor::of_running("floor-test", root.path());
        let mut running = UnixStream::connect(run.join("monitor")).unwrap();
        running
            .write_all(b"{\"execute\":\"qmp_capabilities\"}{\"execute\":\"quit\"}")
            .unwrap();
        BufReader::new(running).lines().for_each(drop);
        fs::remove_dir_all(&run).unwrap();
        let took = floor.unwrap_or_else(|failure| panic!("{failure}")).measure();
        assert!(took.unwrap_or_else(|failure| panic!("{failure}")) < PATIENCE);
    }
}
