//! `test:///default`: the reference driver, in memory.
//!
//! A whole driver without a hypervisor, for testing programs that use this SDK, and for its own documentation. Every
//! connection gets a world of its own, which is gone with the connection:
//!
//! | URI | what is there |
//! | --- | --- |
//! | `test:///default` | one running domain: `test`, uuid `6695eb01-f6a4-8304-79aa-97f2502e193f`, 2 vCPUs, 8 GiB, as in libvirt; one active network: `default`, uuid `dd8fe884-6c02-601e-7551-cca97df1c5df`, as in libvirt |
//! | `test:///empty` | nothing |
//!
//! In `test:///default` there is one storage pool, too: `default-pool`, active, uuid
//! `dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566`, at `/default-pool`, 100 GiB, as in libvirt. Volumes hold what is written to them,
//! 256 MiB a connection, holes not counted.
//!
//! Its domains behave like those of a hypervisor: they boot, answer through their agent, echo on their console, follow
//! their lifecycle actions, and count what they do. Time is real, but short: a boot takes 20 ms. Times are tokio's, so
//! a test with tokio's paused clock runs at once.
//!
//! [`TestControl`] is the other side: what a test wants to go wrong. It injects [`Fault`]s and delays into calls, cuts
//! the connection, and, by [`GuestControl`], makes guests crash, hang, reboot or print.
//!
//! ```
//! use virt_core::test::{Fault, TestControl};
//! use virt_core::{Connection, ErrorKind, Outcome};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> virt_core::Result<()> {
//! let conn = Connection::builder().open("test:///default").await?;
//! let domain = conn.domain("test").await?;
//!
//! // What does the program do when a suspend takes effect, but its answer is lost?
//! let control = TestControl::of(&conn)?;
//! control.inject(Fault::on("suspend").failing_afterwards(ErrorKind::Failed, Outcome::Applied))?;
//! let error = domain.suspend().await.unwrap_err();
//! assert_eq!(error.outcome(), Outcome::Applied);
//! assert_eq!(domain.info().await?.state, virt_core::DomainState::Paused);
//! # Ok(())
//! # }
//! ```
//!
//! A guest that has booted and has an interface on an active network gets an address from its ranges, which
//! [`Network::dhcp_leases`](crate::network::Network::dhcp_leases) shows. The machine behind
//! [`Connection::node`](crate::Connection::node) is made up: two NUMA cells of 8 processors and 32 GiB, of which its guests take.
//!
//! # Where it is simpler than a hypervisor
//! * A core dump takes its time and reports progress, but the file written at its end is an ELF header only. The one
//!   of `<on_crash>coredump-…` is only counted ([`GuestControl::crash_dumps`]).
//! * `destroy` with [`DestroyOptions::graceful`](crate::domain::DestroyOptions) differs only for a guest that hangs:
//!   there are no caches.
//! * A domain that is saved to a file is its document and what it did, not its memory.
//! * Domains move between the connections of one process ([`TestControl::migration_uri`]), without copies of images.
//! * Networks lend IPv4 addresses only, and a guest's interface is no port of its network.
//! * What is in a volume is bytes, whatever its format; pools stand on nothing, and hold 100 GiB each.
//! * Autostart is kept and shown, but no world is ever opened a second time.

mod backend;
mod control;
mod document;
mod driver;
mod fault;
mod guest;
mod guest_control;
mod job;
mod lane;
mod life;
mod line;
mod machine;
mod migration;
mod network;
mod record;
mod saved;
mod secrets;
mod snapshots;
mod storage;
mod world;
mod worlds;

pub use backend::TestBackend;
pub use control::TestControl;
pub use fault::{Fault, OPERATIONS};
pub use guest::{Activity, AgentBehaviour, GuestBehaviour, UnplugBehaviour};
pub use guest_control::GuestControl;
