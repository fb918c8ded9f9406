//! How a domain moves to another machine.

use std::time::Duration;

use super::StorageCopy;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ByteSize, DomainConfig};
use crate::option_steps::option_steps;
use crate::params::Params;

/// What is done about a migration that takes too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeoutAction {
    /// It is aborted: the domain stays where it is.
    Abort,
    /// The guest is paused, so that the rest of it stays the same and goes over.
    Suspend,
    /// The guest goes on at the target; needs `post_copy`.
    PostCopy,
}

/// When a migration takes too long, and what is done then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct MigrationTimeout {
    /// From its beginning.
    pub after: Duration,
    /// What is done.
    pub action: TimeoutAction,
}

/// How a domain moves to another machine (`virDomainMigrateFlags`, `VIR_MIGRATE_PARAM_*`).
///
/// The default moves a running guest without a pause one can see, and leaves definitions where they are.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct MigrationOptions {
    /// The guest stands still from the beginning on, instead of at the end only.
    pub not_live: bool,
    /// Only the definition moves; the domain is off (`VIR_MIGRATE_OFFLINE`).
    pub offline: bool,
    /// The target keeps a definition (`VIR_MIGRATE_PERSIST_DEST`).
    pub persist_destination: bool,
    /// The source loses its definition (`VIR_MIGRATE_UNDEFINE_SOURCE`).
    pub undefine_source: bool,
    /// The guest is paused at the target (`VIR_MIGRATE_PAUSED`).
    pub paused: bool,
    /// Also where images may be lost, as by caches two machines do not share (`VIR_MIGRATE_UNSAFE`).
    pub allow_unsafe: bool,
    /// It ends when an image can't be read or written (`VIR_MIGRATE_ABORT_ON_ERROR`).
    pub abort_on_error: bool,
    /// The guest is slowed down when its memory changes too fast (`VIR_MIGRATE_AUTO_CONVERGE`).
    pub auto_converge: bool,
    /// By how much at first, in per cent.
    pub auto_converge_initial: Option<u32>,
    /// By how much more each time, in per cent.
    pub auto_converge_increment: Option<u32>,
    /// It may go on at the target before all of it is there (`VIR_MIGRATE_POSTCOPY`), by
    /// [`start_post_copy`](crate::Domain::start_post_copy) or a timeout.
    pub post_copy: bool,
    /// A post-copy migration that broke goes on (`VIR_MIGRATE_POSTCOPY_RESUME`).
    pub post_copy_resume: bool,
    /// Between the hypervisors by TLS (`VIR_MIGRATE_TLS`).
    pub tls: bool,
    /// The name in the target's certificate, where it is not its host name.
    pub tls_destination: Option<String>,
    /// Through the managers' own connection; peer to peer only (`VIR_MIGRATE_TUNNELLED`).
    pub tunnelled: bool,
    /// All memory stays in place for RDMA (`VIR_MIGRATE_RDMA_PIN_ALL`).
    pub rdma_pin_all: bool,
    /// By so many connections at a time (`VIR_MIGRATE_PARALLEL`).
    pub parallel_connections: Option<u32>,
    /// Without copies in the kernel; several connections only (`VIR_MIGRATE_ZEROCOPY`).
    pub zero_copy: bool,
    /// Compressed (`VIR_MIGRATE_COMPRESSED`); by `compression_methods`, or the hypervisor's choice.
    pub compressed: bool,
    /// Ways of compression: `xbzrle`, `mt`, `zlib`, `zstd`.
    pub compression_methods: Vec<String>,
    /// The cache of `xbzrle`.
    pub compression_cache: Option<ByteSize>,
    /// How hard `mt` compresses, 0 to 9.
    pub compression_mt_level: Option<u32>,
    /// Threads that compress by `mt`.
    pub compression_mt_threads: Option<u32>,
    /// Threads that decompress by `mt`.
    pub compression_mt_dthreads: Option<u32>,
    /// How hard `zlib` compresses, 0 to 9.
    pub compression_zlib_level: Option<u32>,
    /// How hard `zstd` compresses, 0 to 20.
    pub compression_zstd_level: Option<u32>,
    /// What becomes of images that are not shared.
    pub storage: StorageCopy,
    /// Images are the same at every moment while they are copied (`VIR_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES`).
    pub synchronous_writes: bool,
    /// The targets of the disks that are copied; all that can be written unless said.
    pub disks: Vec<String>,
    /// Those of them whose zeroes become holes.
    pub disks_detect_zeroes: Vec<String>,
    /// The port at the target that images are copied to.
    pub disks_port: Option<u16>,
    /// The URI that images are copied to.
    pub disks_uri: Option<String>,
    /// How much may be moved in a second; whole MiB count.
    pub bandwidth: Option<ByteSize>,
    /// How much may be moved in a second of the post-copy phase; whole MiB count.
    pub bandwidth_post_copy: Option<ByteSize>,
    /// How much can be moved in a second at the end, for which the hypervisor reckons; whole MiB count.
    pub bandwidth_switchover: Option<ByteSize>,
    /// How long the guest may stand still at the end.
    pub max_downtime: Option<Duration>,
    /// When it takes too long, and what is done then.
    pub timeout: Option<MigrationTimeout>,
    /// Where the hypervisor at the target is reached, as `tcp://10.0.0.2:49152`; the manager finds one unless said.
    pub uri: Option<String>,
    /// Where the hypervisor at the target listens.
    pub listen_address: Option<String>,
    /// Where viewers find the display at the target.
    pub graphics_uri: Option<String>,
    /// The domain's name at the target.
    pub destination_name: Option<String>,
    /// The document at the target instead of the domain's own: what the guest sees has to be the same.
    pub destination_config: Option<Box<DomainConfig>>,
    /// The definition the target keeps instead of the domain's own.
    pub persistent_config: Option<Box<DomainConfig>>,
    /// Parameters this version has no field for; they win.
    pub params: Params,
}

