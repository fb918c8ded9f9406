//! `cargo xtask codegen [--check]`: the types and procedures of libvirt's protocol and of the vSphere API, from the
//! collected facts to checked-in Rust.

mod error_code;
mod names;
mod output;
mod procedures;
mod program;
mod schema;
mod secrets;
mod subsystem;
mod types;
mod vim;

use crate::failure::{Doing as _, Failure, Outcome};
use crate::{cargo, check_flag, facts, say};
use output::Output;
use schema::Schema;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the generated files of libvirt's protocol are, in the workspace.
const PROTOCOL: &str = "virt-remote/src/protocol/generated";

/// Writes the files, or with `--check` compares them byte for byte.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let check = check_flag::is_given("codegen", arguments)?;
    for (target, files) in generate()? {
        let target = cargo::workspace().join(target);
        if check {
            compare(&target, &files)?;
        } else {
            write(&target, &files)?;
        }
    }
    Ok(())
}

/// The files of a directory, by their path under it.
type Files = BTreeMap<String, String>;

/// All files, by the directory in the workspace that has only them.
fn generate() -> Outcome<Vec<(&'static str, Files)>> {
    let schema = Schema::parse(&facts::read("remote_protocol.json")?)?;
    let mut protocol = Output::default();
    program::emit_all(&schema, &mut protocol)?;
    error_code::emit(&facts::read("enums.json")?, &mut protocol)?;
    let mut vim = Output::default();
    vim::emit_all(&facts::read(vim::FACTS)?, &mut vim)?;
    Ok(vec![
        (PROTOCOL, protocol.into_files()),
        (vim::TARGET, vim.into_files()),
    ])
}

fn write(target: &Path, files: &Files) -> Outcome {
    for stale in present(target)?.iter().filter(|name| !files.contains_key(*name)) {
        let path = target.join(stale);
        fs::remove_file(&path).doing(|| format!("remove {}", path.display()))?;
    }
    for (name, text) in files {
        let path = target.join(name);
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).doing(|| format!("create {}", directory.display()))?;
        }
        // What is the same keeps its time, so that nothing is built anew for it.
        if fs::read_to_string(&path).is_ok_and(|present| present == *text) {
            continue;
        }
        fs::write(&path, text).doing(|| format!("write {}", path.display()))?;
    }
    let lines: usize = files.values().map(|text| text.lines().count()).sum();
    say::line(&format!(
        "{} files, {lines} lines in {}",
        files.len(),
        target.display()
    ));
    Ok(())
}

fn compare(target: &Path, files: &Files) -> Outcome {
    let mut differing: Vec<String> = present(target)?
        .into_iter()
        .filter(|name| !files.contains_key(name))
        .map(|name| format!("{name} is not generated any more"))
        .collect();
    for (name, text) in files {
        match fs::read_to_string(target.join(name)) {
            Ok(present) if present == *text => {}
            Ok(_) => differing.push(format!("{name} differs")),
            Err(error) => differing.push(format!("{name}: {error}")),
        }
    }
    if differing.is_empty() {
        say::line(&format!("{} generated files are what the facts say", files.len()));
        return Ok(());
    }
    Err(Failure::new(format!(
        "the generated files are not what the facts say: {}",
        differing.join("; ")
    ))
    .advise("run `cargo xtask codegen`, and never edit them by hand"))
}

/// The Rust files that are there, by their path under the target.
fn present(target: &Path) -> Outcome<Vec<String>> {
    let mut found = Vec::new();
    let mut directories = vec![PathBuf::new()];
    while let Some(directory) = directories.pop() {
        let Ok(entries) = fs::read_dir(target.join(&directory)) else {
            continue;
        };
        for entry in entries {
            let entry = entry.doing(|| format!("list {}", target.display()))?;
            let name = directory.join(entry.file_name());
            if entry.path().is_dir() {
                directories.push(name);
            } else {
                found.push(name.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_checked_in_is_what_the_facts_say() {
        if !facts::are_here() {
            virt_testkit::skip!("the facts are not here: set VIRT_FACTS");
        }
        for (target, files) in generate().expect("generated files") {
            compare(&cargo::workspace().join(target), &files).expect("the same files");
        }
    }

    #[test]
    fn a_file_of_generated_code_can_be_read_by_people() {
        if !facts::are_here() {
            virt_testkit::skip!("the facts are not here: set VIRT_FACTS");
        }
        let generated = generate().expect("generated files");
        for (name, text) in generated.into_iter().flat_map(|(_, files)| files) {
            let lines = text.lines().count();
            assert!(
                lines <= 400,
                "{name} has {lines} lines: give a part of it a subsystem of its own"
            );
        }
    }
}
