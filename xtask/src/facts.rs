//! The collected facts about libvirt, which are no part of this project.

use crate::cargo;
use crate::failure::{Doing as _, Failure, Outcome};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// Where they are: `$VIRT_FACTS`, or `shared/facts` beside the project.
fn directory() -> Outcome<PathBuf> {
    let path = std::env::var_os("VIRT_FACTS")
        .map_or_else(|| cargo::workspace().join("../shared/facts"), PathBuf::from);
    if path.join("remote_protocol.json").is_file() {
        return Ok(path);
    }
    Err(Failure::new(format!(
        "there is no remote_protocol.json in {}: the facts about libvirt are not part of this project",
        path.display()
    ))
    .advise("set VIRT_FACTS to the directory that has it; what is made of them is checked in, so building needs no facts"))
}

/// Whether there are any.
pub(crate) fn are_here() -> bool {
    directory().is_ok()
}

/// One of the files.
pub(crate) fn read(name: &str) -> Outcome<Value> {
    let path = directory()?.join(name);
    let text = fs::read(&path).doing(|| format!("read {}", path.display()))?;
    serde_json::from_slice(&text).doing(|| format!("understand {}", path.display()))
}
