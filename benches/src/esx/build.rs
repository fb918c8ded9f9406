//! The first build of an application with feature `esx` alone.

use crate::cold_build::ColdBuild;
use crate::failure::Outcome;
use crate::figure::{self, Bar};

const PROGRAM: &str = "fn main() { let _ = virt_sdk::backends(); }\n";

pub(super) fn measure() -> Outcome {
    let application = ColdBuild::prepare("virt-sdk", &["esx"], PROGRAM)?;
    let packages = application.packages()?;
    figure::remark(
        "building an application with feature esx alone, dev profile, not incremental, 2 jobs, nothing built before",
    );
    let seconds = application.seconds()?;
    figure::print(
        "esx.cold_build_s",
        "s",
        Bar::AtMost(90.0),
        &[seconds].into_iter().collect(),
    );
    figure::print(
        "esx.crates",
        "packages",
        Bar::AtMost(90.0),
        &[packages].into_iter().collect(),
    );
    Ok(())
}
