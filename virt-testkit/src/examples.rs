//! The examples of the workspace, as programs to run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::conformance::{Doing as _, Failure};

/// The program of an example, brought up to date first.
///
/// It is built as the tests are, all packages together: their features are those of the tests, and nothing is built a
/// second time. `workspace` is the directory of the root package.
///
/// # Errors
/// When the examples can't be built, or there is none of the name.
pub fn example(workspace: &Path, name: &str) -> Result<PathBuf, Failure> {
    static BUILT: OnceLock<Result<(), Failure>> = OnceLock::new();
    BUILT.get_or_init(|| build(workspace)).clone()?;
    // The test itself is target/PROFILE/deps/NAME.
    let test = std::env::current_exe().doing("finding this program")?;
    let profile = test.parent().and_then(Path::parent).unwrap_or(&test);
    let program = profile.join("examples").join(name);
    match program.is_file() {
        true => Ok(program),
        false => Err(Failure::new(format!(
            "there is no example {name}: {} is missing",
            program.display()
        ))),
    }
}

/// Brings the examples up to date: once for each program that runs them.
fn build(workspace: &Path) -> Result<(), Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--workspace", "--all-features", "--examples"])
        .current_dir(workspace)
        .output()
        .doing("building the examples")?;
    if built.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&built.stderr).into_owned();
    Err(Failure::new(format!("the examples can't be built: {said}")))
}
