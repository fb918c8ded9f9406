//! For which machines an image is.

use serde::Deserialize;

/// For which machines an image is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Platform {
    #[serde(default)]
    pub(super) architecture: String,
    #[serde(default)]
    pub(super) os: String,
}

impl Platform {
    /// Whether it runs where `arch`, by libvirt's name, does.
    pub(super) fn fits(&self, arch: &str) -> bool {
        (self.os.is_empty() || self.os == "linux") && self.architecture == go_name(arch)
    }
}

/// What images call an architecture.
pub(super) fn go_name(arch: &str) -> &str {
    match arch {
        "x86_64" => "amd64",
        "i386" | "i486" | "i586" | "i686" => "386",
        "aarch64" => "arm64",
        "armv5tel" | "armv6l" | "armv7l" | "armv8l" => "arm",
        "loongarch64" => "loong64",
        "mips64el" => "mips64le",
        "mipsel" => "mipsle",
        other => other,
    }
}
