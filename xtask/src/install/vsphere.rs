//! The simulator of the vSphere API: the test kit has its sources and builds it, here it is shown how that goes.

use super::apt::Package;
use crate::failure::{Outcome, told};
use crate::say::Progress;
use std::path::PathBuf;
use virt_testkit::live::vsphere::SimulatorProgram;

/// What it is built from.
pub(super) fn packages() -> Vec<Package> {
    SimulatorProgram::PACKAGES
        .into_iter()
        .map(Package::plain)
        .collect()
}

/// Where it is built.
pub(super) fn cache() -> PathBuf {
    virt_testkit::live::cache_directory()
}

/// Whether it has been built from the sources as they are now.
pub(super) fn is_built() -> bool {
    SimulatorProgram::built().is_some()
}

/// Whether it is built, or all is there to build it.
pub(super) fn can_be_built() -> bool {
    SimulatorProgram::check().is_ok()
}

/// Builds it.
pub(super) fn build() -> Outcome {
    let mut progress = Progress::start("building the vSphere simulator");
    let built = SimulatorProgram::obtain_blocking(&mut |done, total, package| {
        let percent = done.saturating_mul(100) / total.max(1);
        progress.update(u32::try_from(percent).unwrap_or(100), package);
    });
    match built {
        Ok(_) => progress.finish("done"),
        Err(error) => {
            progress.finish("failed");
            return Err(told(&error));
        }
    }
    Ok(())
}
