//! What a far machine is, from what its first shell said.

use std::collections::HashMap;

use virt_core::host::{FactIdentity, HostFacts};
use virt_core::{Error, ErrorKind, Result};

use super::answer::Answer;
use super::error::not_understood;
use super::login::Login;

/// All facts.
///
/// # Errors
/// `Corrupt` where what was said is not enough.
pub(super) fn read(login: &Login) -> Result<HostFacts> {
    let greeting = &login.greeting;
    let number = |name: &str| greeting.field(name).and_then(|text| text.parse().ok());
    let uname = greeting.field("uname").unwrap_or_default();
    let mut uname = uname.split(' ').map(str::to_owned);
    let mut word = || uname.next().unwrap_or_default();
    let identity = FactIdentity {
        hostname: word(),
        kernel: word(),
        arch: word(),
        clock_ticks: login.scale.clock_ticks,
        kvm: greeting.field("kvm").is_some(),
        uid: number("uid").ok_or_else(|| not_understood("a greeting"))?,
        gid: number("gid").ok_or_else(|| not_understood("a greeting"))?,
        home: greeting.field("home").unwrap_or_else(|| "/".to_owned()),
        state_home: greeting.field("state"),
        runtime_dir: greeting.field("runtime"),
    };
    let files = kernel_files(greeting)?;
    HostFacts::from_files(identity, &|path| {
        files.get(path).cloned().ok_or_else(|| missing(path))
    })
}

/// The id of the boot that a login found.
///
/// # Errors
/// `Corrupt` where it was not said.
pub(super) fn boot_id(greeting: &Answer) -> Result<String> {
    const PATH: &str = "/proc/sys/kernel/random/boot_id";
    let files = kernel_files(greeting)?;
    let id = files.get(PATH).ok_or_else(|| missing(PATH))?;
    Ok(id.trim().to_owned())
}

fn missing(path: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("the far machine shows no {path}"))
}

/// Files by path: each line came behind its file's path and a colon, which no such path holds.
fn kernel_files(greeting: &Answer) -> Result<HashMap<String, String>> {
    let said = greeting.data("files")?;
    let mut files: HashMap<String, String> = HashMap::new();
    for line in String::from_utf8_lossy(&said).lines() {
        if let Some((path, line)) = line.split_once(':') {
            let text = files.entry(path.to_owned()).or_default();
            text.push_str(line);
            text.push('\n');
        }
    }
    Ok(files)
}
