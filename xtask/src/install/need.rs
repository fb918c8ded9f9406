//! What the commands need of a machine, why, and how one sees that it is there.

use super::apt::Package;
use super::{apt, qemu_7_2, vsphere};
use std::path::Path;
use std::process::{Command, Stdio};

/// One thing a command needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// QEMU for x86 guests, in a version that the project is measured with, and `qemu-img`.
    Qemu,
    /// Any QEMU that the SDK supports; a new one is installed where there is none.
    AnyQemu,
    /// A QEMU 7.2 beside it, unpacked into the cache and not installed.
    Qemu72,
    /// What unpacks a guest's kernel and modules.
    GuestTools,
    /// libvirt's daemons and headers, with what they log users in by and what their containers are made of: the peer of the
    /// client's tests and of the benches.
    Libvirt,
    /// liblxc's tools, what the containers of the tests are made of, and what copies them.
    Lxc,
    /// An sshd that the tests start by themselves, with its clients' tools, sudo and network namespaces.
    Sshd,
    /// Shells of other kinds, as far machines may have them.
    Shells,
    /// The simulator of the vSphere API, built into the cache from Debian's Go and govmomi.
    Vsphere,
    /// The judge of libvirt's schemas.
    Schemas,
    /// A C compiler, for the peer of the benches.
    Compiler,
    /// A C++ compiler, for the fuzzer.
    CxxCompiler,
}

