//! The one install step, shared by every command: says what is missing and why, then installs only that.

mod apt;
mod backports;
mod need;
mod qemu_7_2;
mod vsphere;

pub(crate) use need::Need;
pub(crate) use qemu_7_2::has_qemu_7_2;

use crate::failure::{Failure, Outcome};
use crate::say;
use apt::Package;
use std::path::PathBuf;

/// What the install step left on the machine beside packages.
#[derive(Debug, Default)]
pub(crate) struct Installed {
    /// The `qemu-system-x86_64` of QEMU 7.2, where it was asked for.
    pub(crate) qemu_7_2: Option<PathBuf>,
}

/// Makes sure that everything in `needs` is on this machine.
pub(crate) fn ensure(needs: &[Need]) -> Outcome<Installed> {
    let missing: Vec<&Need> = needs.iter().filter(|need| !need.is_met()).collect();
    if !missing.is_empty() {
        announce(&missing);
        // What has its packages already and is only to be built needs nobody's rights.
        if !missing.iter().all(|need| need.can_be_built()) {
            require_debian_root(&missing)?;
            install(&missing)?;
        }
        build(&missing)?;
        for need in missing {
            if !need.is_met() {
                return Err(
                    Failure::new(format!("{} was installed but does not answer", need.title()))
                        .advise(format!("look at what `{}` prints", need.check_words())),
                );
            }
        }
        say::line("Everything is installed.");
    }
    let qemu_7_2 = match needs.contains(&Need::Qemu72) {
        true => Some(qemu_7_2::binary()?),
        false => None,
    };
    Ok(Installed { qemu_7_2 })
}

fn announce(missing: &[&Need]) {
    say::heading("This will be installed on this machine");
    for need in missing {
        say::line(&format!("  {}: {}", need.title(), need.why()));
        say::line(&format!("      {}", need.what()));
    }
}

fn require_debian_root(missing: &[&Need]) -> Outcome {
    let names = missing
        .iter()
        .map(|need| need.title())
        .collect::<Vec<_>>()
        .join(", ");
    if !apt::is_available() {
        return Err(Failure::new(
            "only Debian's apt-get is known to this step, and it is not on this machine",
        )
        .advise(format!(
            "install {names} by this system's own means, then run the same command again"
        )));
    }
    if !rustix::process::geteuid().is_root() {
        return Err(Failure::new(format!("installing {names} needs root"))
            .advise("run the same command once as root (or through sudo), then again as yourself"));
    }
    Ok(())
}

fn build(missing: &[&Need]) -> Outcome {
    match missing.contains(&&Need::Vsphere) {
        true => vsphere::build(),
        false => Ok(()),
    }
}

fn install(missing: &[&Need]) -> Outcome {
    apt::refresh_lists_if_stale()?;
    let packages: Vec<Package> = missing.iter().flat_map(|need| need.packages()).collect();
    if packages
        .iter()
        .any(|package| package.backported && !apt::candidate_is_new_enough(package))
    {
        backports::enable()?;
    }
    apt::install(&packages)?;
    if missing.iter().any(|need| **need == Need::Qemu72) {
        qemu_7_2::unpack()?;
    }
    Ok(())
}
