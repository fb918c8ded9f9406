//! liblxc's own tools: each run as a process, and how long it took.

use super::bench::Bench;
use crate::failure::{Outcome, failed};
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use virt_testkit::live::lxc::Native;

/// Another container by the configuration that the SDK wrote for the domain `name`, below another lxcpath: equal but for
/// where it is. The two never run at the same time.
pub(super) fn copy_of(bench: &Bench, name: &str) -> Outcome<Native> {
    let (from, to) = (bench.root().join(name), bench.native_root().join(name));
    fs::create_dir_all(bench.native_root())?;
    let copied = Command::new("cp")
        .args(["-aT", "--"])
        .args([&from, &to])
        .stdin(Stdio::null())
        .status()?;
    if !copied.success() {
        return failed(format!("{} could not be copied", from.display()));
    }
    let copy = Native::at(&bench.native_root(), name);
    let text = fs::read_to_string(copy.config())?;
    let moved = text.replace(&*from.to_string_lossy(), &to.to_string_lossy());
    fs::write(copy.config(), moved)?;
    Ok(copy)
}

/// The same as one would write it by hand.
pub(super) fn by_hand(bench: &Bench, name: &str) -> Outcome<Native> {
    let more = format!(
        "lxc.net.0.type = veth\nlxc.net.0.link = {}\nlxc.net.0.flags = up\n\
        lxc.cgroup.memory.limit_in_bytes = 64M\nlxc.cgroup.cpu.shares = 512\n\
        lxc.cgroup2.memory.max = 64M\nlxc.cgroup2.cpu.weight = 50",
        bench.bridge()
    );
    Ok(Native::define(&bench.native_root(), name, bench.rootfs(), &more)?)
}

/// `lxc-start`, which returns when the container's first process runs.
pub(super) fn start(container: &Native) -> Outcome<Duration> {
    timed(container.tool("lxc-start").arg("-d"))
}

/// `lxc-stop -k`, which returns when nothing of it is left.
pub(super) fn kill(container: &Native) -> Outcome<Duration> {
    timed(container.tool("lxc-stop").arg("-k"))
}

/// `lxc-attach -- PROGRAM`, with what it writes read.
pub(super) fn attach(container: &Native, program: &str) -> Outcome<Duration> {
    timed(container.tool("lxc-attach").args(["--clear-env", "--", program]))
}

fn timed(command: &mut Command) -> Outcome<Duration> {
    let began = Instant::now();
    let output = command.stdin(Stdio::null()).output()?;
    let took = began.elapsed();
    match output.status.success() {
        true => Ok(took),
        false => failed(format!(
            "{}: {}",
            command.get_program().to_string_lossy(),
            String::from_utf8_lossy(&output.stderr).trim()
        )),
    }
}
