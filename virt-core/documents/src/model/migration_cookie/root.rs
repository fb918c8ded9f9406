//! The root: what a daemon tells, element by element in libvirt's order.

use uuid::Uuid;

use super::parts::{
    CookieAllowReboot, CookieBitmaps, CookieCapabilities, CookieFeature, CookieGraphics, CookieLockState,
    CookieNbd, CookieNetwork,
};
use super::statistics::CookieStatistics;
use crate::model::domain::{Cpu, DomainConfig};
use crate::xml::{Rest, XmlElement};

/// `<qemu-migration>`: what QEMU's drivers of two libvirt daemons tell each other during a migration, the cookie of
/// `virDomainMigratePrepare3` and its kin.
///
/// The document belongs to the daemons and has no schema; what is regular has fields, the rest is kept.
#[derive(Clone, Default, XmlElement)]
#[xml(element = "qemu-migration")]
#[non_exhaustive]
pub struct MigrationCookie {
    /// The name of the domain.
    #[xml(leaf)]
    pub name: Option<String>,
    /// The UUID of the domain.
    #[xml(leaf)]
    pub uuid: Option<Uuid>,
    /// The name of the host that tells.
    #[xml(leaf)]
    pub hostname: Option<String>,
    /// The UUID of the host that tells; never that of the one told.
    #[xml(leaf)]
    pub hostuuid: Option<Uuid>,
    /// What the one told must understand.
    #[xml(child = "feature")]
    pub features: Vec<CookieFeature>,
    /// Where viewers go on.
    #[xml(child)]
    pub graphics: Option<CookieGraphics>,
    /// What the lock manager keeps.
    #[xml(child)]
    pub lockstate: Option<CookieLockState>,
    /// The configuration for the next start.
    #[xml(child)]
    pub domain: Option<DomainConfig>,
    /// Virtual ports of interfaces.
    #[xml(child)]
    pub network: Option<CookieNetwork>,
    /// The server disks are copied to, and their sizes.
    #[xml(child)]
    pub nbd: Option<CookieNbd>,
    /// How the migration went.
    #[xml(child)]
    pub statistics: Option<CookieStatistics>,
    /// The CPU the guest really has.
    #[xml(child)]
    pub cpu: Option<Cpu>,
    /// Whether the guest may reboot.
    #[xml(child = "allowReboot")]
    pub allow_reboot: Option<CookieAllowReboot>,
    /// What the QEMU that tells can do in a migration.
    #[xml(child)]
    pub capabilities: Option<CookieCapabilities>,
    /// Bitmaps that go along (libvirt 7.1.0).
    #[xml(child = "blockDirtyBitmaps")]
    pub block_dirty_bitmaps: Option<CookieBitmaps>,
    /// What this version does not understand.
    #[xml(rest)]
    pub rest: Rest,
}