impl MigrationOptions {
    option_steps! {
        /// The guest stands still from the beginning on.
        not_live;
        /// Only the definition moves.
        offline;
        /// The target keeps a definition.
        persist_destination;
        /// The source loses its definition.
        undefine_source;
        /// The guest is paused at the target.
        paused;
        /// Also where images may be lost.
        allow_unsafe;
        /// It ends when an image can't be read or written.
        abort_on_error;
        /// The guest is slowed down when its memory changes too fast.
        auto_converge;
        /// It may go on at the target before all of it is there.
        post_copy;
        /// Between the hypervisors by TLS.
        tls;
        /// Through the managers' own connection; peer to peer only.
        tunnelled;
        /// Compressed.
        compressed;
    }

    /// By so many connections at a time.
    #[must_use]
    pub fn parallel(mut self, connections: u32) -> Self {
        self.parallel_connections = Some(connections);
        self
    }

    /// Images that are not shared are copied.
    #[must_use]
    pub fn storage(mut self, copy: StorageCopy) -> Self {
        self.storage = copy;
        self
    }

    /// So much may be moved in a second.
    #[must_use]
    pub fn bandwidth(mut self, per_second: ByteSize) -> Self {
        self.bandwidth = Some(per_second);
        self
    }

    /// The guest may stand still so long at the end.
    #[must_use]
    pub fn max_downtime(mut self, time: Duration) -> Self {
        self.max_downtime = Some(time);
        self
    }

    /// This is done when it takes longer than that.
    #[must_use]
    pub fn timeout(mut self, after: Duration, action: TimeoutAction) -> Self {
        self.timeout = Some(MigrationTimeout { after, action });
        self
    }

    /// The hypervisor at the target is reached there.
    #[must_use]
    pub fn uri(mut self, uri: impl Into<String>) -> Self {
        self.uri = Some(uri.into());
        self
    }

    /// The domain's name at the target.
    #[must_use]
    pub fn destination_name(mut self, name: impl Into<String>) -> Self {
        self.destination_name = Some(name.into());
        self
    }

    /// The document at the target.
    #[must_use]
    pub fn destination_config(mut self, config: DomainConfig) -> Self {
        self.destination_config = Some(Box::new(config));
        self
    }

    /// What no hypervisor can do; `managed` when the program leads it.
    ///
    /// # Errors
    /// `InvalidArgument`, naming what does not go together.
    pub fn check(&self, managed: bool) -> Result<()> {
        let wrong = if managed && self.tunnelled {
            "a tunnel is between two managers: migrate_to_uri can have one, migrate_to cannot"
        } else if self.offline && !self.persist_destination {
            "of an offline migration only the definition is left: say persist_destination"
        } else if self.offline && (self.post_copy || self.storage != StorageCopy::None) {
            "an offline migration moves no memory and no images"
        } else if self.zero_copy && self.parallel_connections.is_none() {
            "zero_copy needs parallel connections"
        } else if self.parallel_connections == Some(0) {
            "a migration has one connection at least"
        } else if self.tunnelled && self.parallel_connections.is_some() {
            "a tunnel is one connection: it has no parallel ones"
        } else if self.synchronous_writes && self.storage == StorageCopy::None {
            "synchronous_writes is about images that are copied: say storage"
        } else if matches!(self.timeout, Some(timeout) if timeout.action == TimeoutAction::PostCopy)
            && !self.post_copy
        {
            "a timeout that goes to post-copy needs post_copy"
        } else if self.not_live && self.post_copy {
            "post-copy is of guests that run: not with not_live"
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::InvalidArgument, wrong))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_go_together_is_refused() {
        let o = MigrationOptions::default;
        let post_copy_later = o().timeout(Duration::from_secs(1), TimeoutAction::PostCopy);
        for (options, managed, ok) in [
            (o(), true, true),
            (o().tunnelled(), true, false),
            (o().tunnelled(), false, true),
            (o().offline(), true, false),
            (o().offline().persist_destination(), true, true),
            (o().parallel(0), true, false),
            (o().tunnelled().parallel(2), false, false),
            (post_copy_later.clone(), true, false),
            (post_copy_later.post_copy(), true, true),
            (o().not_live().post_copy(), true, false),
        ] {
            assert_eq!(options.check(managed).is_ok(), ok, "{options:?}");
        }
    }
}
