//! Which keys a machine may have: `known_hosts`, as OpenSSH reads it.
//!
//! ```no_run
//! # async fn example(key: russh::keys::PublicKey) -> virt_core::Result<()> {
//! use virt_remote::ssh::known_hosts::{HostKeyName, KnownHosts};
//!
//! let known = KnownHosts::read(&["/home/me/.ssh/known_hosts".into(), "/etc/ssh/ssh_known_hosts".into()]).await?;
//! let name = HostKeyName::new("far.example", 2222);
//! let place = known.check(&name, &key).into_result(&name, &key)?;
//! println!("known by {place}");
//! # Ok(()) }
//! ```
//!
//! What OpenSSH does is done here too: several files, hashed names, `*` and `?`, negation, `[host]:port`, several keys
//! for one machine, `@revoked` and `@cert-authority`. A line that can't be read is left out with a warning, and never
//! makes another line unreadable.
//!
//! # Differences from OpenSSH 9.2
//! * A blank in `@revoked` may be a tab. OpenSSH leaves such a line out if a space follows later in it.
//! * A key revoked under a machine's plain name is revoked on each of its ports. OpenSSH calls it unknown there.
//! * A file that is there and can't be read is an error, for it may hold what is revoked. OpenSSH goes on without it.
//! * A line with a NUL byte is left out. OpenSSH takes it for a blank after the names.
//! * A certificate made out for no machine is good for none, and one made out for a pattern is good for what fits it, as
//!   from OpenSSH 10.3 on. Older ones take the first for all machines, and the second for none.
//! * A line whose key is itself a certificate is left out.
//! * Addresses are not looked up beside names (`CheckHostIP no`, OpenSSH's default since 8.5). Who wants it checks
//!   the address as a name of its own.

mod certificate;
mod check;
mod key;
mod line;
mod name;
mod pattern;
mod preferred;
mod remember;
mod store;
mod verdict;

pub use certificate::CertificateProblem;
pub use key::{KnownKey, Marker, Place};
pub use name::HostKeyName;
pub use preferred::PreferredAlgorithms;
pub use remember::NameForm;
pub use store::KnownHosts;
pub use verdict::Verdict;
