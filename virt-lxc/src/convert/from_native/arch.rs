//! Architectures.

/// The architectures libvirt has a name for.
const KNOWN: &[&str] = &[
    "aarch64",
    "alpha",
    "armv6l",
    "armv7b",
    "armv7l",
    "cris",
    "i686",
    "ia64",
    "lm32",
    "loongarch64",
    "m68k",
    "microblaze",
    "microblazeel",
    "mips",
    "mips64",
    "mips64el",
    "mipsel",
    "openrisc",
    "parisc",
    "parisc64",
    "ppc",
    "ppc64",
    "ppc64le",
    "ppcemb",
    "ppcle",
    "riscv32",
    "riscv64",
    "s390",
    "s390x",
    "sh4",
    "sh4eb",
    "sparc",
    "sparc64",
    "unicore32",
    "x86_64",
    "xtensa",
    "xtensaeb",
];

/// libvirt's name for an architecture of LXC, as libvirt reads it.
pub(super) fn libvirt(name: &str) -> Option<&'static str> {
    let known = KNOWN.iter().find(|known| **known == name).copied();
    known.or(match name {
        "x86" => Some("i686"),
        "amd64" => Some("x86_64"),
        _ => None,
    })
}

/// The same with all other names LXC has.
pub(super) fn complete(name: &str) -> Option<&'static str> {
    libvirt(name).or(match name {
        "i386" | "i486" | "i586" | "linux32" => Some("i686"),
        "linux64" => Some("x86_64"),
        "arm64" => Some("aarch64"),
        "arm" | "armel" | "armhf" | "armv7" => Some("armv7l"),
        "powerpc" => Some("ppc"),
        "powerpc64" => Some("ppc64"),
        "ppc64el" => Some("ppc64le"),
        "riscv" => Some("riscv64"),
        _ => None,
    })
}
