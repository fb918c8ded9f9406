//! One typed async API for machines and containers, in pure Rust.
//!
//! ```
//! use virt_sdk::DomainState;
//! use virt_sdk::event::{DomainChange, Event, EventFilter, StoppedReason};
//! use virt_sdk::model::{ByteSize, Channel, Console, DomainConfig, Interface};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // With the cargo feature `test`. Or "qemu:///embed", with `qemu`.
//! let conn = virt_sdk::connect("test:///default").await?;
//! let config = DomainConfig::builder("web")
//!     .memory(ByteSize::gib(2))
//!     .vcpus(2)
//!     .interface(Interface::user())
//!     .console(Console::pty())
//!     .channel(Channel::guest_agent())
//!     .build()?;
//! let web = conn.define_domain(&config).await?;
//! let mut events = conn.events(EventFilter::all()).await?;
//!
//! web.start().await?;
//! web.wait_for_agent().await?;
//! println!("{} runs {:?}", web.name(), web.agent().os().await?.pretty_name);
//!
//! web.shutdown().await?;
//! web.wait_for(DomainState::ShutOff).await?;
//! while let Some(event) = events.next().await {
//!     if let Event::Domain(event) = event {
//!         println!("{}: {:?}", event.domain, event.change);
//!         if event.change == DomainChange::Stopped(StoppedReason::Shutdown) {
//!             break;
//!         }
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Where to look
//! * [`connect`] and [`Connection::builder`] open connections; [`Connection`] and [`Domain`] are what a program holds.
//! * [`model`] has the documents: [`DomainConfig`](model::DomainConfig) from XML, or by a builder.
//!   `docs/documents.md` shows them all around.
//! * [`event`], [`console`], [`agent`], [`stats`], [`job`]: watching guests and working with them.
//! * The module `test`: `test:///default`, a driver in memory with fault injection, to test your program without a
//!   hypervisor.
//!
//! # Cargo features
//! | feature | adds |
//! | --- | --- |
//! | `test` | `test:///default`: a whole driver in memory; for the tests of programs |
//! | `esx` | `esx://[user@]host/`, `vpx://[user@]vcenter/[datacenter/cluster/host]`: VMware ESX and vCenter |
//! | `lxc` | `lxc:///embed[?root=DIR]`: Linux containers, through liblxc's own tools |
//! | `qemu` | `qemu:///embed[?root=DIR]`: QEMU/KVM, this program being the manager |
//! | `rpc` | `qemu:///system`, `xen:///system`, `lxc+unix://…`, `test+tcp://host/default` …: whatever a libvirt daemon serves |
//! | `ssh` | `qemu+ssh://[user@]host[:port]/embed[?root=DIR]`: the same on a far machine that has sshd and QEMU, nothing else; `lxc+ssh` likewise |
//! | `xen` | no connections yet: xl.cfg and xm's files as documents, and domains of them (`xen::config_file`, `xen::convert`); xenstored's tree (`xen::xenstore`) |

#[cfg(feature = "test")]
pub use virt_core::test;
pub use virt_core::{
    CallClass, CallContext, Capabilities, Capability, ConnectUri, Connection, Deadlines, Domain, DomainState,
    Error, ErrorKind, Outcome, Result, Retry, Subject, Support,
};
pub use virt_core::{
    agent, backend, connection, console, credentials, domain, driver, event, host, job, migration, model,
    params, snapshot, stats, storage, xml,
};
#[cfg(feature = "esx")]
pub use virt_esx as esx;
#[cfg(feature = "lxc")]
pub use virt_lxc as lxc;
#[cfg(feature = "qemu")]
pub use virt_qemu as qemu;
#[cfg(feature = "rpc")]
pub use virt_remote::driver as libvirt;
#[cfg(feature = "ssh")]
pub use virt_remote::ssh;
#[cfg(feature = "xen")]
pub use virt_xen as xen;

use virt_core::backend::BackendTable;

/// Opens a connection, by libvirt's kind of URI: `test:///default`, `qemu:///embed?root=/srv/guests`.
///
/// The same with options: `Connection::builder().backends(virt_sdk::backends())`.
///
/// # Errors
/// `InvalidArgument` for a malformed URI; `Unsupported` where this program has no backend for it, naming the cargo
/// feature to switch on; and whatever the backend meets.
///
/// # Cancel safety
/// A dropped open leaves nothing behind.
pub async fn connect(uri: &str) -> Result<Connection> {
    Connection::builder().backends(backends()).open(uri).await
}