impl Need {
    /// Everything this step knows.
    pub(crate) const ALL: [Self; 11] = [
        Self::Qemu,
        Self::Qemu72,
        Self::GuestTools,
        Self::Libvirt,
        Self::Lxc,
        Self::Sshd,
        Self::Shells,
        Self::Vsphere,
        Self::Schemas,
        Self::Compiler,
        Self::CxxCompiler,
    ];

    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Qemu => "qemu",
            Self::AnyQemu => "any-qemu",
            Self::Qemu72 => "qemu-7.2",
            Self::GuestTools => "guest-tools",
            Self::Libvirt => "libvirt",
            Self::Lxc => "lxc",
            Self::Sshd => "sshd",
            Self::Shells => "shells",
            Self::Vsphere => "vsphere",
            Self::Schemas => "schemas",
            Self::Compiler => "compiler",
            Self::CxxCompiler => "c++-compiler",
        }
    }

    /// The one with this name on the command line.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|need| need.name() == name)
    }

    /// Its name in a sentence.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Qemu => "QEMU 10",
            Self::AnyQemu => "QEMU",
            Self::Qemu72 => "QEMU 7.2",
            Self::GuestTools => "xz",
            Self::Libvirt => "libvirt 11",
            Self::Lxc => "LXC",
            Self::Sshd => "sshd",
            Self::Shells => "busybox, zsh, fish and tcsh",
            Self::Vsphere => "the vSphere simulator",
            Self::Schemas => "xmllint",
            Self::Compiler => "gcc",
            Self::CxxCompiler => "g++",
        }
    }

    /// Why it is needed.
    pub(crate) fn why(self) -> &'static str {
        match self {
            Self::Qemu | Self::AnyQemu => "runs the guests; the SDK starts it directly, without a daemon",
            Self::Qemu72 => "the tests run with the oldest Debian QEMU too",
            Self::GuestTools => "unpacks the kernel of the small test guest",
            Self::Libvirt => {
                "the client is tested against its daemons, and the benches measure it beside the SDK"
            }
            Self::Lxc => "runs the containers; the SDK uses its tools directly, without a daemon",
            Self::Sshd => {
                "the tests of far machines log in to an sshd of their own on this one, as users of their own too"
            }
            Self::Shells => "the tests talk to far machines by the shells that these may have",
            Self::Vsphere => {
                "the tests of ESX and vCenter have no other server: a small program over VMware's own simulator library"
            }
            Self::Schemas => "checks documents against libvirt's schemas",
            Self::Compiler => "the libvirt side of the benches is a small C program",
            Self::CxxCompiler => "libFuzzer, which is built with the fuzz targets, is C++",
        }
    }

    /// What is done to the machine.
    pub(crate) fn what(self) -> String {
        if self == Self::Qemu72 {
            return format!("unpacked into {}, not installed", qemu_7_2::directory().display());
        }
        let names: Vec<_> = self.packages().iter().map(|package| package.name).collect();
        let backported = self.packages().iter().any(|package| package.backported);
        let from = if backported {
            " (from Debian's backports)"
        } else {
            ""
        };
        let note = match self {
            Self::Libvirt | Self::Lxc | Self::Sshd => "; its services are not started".to_owned(),
            Self::Vsphere => format!(
                "; from them it is built into {}, which takes half a minute",
                vsphere::cache().display()
            ),
            _ => String::new(),
        };
        format!("Debian packages {}{from}{note}", names.join(", "))
    }

    /// The command whose answer shows that it is there.
    pub(crate) fn check_words(self) -> &'static str {
        match self {
            Self::Qemu | Self::AnyQemu => "qemu-system-x86_64 --version; qemu-img --version",
            Self::Qemu72 => "qemu-system-x86_64 --version",
            Self::GuestTools => "xz --version",
            Self::Libvirt => "libvirtd --version",
            Self::Lxc => "lxc-start --version; newuidmap; rsync --version",
            Self::Sshd => "ssh -V; sudo --version; ip -V; ls /usr/sbin/sshd",
            Self::Shells => "busybox; zsh --version; fish --version; tcsh --version",
            Self::Vsphere => "go version; ls /usr/share/gocode/src/github.com/vmware/govmomi/simulator",
            Self::Schemas => "xmllint --version",
            Self::Compiler => "gcc --version",
            Self::CxxCompiler => "g++ --version",
        }
    }

    /// The packages that bring it.
    pub(crate) fn packages(self) -> Vec<Package> {
        match self {
            Self::Qemu | Self::AnyQemu => vec![
                Package::backported("qemu-system-x86", 10),
                Package::backported("qemu-utils", 10),
            ],
            Self::Qemu72 => qemu_7_2::libraries(),
            Self::GuestTools => vec![Package::plain("xz-utils")],
            Self::Libvirt => vec![
                Package::backported("libvirt-daemon-system", 11),
                Package::backported("libvirt-daemon-driver-lxc", 11),
                Package::backported("libvirt-daemon-lock", 11),
                Package::backported("libvirt-clients", 11),
                Package::backported("libvirt-dev", 11),
                Package::plain("busybox-static"),
                Package::plain("libsasl2-modules"),
                Package::plain("sasl2-bin"),
            ],
            Self::Lxc => ["lxc", "busybox-static", "uidmap", "rsync"]
                .into_iter()
                .map(Package::plain)
                .collect(),
            Self::Sshd => [
                "openssh-server",
                "openssh-client",
                "netcat-openbsd",
                "sudo",
                "iproute2",
            ]
            .into_iter()
            .map(Package::plain)
            .collect(),
            Self::Shells => ["busybox-static", "zsh", "fish", "tcsh"]
                .into_iter()
                .map(Package::plain)
                .collect(),
            Self::Vsphere => vsphere::packages(),
            Self::Schemas => vec![Package::plain("libxml2-utils")],
            Self::Compiler => vec![Package::plain("gcc"), Package::plain("libc6-dev")],
            Self::CxxCompiler => vec![Package::plain("g++")],
        }
    }

    /// Whether all that is missing is to build it.
    pub(crate) fn can_be_built(self) -> bool {
        self == Self::Vsphere && vsphere::can_be_built()
    }

    /// Whether it is on this machine already, by asking the programs themselves.
    pub(crate) fn is_met(self) -> bool {
        match self {
            Self::Qemu => {
                major_version("qemu-system-x86_64").is_some_and(|major| major >= 10)
                    && answers("qemu-img", "--version")
            }
            // 6.2 is the oldest; no Debian or Ubuntu has a QEMU 6 that is older.
            Self::AnyQemu => major_version("qemu-system-x86_64").is_some_and(|major| major >= 6),
            Self::Qemu72 => qemu_7_2::works(),
            Self::GuestTools => answers("xz", "--version"),
            Self::Libvirt => {
                major_version("libvirtd").is_some_and(|major| major >= 11)
                    && self
                        .packages()
                        .iter()
                        .all(|package| apt::is_installed(package.name))
            }
            Self::Lxc => {
                answers("lxc-start", "--version")
                    && answers("rsync", "--version")
                    && Path::new("/usr/bin/newuidmap").exists()
                    && apt::is_installed("busybox-static")
            }
            Self::Sshd => {
                Path::new("/usr/sbin/sshd").exists()
                    && answers("ssh", "-V")
                    && answers("sudo", "--version")
                    && answers("ip", "-V")
                    && apt::is_installed("netcat-openbsd")
            }
            Self::Shells => {
                let others = ["zsh", "fish", "tcsh"];
                answers("busybox", "true") && others.into_iter().all(|shell| answers(shell, "--version"))
            }
            Self::Vsphere => vsphere::is_built(),
            Self::Schemas => answers("xmllint", "--version"),
            Self::Compiler => answers("gcc", "--version"),
            Self::CxxCompiler => answers("g++", "--version"),
        }
    }
}

fn answers(program: &str, argument: &str) -> bool {
    Command::new(program)
        .arg(argument)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The major version that `program --version` prints, the first number with a dot after it.
fn major_version(program: &str) -> Option<u32> {
    let output = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    first_version(&String::from_utf8_lossy(&output.stdout))
}

fn first_version(text: &str) -> Option<u32> {
    text.split_whitespace()
        .find_map(|word| word.split_once('.')?.0.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_the_programs_print() {
        assert_eq!(
            first_version("QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2)"),
            Some(10)
        );
        assert_eq!(first_version("libvirtd (libvirt) 11.3.0"), Some(11));
        assert_eq!(first_version("no number here"), None);
    }
}
