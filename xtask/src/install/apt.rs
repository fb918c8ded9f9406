//! Debian's package tools: what is installed, fresh lists, installing with progress shown.

use crate::failure::{Doing as _, Failure, Outcome};
use crate::say::{self, Progress};
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, SystemTime};

const LISTS: &str = "/var/lib/apt/lists";
const POLICY: &str = "/usr/sbin/policy-rc.d";
const LISTS_ARE_FRESH_FOR: Duration = Duration::from_secs(24 * 3600);

/// A Debian package, and where it has to come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: &'static str,
    /// Whether the release's own version may be too old, so that backports are used.
    pub(crate) backported: bool,
    /// The lowest upstream major version that will do.
    least_major: u32,
}

impl Package {
    /// A package of the release itself.
    pub(crate) fn plain(name: &'static str) -> Self {
        Self {
            name,
            backported: false,
            least_major: 0,
        }
    }

    /// A package that must have upstream major version `least_major` or newer.
    pub(crate) fn backported(name: &'static str, least_major: u32) -> Self {
        Self {
            name,
            backported: true,
            least_major,
        }
    }
}

/// Whether this machine has apt at all.
pub(crate) fn is_available() -> bool {
    Path::new("/usr/bin/apt-get").exists()
}

/// Whether dpkg has the package installed.
pub(crate) fn is_installed(name: &str) -> bool {
    Command::new("dpkg-query")
        .args(["-W", "-f=${db:Status-Status}", name])
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|output| output.stdout == b"installed")
}

/// Fetches the package lists if there are none, or if they are older than a day.
pub(crate) fn refresh_lists_if_stale() -> Outcome {
    match lists_age() {
        Some(age) if age < LISTS_ARE_FRESH_FOR => Ok(()),
        _ => refresh_lists(),
    }
}

/// Fetches the package lists.
pub(crate) fn refresh_lists() -> Outcome {
    say::line("Fetching Debian's package lists (apt-get update)");
    let output = apt_get()
        .args(["-q", "update"])
        .output()
        .doing(|| "run apt-get update".to_owned())?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(apt_failure("apt-get update", &said));
    }
    // Not every source has to answer: a broken one that is not needed here is the machine's own matter.
    if let Some(unreached) = said.lines().find(|line| line.contains("Failed to fetch")) {
        say::warn(&format!(
            "  one of this machine's apt sources did not answer: {unreached}"
        ));
    }
    Ok(())
}

/// Whether the version that apt would install without backports is new enough.
pub(crate) fn candidate_is_new_enough(package: &Package) -> bool {
    let policy = Command::new("apt-cache")
        .args(["policy", package.name])
        .env("LC_ALL", "C")
        .output();
    policy.is_ok_and(|output| {
        candidate_major(&String::from_utf8_lossy(&output.stdout))
            .is_some_and(|major| major >= package.least_major)
    })
}

/// Installs those of `packages` that are missing or too old, without recommended extras and without starting services.
pub(crate) fn install(packages: &[Package]) -> Outcome {
    let wanted = packages
        .iter()
        .filter(|package| package.backported || !is_installed(package.name));
    // From backports comes only what is too old without them: what is tested with is the release's own where it does.
    let (too_old, plain): (Vec<&Package>, Vec<&Package>) =
        wanted.partition(|package| !candidate_is_new_enough(package));
    let _services = ServicesStayOff::new()?;
    install_from(&too_old, true)?;
    install_from(&plain, false)
}

fn install_from(packages: &[&Package], from_backports: bool) -> Outcome {
    let mut names: Vec<String> = packages.iter().map(|package| package.name.to_owned()).collect();
    names.dedup();
    if names.is_empty() {
        return Ok(());
    }
    match run_install(&names, from_backports) {
        Ok(()) => Ok(()),
        Err(_) => {
            // The usual cause is a list that names a version the mirror has already replaced.
            say::line("That did not work with the lists at hand; fetching them anew and trying once more.");
            refresh_lists()?;
            run_install(&names, from_backports)
        }
    }
}

fn run_install(names: &[String], from_backports: bool) -> Outcome {
    let mut command = apt_get();
    command.args(["install", "-y", "-q", "--no-install-recommends"]);
    command.args([
        "-o",
        "Dpkg::Options::=--force-confdef",
        "-o",
        "Dpkg::Options::=--force-confold",
    ]);
    command.args(["-o", "APT::Status-Fd=1", "-o", "DPkg::Lock::Timeout=120"]);
    if from_backports {
        command.arg("-t").arg(super::backports::suite()?);
    }
    let mut child = command
        .args(names)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .doing(|| "run apt-get".to_owned())?;
    let complaints = collect_stderr(&mut child);
    let mut progress = Progress::start(match names {
        [one] => format!("installing {one}"),
        more => format!("installing {} packages and what they need", more.len()),
    });
    for line in child
        .stdout
        .take()
        .into_iter()
        .flat_map(|out| BufReader::new(out).lines())
    {
        if let Some((percent, detail)) = line.ok().as_deref().and_then(status_line) {
            progress.update(percent, detail);
        }
    }
    let status = child.wait().doing(|| "wait for apt-get".to_owned())?;
    let complaints = complaints.join().unwrap_or_default();
    if status.success() {
        progress.finish("done");
        return Ok(());
    }
    progress.finish("failed");
    Err(apt_failure(
        &format!("apt-get install {}", names.join(" ")),
        &complaints,
    ))
}

