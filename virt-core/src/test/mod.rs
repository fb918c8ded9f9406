//! `test:///default`: the reference driver, in memory.
//!
//! A whole driver without a hypervisor, for testing programs that use this SDK, and for its own documentation. Every
//! connection gets a world of its own, which is gone with the connection:
//!
//! | URI | what is there |
//! | --- | --- |
//! | `test:///default` | one running domain: `test`, uuid `6695eb01-f6a4-8304-79aa-97f2502e193f`, 2 vCPUs, 8 GiB, as in libvirt |
//! | `test:///empty` | nothing |
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
//! # Where it is simpler than a hypervisor
//! * A core dump takes its time and reports progress, but the file written at its end is an ELF header only. The one
//!   of `<on_crash>coredump-…` is only counted ([`GuestControl::crash_dumps`]).
//! * `destroy` with [`DestroyOptions::graceful`](crate::domain::DestroyOptions) differs only for a guest that hangs:
//!   there are no caches.
//! * A domain that is saved to a file is its document and what it did, not its memory.
//! * Domains move between the connections of one process ([`TestControl::migration_uri`]), without copies of images.
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
mod migration;
mod record;
mod saved;
mod snapshots;
mod world;
mod worlds;

pub use backend::TestBackend;
pub use control::TestControl;
pub use fault::{Fault, OPERATIONS};
pub use guest::{Activity, AgentBehaviour, GuestBehaviour, UnplugBehaviour};
pub use guest_control::GuestControl;
