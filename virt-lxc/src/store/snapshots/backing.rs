//! Where a container's root file system is, and what of it the container writes.

use virt_core::{Error, Result};

use crate::config::ContainerConfig;

/// What holds what a container writes into its root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Backing {
    pub(crate) kind: BackingKind,
    /// The directory or file.
    pub(crate) path: String,
}

/// Of what kind it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BackingKind {
    /// A directory; `prefixed` where the configuration says so.
    Directory { prefixed: bool },
    /// An image with a file system.
    Image,
    /// The upper layer over others, as the configuration has those: with the word before them.
    Overlay { lower: String },
    /// Something that only liblxc knows how to copy.
    Liblxc { name: String },
}

impl Backing {
    /// The setting that says it.
    pub(crate) const KEY: &'static str = "lxc.rootfs.path";

    /// What a configuration says; `None` where it says nothing.
    ///
    /// # Errors
    /// `Unsupported` for a kind that has no snapshots.
    pub(crate) fn of(config: &ContainerConfig) -> Result<Option<Self>> {
        config.get(Self::KEY).map(Self::parse).transpose()
    }

    fn parse(value: &str) -> Result<Self> {
        let liblxc = |name: &str| Self {
            kind: BackingKind::Liblxc {
                name: name.to_owned(),
            },
            path: value.to_owned(),
        };
        if value.starts_with("/dev/") {
            return Ok(liblxc("a block device"));
        }
        let Some((word, rest)) = value.split_once(':').filter(|(word, _)| !word.contains('/')) else {
            return Ok(Self {
                kind: BackingKind::Directory { prefixed: false },
                path: trimmed(value),
            });
        };
        let kind = match word {
            "dir" => BackingKind::Directory { prefixed: true },
            "loop" => BackingKind::Image,
            "overlay" | "overlayfs" => {
                let Some((lower, upper)) = rest.rsplit_once(':') else {
                    return Err(Error::unsupported(format!(
                        "{value:?} is no overlay of which a snapshot can be made: it names no upper layer"
                    )));
                };
                return Ok(Self {
                    kind: BackingKind::Overlay {
                        lower: format!("{word}:{lower}"),
                    },
                    path: trimmed(upper),
                });
            }
            "btrfs" | "zfs" | "lvm" => return Ok(liblxc(word)),
            other => {
                return Err(Error::unsupported(format!(
                    "a root of kind {other:?} has no snapshots: it can be dir, loop, overlay, btrfs, zfs or lvm"
                )));
            }
        };
        Ok(Self {
            kind,
            path: trimmed(rest),
        })
    }

    /// How liblxc calls it in the directory of a snapshot.
    pub(crate) fn file_name(&self) -> &'static str {
        match self.kind {
            BackingKind::Directory { .. } | BackingKind::Liblxc { .. } => "rootfs",
            BackingKind::Image => "rootdev",
            BackingKind::Overlay { .. } => "delta0",
        }
    }

    /// How a configuration says that it is somewhere else.
    pub(crate) fn setting_at(&self, path: &str) -> String {
        match &self.kind {
            BackingKind::Directory { .. } => format!("dir:{path}"),
            BackingKind::Image => format!("loop:{path}"),
            BackingKind::Overlay { lower } => format!("{lower}:{path}"),
            BackingKind::Liblxc { .. } => self.path.clone(),
        }
    }

    /// Whether this directory is within it.
    pub(crate) fn holds(&self, path: &str) -> bool {
        self.path == "/" || format!("{path}/").starts_with(&format!("{}/", self.path))
    }

    /// Where what is to take its place is made.
    pub(crate) fn beside(path: &str) -> String {
        format!("{path}.virt-sdk-new")
    }

    /// Where it goes when something has taken its place.
    pub(crate) fn away(path: &str) -> String {
        format!("{path}.virt-sdk-old")
    }
}

fn trimmed(path: &str) -> String {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() { "/" } else { trimmed }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use virt_core::ErrorKind;

    fn of(value: &str) -> Backing {
        Backing::parse(value).unwrap()
    }

    #[test]
    fn what_a_container_writes_is_found() {
        assert_eq!(of("dir:/srv/web/").path, "/srv/web");
        assert_eq!(of("/srv/web").kind, BackingKind::Directory { prefixed: false });
        assert_eq!(of("loop:/srv/web.img").kind, BackingKind::Image);
        let overlay = of("overlay:/base:/more:/c/delta0");
        assert_eq!(overlay.path, "/c/delta0");
        assert_eq!(overlay.setting_at("/s/delta0"), "overlay:/base:/more:/s/delta0");
        for value in ["btrfs:/srv/web", "zfs:tank/web", "/dev/vg/web"] {
            assert!(matches!(of(value).kind, BackingKind::Liblxc { .. }), "{value}");
        }
        for value in ["nbd:/x", "overlay:/lower"] {
            let error = Backing::parse(value).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{value}");
        }
    }

    #[test]
    fn a_root_that_holds_the_snapshots_themselves_is_seen() {
        assert!(of("dir:/").holds("/var/lib/lxc/web"));
        assert!(of("dir:/var/lib").holds("/var/lib/lxc/web"));
        assert!(!of("dir:/var/lib/lxc/web/rootfs").holds("/var/lib/lxc/web"));
        assert!(!of("dir:/var/li").holds("/var/lib/lxc/web"));
    }
}
