//! What a run is given: paths and numbers its guest's configuration and command line refer to.

use std::fmt;

/// The resources of one run of a guest, as tokens: nothing here is opened or created by `plan` and `command`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resources {
    /// The guest's number in this manager, 1 or more; `None` renders the `-1` libvirt's own tests have.
    pub domain_id: Option<i32>,
    /// A directory of the guest alone, 0700: sockets and files made for it. Absolute, without a trailing slash.
    pub private_dir: String,
    /// The directory QEMU-side sockets of channels are put in when the configuration names none. Usually below
    /// [`private_dir`](Self::private_dir).
    pub channel_dir: String,
    /// The monitor everything is done with.
    pub main_monitor: MonitorEndpoint,
    /// A second monitor, for when the first one hangs or is held by somebody else.
    pub rescue_monitor: Option<MonitorEndpoint>,
    /// `-pidfile`: where QEMU writes its pid. It is not told to daemonise: that and the strict sandbox exclude each other.
    pub pid_file: Option<String>,
    /// `-D`: where QEMU writes what it logs.
    pub log_file: Option<String>,
    /// The file of the guest's master key, for secrets; none is passed without it.
    pub master_key_file: Option<String>,
    /// A directory for copies of what consoles and serial ports of kind pty, unix and file print, one file per alias.
    pub console_log_dir: Option<String>,
    /// `-incoming`: where the state of a guest that was saved or migrates comes from, such as `defer`.
    pub incoming: Option<String>,
    /// Block devices of the host that are CD-ROM drives.
    pub cdrom_drives: Vec<String>,
    /// Environment variables for QEMU, before those of the plan.
    pub environment: Vec<(String, String)>,
    /// How far QEMU is confined.
    pub sandbox: Sandbox,
    /// Descriptors the launcher hands to QEMU in place of paths; `None` lets QEMU open everything itself.
    pub descriptors: Option<Descriptors>,
}

impl Resources {
    /// Resources in one private directory: sockets in it, monitors `monitor.sock` and `rescue.sock`, sandboxed.
    #[must_use]
    pub fn in_directory(private_dir: impl Into<String>) -> Self {
        let private_dir = private_dir.into();
        Self {
            domain_id: None,
            channel_dir: format!("{private_dir}/channel"),
            main_monitor: MonitorEndpoint::Path(format!("{private_dir}/monitor.sock")),
            rescue_monitor: Some(MonitorEndpoint::Path(format!("{private_dir}/rescue.sock"))),
            pid_file: None,
            log_file: None,
            master_key_file: None,
            console_log_dir: None,
            incoming: None,
            cdrom_drives: Vec::new(),
            environment: Vec::new(),
            sandbox: Sandbox::On,
            descriptors: None,
            private_dir,
        }
    }
}

/// Numbers of descriptors a launcher on the same host hands over, one of each kind for all devices: what libvirt's own
/// tests assume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Descriptors {
    /// A unix socket to listen on.
    pub listen: u32,
    /// A file a device writes to.
    pub file: u32,
    /// A log file.
    pub log: u32,
}

/// Where QEMU offers a monitor.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MonitorEndpoint {
    /// A unix socket QEMU creates and listens on.
    Path(String),
    /// A listening socket handed over by number.
    Fd(u32),
}

/// QEMU's system call filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Sandbox {
    /// No obsolete calls, no gain of privileges, no children, no scheduling.
    #[default]
    On,
    /// None, for a QEMU built without it.
    Off,
}

impl fmt::Display for MonitorEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.write_str(path),
            Self::Fd(number) => write!(f, "file descriptor {number}"),
        }
    }
}
