//! The figures of the documents: reading and writing beside libvirt, memory, the first build, coverage of the schemas.

mod coverage;
mod memory;
mod samples;
mod speed;

use crate::cold_build::ColdBuild;
use crate::failure::{Outcome, failed};
use crate::figure::{self, Bar};

pub(crate) use memory::COMMAND as MEMORY;
pub(crate) use memory::run as memory_peer;

/// Measures `part` (`speed`, `memory`, `build`, `coverage`), or all of them.
pub(crate) fn run(part: Option<&str>) -> Outcome {
    let parts: &[&str] = match &part {
        None => &["speed", "memory", "build", "coverage"],
        Some(one) => std::slice::from_ref(one),
    };
    for part in parts {
        match *part {
            "speed" => speed::measure()?,
            "memory" => memory::measure()?,
            "build" => build()?,
            "coverage" => coverage::measure()?,
            other => {
                return failed(format!(
                    "there is no part \"{other}\": say speed, memory, build or coverage"
                ));
            }
        }
    }
    Ok(())
}

fn build() -> Outcome {
    let core = ColdBuild::prepare("virt-core", &[], "fn main() {}\n")?;
    figure::remark(
        "building virt-core without its feature test, dev profile, not incremental, 2 jobs, nothing built before",
    );
    let seconds = core.seconds()?;
    figure::print(
        "documents.core_cold_build_s",
        "s",
        Bar::AtMost(30.0),
        &[seconds].into_iter().collect(),
    );
    Ok(())
}