/// The backends this program has, a row each; what is a cargo feature away is in it by the feature's name.
#[must_use]
pub fn backends() -> BackendTable {
    with_ssh(with_rpc(with_esx(with_lxc(with_qemu(BackendTable::default())))))
}

#[cfg(not(feature = "rpc"))]
fn with_rpc(table: BackendTable) -> BackendTable {
    // Those that people have; with the feature there are more.
    let drivers = ["qemu", "xen", "lxc", "test"].into_iter();
    drivers.fold(table, |table, driver| {
        table.backend(driver, backend::PathRule::Any, "rpc", None)
    })
}

#[cfg(feature = "rpc")]
fn with_rpc(table: BackendTable) -> BackendTable {
    let drivers = libvirt::DRIVERS.iter();
    drivers.fold(table, |table, driver| {
        let backend = std::sync::Arc::new(libvirt::RemoteBackend::new());
        table.backend(driver, backend::PathRule::Any, "rpc", Some(backend))
    })
}

#[cfg(not(feature = "qemu"))]
fn with_qemu(table: BackendTable) -> BackendTable {
    table.backend("qemu", backend::PathRule::Is("/embed"), "qemu", None)
}

#[cfg(feature = "qemu")]
fn with_qemu(table: BackendTable) -> BackendTable {
    let backend = std::sync::Arc::new(virt_qemu::QemuBackend);
    table.backend("qemu", backend::PathRule::Is("/embed"), "qemu", Some(backend))
}

#[cfg(not(feature = "esx"))]
fn with_esx(table: BackendTable) -> BackendTable {
    let drivers = ["esx", "vpx"].into_iter();
    drivers.fold(table, |table, driver| {
        table.backend(driver, backend::PathRule::Any, "esx", None)
    })
}

#[cfg(feature = "esx")]
fn with_esx(table: BackendTable) -> BackendTable {
    let drivers = ["esx", "vpx"].into_iter();
    drivers.fold(table, |table, driver| {
        let backend = std::sync::Arc::new(virt_esx::EsxBackend);
        table.backend(driver, backend::PathRule::Any, "esx", Some(backend))
    })
}

#[cfg(not(feature = "lxc"))]
fn with_lxc(table: BackendTable) -> BackendTable {
    table.backend("lxc", backend::PathRule::Is("/embed"), "lxc", None)
}

#[cfg(feature = "lxc")]
fn with_lxc(table: BackendTable) -> BackendTable {
    let backend = std::sync::Arc::new(virt_lxc::LxcBackend);
    table.backend("lxc", backend::PathRule::Is("/embed"), "lxc", Some(backend))
}

#[cfg(not(feature = "ssh"))]
fn with_ssh(table: BackendTable) -> BackendTable {
    table.transport(Some("ssh"), "ssh", None)
}

#[cfg(feature = "ssh")]
fn with_ssh(table: BackendTable) -> BackendTable {
    let opener = std::sync::Arc::new(ssh::SshOpener::default());
    table.transport(Some("ssh"), "ssh", Some(opener))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_test_driver_is_there() {
        let conn = connect("test:///default").await.unwrap();
        assert_eq!(conn.driver_name(), "Test");
    }

    #[cfg(not(feature = "qemu"))]
    #[tokio::test]
    async fn a_backend_whose_feature_is_off_names_the_feature() {
        let error = connect("qemu:///embed").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("feature \"qemu\""), "{error}");
    }

    #[cfg(all(feature = "qemu", not(feature = "ssh")))]
    #[tokio::test]
    async fn a_transport_whose_feature_is_off_names_the_feature() {
        let error = connect("qemu+ssh://far/embed").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("feature \"ssh\""), "{error}");
    }

    #[tokio::test]
    async fn a_scheme_nobody_knows_names_what_there_is() {
        let error = connect("zvm:///system").await.unwrap_err();
        assert!(error.to_string().contains("test:///"), "{error}");
    }
}

/// The code in `docs/` is run with the examples of the documentation.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../docs/documents.md")]
    struct Documents;
}
