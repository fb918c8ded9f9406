//! Checkpoints: the processes of a container written to a directory by CRIU, and brought back from it.

use virt_core::{Domain, Error, Result, Subject};

use crate::driver::EmbedDriver;
use crate::extension::embed;
use crate::manager::Work;

/// Writes the processes of a running container to a directory of the host, which is made for it (`lxc-checkpoint`). With
/// `stops` the container ends then (`Stopped(Saved)`); else it goes on.
///
/// # Errors
/// `Unsupported` for domains of other drivers, and where CRIU is not installed or does not work with the kernel, with its
/// reason; `InvalidState` when it does not run; `AlreadyExists` when the directory does; `Failed` with CRIU's words. The
/// container goes on then, and there is no directory.
///
/// # Cancel safety
/// When dropped, it is carried to its end.
pub async fn checkpoint(domain: &Domain, directory: &str, stops: bool) -> Result<()> {
    let work = Work::Checkpoint {
        directory: directory.to_owned(),
        stops,
    };
    ask(domain, "checkpoint", work).await
}

/// Starts a container from such a directory, which stays (`lxc-checkpoint -r`).
///
/// # Errors
/// `Unsupported` as [`checkpoint`]; `InvalidState` when it runs; `Failed` with CRIU's words.
///
/// # Cancel safety
/// When dropped, it is carried to its end.
pub async fn restore_checkpoint(domain: &Domain, directory: &str) -> Result<()> {
    let work = Work::Restore {
        directory: directory.to_owned(),
    };
    ask(domain, "restore_checkpoint", work).await
}

async fn ask(domain: &Domain, name: &'static str, work: Work) -> Result<()> {
    let about = |error: Error| {
        error
            .with_operation(name)
            .with_subject(Subject::Domain(domain.name().to_owned()))
    };
    let driver: &EmbedDriver = embed(domain.connection()).map_err(about)?;
    driver.long_change(domain.uuid(), name, work).await.map_err(about)
}
