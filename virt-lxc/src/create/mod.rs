//! Containers made from something: a directory, a tarball, an image, another container.

mod copy;
mod oci;
mod source;

use virt_core::model::DomainConfig;
use virt_core::{Connection, Domain, Error, Result, Subject};

use crate::extension::embed;

pub use copy::CopyOptions;
pub(crate) use oci::{Command as ImageCommand, Entry, EntryKind, Image, Layer};
pub use source::RootfsSource;

/// Defines a container whose root file system is made from this: it is below its own directory in the directory of
/// containers (`ROOT/NAME/rootfs`), and the document is given a `<filesystem>` for it where it has none for `/`.
///
/// What an image says of its process (Entrypoint and Cmd, Env, WorkingDir, User) becomes `<init>`, `<initarg>`,
/// `<initenv>`, `<initdir>`, `<inituser>` and `<initgroup>` where the document does not say them. A command that liblxc
/// could not be told, since there are spaces in its words, is put into a script in the root, `/.virt-sdk-init`.
///
/// The owners of what is in the root are those the container sees: of a container with `<idmap>` they are shifted, by
/// unpacking within its user namespace (`lxc-usernsexec`), which needs the range in `/etc/subuid` and `/etc/subgid`.
///
/// The machine's own `tar`, `cp` and `sha256sum` do it. There is no deadline for them: at that of the call
/// ([`CallClass::Wait`](virt_core::CallClass::Wait)) nobody waits for it any more, and it goes on.
///
/// # Errors
/// `AlreadyExists` for a name or a directory there is; `InvalidConfig` when the document has another root; `NotFound` when
/// the source, or the reference in it, is not there; `Corrupt` when a blob is not what its digest says; `Unsupported` for
/// a media type or an architecture that is not known, by name. Nothing is left behind then.
///
/// # Cancel safety
/// When dropped, it is carried to its end.
pub async fn create_container(
    connection: &Connection,
    config: &DomainConfig,
    source: &RootfsSource,
) -> Result<Domain> {
    let about = |error: Error| {
        error
            .with_operation("create_container")
            .with_subject(Subject::Domain(config.name.clone()))
    };
    let made = embed(connection)
        .map_err(about)?
        .create_container(config, source)
        .await;
    let made = made.map_err(about)?;
    connection.domain(made.uuid).await
}

/// Undefines a container that is off, and removes its directory with all that is in it: its root file system, if that is
/// there. One that is elsewhere stays (`lxc-destroy`, which removes that, too).
///
/// # Errors
/// `Unsupported` for domains of other drivers, and where the root is a volume of its own: `lxc-destroy` removes those.
/// `InvalidState` while it runs, while it has snapshots, and while there are copies that share its root.
///
/// # Cancel safety
/// When dropped, it is carried to its end.
pub async fn delete_with_rootfs(domain: &Domain) -> Result<()> {
    let about = |error: Error| about(error, "delete_with_rootfs", domain);
    let driver = embed(domain.connection()).map_err(about)?;
    driver.delete_with_rootfs(domain.uuid()).await.map_err(about)
}

/// Makes a copy of a container, with a uuid of its own: of its definition and its root file system, in a directory of its own
/// in the directory of containers. One that runs is frozen while it is copied; the copy is off.
///
/// As `lxc-copy` does it, but for roots anywhere on the machine. liblxc copies what it alone can: btrfs, zfs, lvm.
///
/// # Errors
/// `AlreadyExists` for a name or a directory there is; `InvalidState` for a transient domain; `Unsupported` for a root of
/// which no overlay, or no copy, can be made. Nothing is left behind then.
///
/// # Cancel safety
/// When dropped, it is carried to its end.
pub async fn copy(domain: &Domain, new_name: &str, options: &CopyOptions) -> Result<Domain> {
    let about = |error: Error| about(error, "copy", domain);
    let driver = embed(domain.connection()).map_err(about)?;
    let made = driver.copy_container(domain.uuid(), new_name, options).await;
    domain.connection().domain(made.map_err(about)?.uuid).await
}

fn about(error: Error, operation: &'static str, domain: &Domain) -> Error {
    error
        .with_operation(operation)
        .with_subject(Subject::Domain(domain.name().to_owned()))
}
