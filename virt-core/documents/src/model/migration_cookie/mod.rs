//! `<qemu-migration>`: what two daemons tell each other during a migration.

mod parts;
mod root;
mod statistics;
mod validate;

pub use parts::{
    CookieAllowReboot, CookieBitmap, CookieBitmapDisk, CookieBitmaps, CookieCapabilities, CookieCapability,
    CookieCertificate, CookieDisk, CookieFeature, CookieGraphics, CookieInterface, CookieLockState,
    CookieNbd, CookieNetwork,
};
pub use root::MigrationCookie;
pub use statistics::CookieStatistics;
