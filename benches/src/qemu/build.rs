//! What an application pays that takes the feature `qemu` alone: packages and a first build.

use crate::cold_build::ColdBuild;
use crate::failure::Outcome;
use crate::figure::{self, Bar};

const PROGRAM: &str = "fn main() {\n    drop(virt_sdk::connect(\"qemu:///embed\"));\n}\n";

/// Makes such an application and measures both.
pub(super) fn measure() -> Outcome {
    let application = ColdBuild::prepare("virt-sdk", &["qemu"], PROGRAM)?;
    let packages = application.packages()?;
    figure::remark(
        "building an application with feature qemu alone, dev profile, not incremental, 2 jobs, nothing built before",
    );
    let seconds = application.seconds()?;
    figure::print(
        "qemu.cold_build_s",
        "s",
        Bar::AtMost(60.0),
        &[seconds].into_iter().collect(),
    );
    figure::print(
        "qemu.crates",
        "packages",
        Bar::AtMost(100.0),
        &[packages].into_iter().collect(),
    );
    Ok(())
}
