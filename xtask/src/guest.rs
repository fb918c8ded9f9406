//! The small guest, made ready before anything is run in it.

use crate::failure::{Outcome, told};
use crate::say;
use virt_testkit::live::guest::GuestImage;
use virt_testkit::live::kvm::{self, Accelerator};

/// Builds the guest unless it is in the cache, and finds out what it can be run with.
pub(crate) fn prepare() -> Outcome<(GuestImage, Accelerator)> {
    say::heading("The test guest");
    say::line(
        "A small Linux (Debian's kernel, busybox, qemu-ga); the first time it is put together, about 20 s",
    );
    let image = GuestImage::obtain_blocking().map_err(|error| told(&error))?;
    say::line(&format!(
        "kernel  {}\ninitrd  {}",
        image.kernel.display(),
        image.initrd.display()
    ));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let accelerator = runtime
        .block_on(kvm::accelerator())
        .map_err(|error| told(&error))?;
    say::line(&format!(
        "guests are run with {}: {}",
        accelerator.name().to_uppercase(),
        accelerator.why
    ));
    Ok((image, accelerator))
}