fn collect_stderr(child: &mut Child) -> thread::JoinHandle<String> {
    let stderr = child.stderr.take();
    thread::spawn(move || {
        let mut text = String::new();
        if let Some(mut stderr) = stderr {
            // What could be read is what is shown.
            drop(stderr.read_to_string(&mut text));
        }
        text
    })
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("LC_ALL", "C")
        .stdin(Stdio::null());
    command
}

fn apt_failure(what: &str, stderr: &str) -> Failure {
    let errors: Vec<&str> = stderr
        .lines()
        .filter(|line| line.starts_with("E:"))
        .take(5)
        .collect();
    let advice = if stderr.contains("Could not get lock") {
        "another package tool is at work: let it finish, then run the same command again"
    } else if stderr.contains("Failed to fetch") || stderr.contains("resolve") {
        "the Debian mirror did not answer: check the network and this machine's apt sources, then try again"
    } else if stderr.contains("held broken packages")
        || stderr.contains("no installation candidate")
        || stderr.contains("Unable to locate")
    {
        "apt does not find all that is needed: check the network and this machine's apt sources, then try again"
    } else if stderr.contains("No space left") {
        "the disk is full: free some space and try again"
    } else {
        "run that command by hand to see all of its output"
    };
    Failure::new(format!("`{what}` failed: {}", errors.join(" "))).advise(advice)
}

/// One line of apt's machine-readable status: `pmstatus:PACKAGE:PERCENT:TEXT` or `dlstatus:N:PERCENT:TEXT`.
/// Downloading is shown as the first half of the way, unpacking and setting up as the second.
fn status_line(line: &str) -> Option<(u32, &str)> {
    let mut parts = line.splitn(4, ':');
    let offset = match parts.next()? {
        "dlstatus" => 0,
        "pmstatus" => 50,
        _ => return None,
    };
    let whole = parts.nth(1)?.split('.').next()?.parse::<u32>().ok()?;
    Some((offset + whole / 2, parts.next()?))
}

fn candidate_major(policy: &str) -> Option<u32> {
    let line = policy
        .lines()
        .find_map(|line| line.trim().strip_prefix("Candidate: "))?;
    let upstream = line.split_once(':').map_or(line, |(_, rest)| rest);
    upstream.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn lists_age() -> Option<Duration> {
    let newest = fs::read_dir(LISTS)
        .ok()?
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().contains("_Packages"))
        .filter_map(|entry| entry.metadata().ok()?.modified().ok())
        .max()?;
    // The file's time is the mirror's, so a list of a quiet suite looks old: the directory tells when we asked.
    let asked = fs::metadata(Path::new(LISTS).join("partial"))
        .ok()?
        .modified()
        .ok()?;
    SystemTime::now().duration_since(newest.max(asked)).ok()
}

/// While it lives, packages that are installed do not start their services (Debian's policy-rc.d).
struct ServicesStayOff {
    written: bool,
}

impl ServicesStayOff {
    fn new() -> Outcome<Self> {
        if Path::new(POLICY).exists() {
            return Ok(Self { written: false });
        }
        fs::write(POLICY, "#!/bin/sh\nexit 101\n").doing(|| format!("write {POLICY}"))?;
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(POLICY, executable).doing(|| format!("make {POLICY} executable"))?;
        Ok(Self { written: true })
    }
}

impl Drop for ServicesStayOff {
    fn drop(&mut self) {
        if self.written && fs::remove_file(POLICY).is_err() {
            say::warn(&format!(
                "could not remove {POLICY}: remove it by hand, or no service will start"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_read_from_apts_status_lines() {
        assert_eq!(
            status_line("dlstatus:3:50.5:Retrieving file 3"),
            Some((25, "Retrieving file 3"))
        );
        assert_eq!(
            status_line("pmstatus:qemu:100.0:Installed: qemu"),
            Some((100, "Installed: qemu"))
        );
        assert_eq!(status_line("Reading package lists..."), None);
    }

    #[test]
    fn the_candidate_is_judged_by_its_upstream_major_version() {
        assert_eq!(
            candidate_major("qemu:\n  Installed: (none)\n  Candidate: 1:7.2+dfsg-7\n"),
            Some(7)
        );
        assert_eq!(candidate_major("x:\n  Candidate: 11.3.0-2\n"), Some(11));
        assert_eq!(candidate_major("x:\n  Candidate: (none)\n"), None);
    }
}
