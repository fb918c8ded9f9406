//! `cargo xtask corpus [FAMILY…]`: how much of libvirt's own test data the project gets right.

use crate::failure::{Failure, Outcome};
use crate::install::{self, Need};
use crate::{cargo, test};

/// Prints a line a family, `FAMILY passed failed excepted unsupported total`, then what failed, and why.
pub(crate) fn run(families: &[String]) -> Outcome {
    let Some(corpus) = std::env::var_os("VIRT_CORPUS")
        .map(Into::into)
        .or_else(test::corpus)
    else {
        return Err(
            Failure::new("there is no corpus: libvirt's test data is not part of this project")
                .advise("set VIRT_CORPUS to the directory that has its cases.json"),
        );
    };
    install::ensure(&[Need::Schemas])?;
    let mut command = cargo::command(&["test", "--quiet", "--test", "corpus", "--", "--report"]);
    command.args(families).env("VIRT_CORPUS", corpus);
    cargo::run(command)
}
