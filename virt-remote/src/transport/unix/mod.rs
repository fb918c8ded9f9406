//! The unix sockets of daemons on this machine.

mod autostart;
mod fd_stream;

use std::path::{Path, PathBuf};

use tokio::net::UnixStream;
use virt_core::connection::AccessMode;
use virt_core::{ConnectUri, Error, ErrorKind, Result, Subject, kind_of_io};

use super::parameters;
pub use fd_stream::FdStream;

/// Where the daemons of the whole machine have their sockets.
const SYSTEM_DIRECTORY: &str = "/run/libvirt";

/// Drivers that have a daemon of their own, and what it is called.
const MODULAR: &[(&str, &str)] = &[
    ("qemu", "virtqemud"),
    ("xen", "virtxend"),
    ("lxc", "virtlxcd"),
    ("vbox", "virtvboxd"),
    ("bhyve", "virtbhyved"),
    ("vz", "virtvzd"),
    ("ch", "virtchd"),
    ("network", "virtnetworkd"),
    ("storage", "virtstoraged"),
    ("secret", "virtsecretd"),
    ("nodedev", "virtnodedevd"),
    ("nwfilter", "virtnwfilterd"),
    ("interface", "virtinterfaced"),
];

/// Which daemon is connected to, where there are both kinds (`mode=` in a URI).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DaemonMode {
    /// The driver's own where it has one and its socket is there, else libvirtd.
    #[default]
    Auto,
    /// libvirtd, or virtproxyd in its place.
    Legacy,
    /// The driver's own.
    Direct,
}

/// Who is asking: what decides which daemon is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caller {
    /// Whether it is root.
    pub root: bool,
    /// Where the daemons of its own session have their sockets.
    pub session_directory: PathBuf,
}

impl Caller {
    /// A caller; the directory is that of its session.
    #[must_use]
    pub fn new(root: bool, session_directory: impl Into<PathBuf>) -> Self {
        Self {
            root,
            session_directory: session_directory.into(),
        }
    }

    /// This process.
    #[must_use]
    pub fn this_process() -> Self {
        let directory = |name: &str, below: &str| {
            let path = std::env::var_os(name).filter(|path| !path.is_empty())?;
            Some(Path::new(&path).join(below))
        };
        let session_directory = directory("XDG_RUNTIME_DIR", "libvirt")
            .or_else(|| directory("XDG_CACHE_HOME", "libvirt"))
            .or_else(|| directory("HOME", ".cache/libvirt"))
            .unwrap_or_else(|| PathBuf::from(SYSTEM_DIRECTORY));
        Self::new(rustix::process::geteuid().is_root(), session_directory)
    }
}

/// A daemon that a URI may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Candidate {
    /// Its socket.
    pub socket: PathBuf,
    /// Its program, where it may be started by who wants it: it is one of the caller's own session.
    pub program: Option<&'static str>,
}

/// The daemons a URI may mean, the likeliest first: the first whose socket is there is the one.
///
/// * `socket=PATH` names it;
/// * else it is in the session's directory for a path of `/session` (and for libvirt's test driver) where the caller is
///   not root, and in `/run/libvirt` else;
/// * there it is the driver's own daemon's, or libvirtd's, see [`DaemonMode`];
/// * a connection that may not change anything has a socket of its own, except in a session.
///
/// # Errors
/// `InvalidArgument` where `mode=` is none, or `Unsupported` where the driver has no daemon of its own and `mode=direct`
/// asks for it.
pub fn daemons(uri: &ConnectUri, access: AccessMode, caller: &Caller) -> Result<Vec<Candidate>> {
    if let Some(path) = uri.parameter("socket") {
        return Ok(vec![Candidate {
            socket: PathBuf::from(path),
            program: None,
        }]);
    }
    let session = !caller.root && (uri.path() == "/session" || uri.driver() == "test");
    let read_only = access == AccessMode::ReadOnly && !session;
    let directory = match session {
        true => caller.session_directory.as_path(),
        false => Path::new(SYSTEM_DIRECTORY),
    };
    let candidate = |prefix: &str, program: &'static str| Candidate {
        socket: directory.join(format!("{prefix}-{}", if read_only { "sock-ro" } else { "sock" })),
        program: session.then_some(program),
    };
    let own = MODULAR
        .iter()
        .find_map(|(driver, daemon)| (*driver == uri.driver()).then(|| candidate(daemon, daemon)));
    let common = candidate("libvirt", "libvirtd");
    Ok(match mode(uri)? {
        DaemonMode::Auto => own.into_iter().chain([common]).collect(),
        DaemonMode::Legacy => vec![common],
        DaemonMode::Direct => vec![own.ok_or_else(|| {
            Error::unsupported(format!("the driver {} has no daemon of its own", uri.driver()))
                .with_subject(Subject::Connection(uri.to_string()))
        })?],
    })
}

/// The sockets of [`daemons`].
///
/// # Errors
/// As `daemons`.
pub fn candidates(uri: &ConnectUri, access: AccessMode, caller: &Caller) -> Result<Vec<PathBuf>> {
    let daemons = daemons(uri, access, caller)?;
    Ok(daemons.into_iter().map(|daemon| daemon.socket).collect())
}

fn mode(uri: &ConnectUri) -> Result<DaemonMode> {
    let words = [
        ("auto", DaemonMode::Auto),
        ("legacy", DaemonMode::Legacy),
        ("direct", DaemonMode::Direct),
    ];
    Ok(parameters::choice(uri, "mode", &words)?.unwrap_or_default())
}

/// Connects to the first of these sockets that is there.
///
/// # Errors
/// `NotFound` where none of them is, `ConnectionLost` where nobody listens on it, `Denied` where its permissions say so.
///
/// # Cancel safety
/// Safe.
pub async fn connect(candidates: &[PathBuf]) -> Result<FdStream> {
    let mut missing = Vec::new();
    for path in candidates {
        match UnixStream::connect(path).await {
            Ok(stream) => return Ok(FdStream::new(stream)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                missing.push(path.display().to_string());
            }
            Err(error) => {
                let kind = kind_of_io(&error);
                let message = match kind {
                    ErrorKind::Denied => "this user may not use the daemon's socket",
                    _ => "no daemon answers on its socket",
                };
                return Err(Error::new(kind, message)
                    .with_subject(Subject::Path(path.display().to_string()))
                    .with_source(error));
            }
        }
    }
    Err(Error::new(
        ErrorKind::NotFound,
        format!(
            "no libvirt daemon has a socket here (looked for {})",
            missing.join(", ")
        ),
    ))
}

/// Connects to the first of these daemons whose socket is there; where there is none, one of the caller's own session is
/// started, and ends by itself when nobody has used it for 120 s.
///
/// # Errors
/// As [`connect`]; `Failed` with what a daemon said that did not come up.
///
/// # Cancel safety
/// A daemon that was being started may come up all the same.
pub async fn connect_or_start(daemons: &[Candidate]) -> Result<FdStream> {
    let sockets: Vec<PathBuf> = daemons.iter().map(|daemon| daemon.socket.clone()).collect();
    match connect(&sockets).await {
        // Nothing listens there, or what did is gone.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionLost) => {
            match autostart::start(daemons).await? {
                Some(started) => connect(std::slice::from_ref(&started.socket)).await,
                None => Err(error),
            }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(uri: &str, access: AccessMode, root: bool) -> Vec<String> {
        let uri = uri.parse().expect("a URI");
        let caller = Caller::new(root, "/run/user/7/libvirt");
        let paths = candidates(&uri, access, &caller).expect("sockets");
        paths.iter().map(|path| path.display().to_string()).collect()
    }

    #[test]
    fn sockets_are_where_libvirt_has_them() {
        use AccessMode::{ReadOnly, ReadWrite};
        for (uri, access, root, expected) in [
            (
                "qemu:///system",
                ReadWrite,
                false,
                &["/run/libvirt/virtqemud-sock", "/run/libvirt/libvirt-sock"][..],
            ),
            (
                "qemu+unix:///system?mode=legacy",
                ReadOnly,
                true,
                &["/run/libvirt/libvirt-sock-ro"],
            ),
            (
                "xen:///system?mode=direct",
                ReadWrite,
                true,
                &["/run/libvirt/virtxend-sock"],
            ),
            (
                "qemu:///session",
                ReadOnly,
                false,
                &[
                    "/run/user/7/libvirt/virtqemud-sock",
                    "/run/user/7/libvirt/libvirt-sock",
                ],
            ),
            (
                "test+unix:///default",
                ReadWrite,
                false,
                &["/run/user/7/libvirt/libvirt-sock"],
            ),
            (
                "test+unix:///default",
                ReadWrite,
                true,
                &["/run/libvirt/libvirt-sock"],
            ),
            ("qemu:///system?socket=/tmp/x", ReadWrite, false, &["/tmp/x"]),
        ] {
            assert_eq!(paths(uri, access, root), expected, "{uri}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |uri: &str| {
            let uri = uri.parse().expect("a URI");
            let found = candidates(&uri, AccessMode::ReadWrite, &Caller::new(true, "/x"));
            found.expect_err("a refusal").kind()
        };
        assert_eq!(refused("qemu:///system?mode=fast"), ErrorKind::InvalidArgument);
        assert_eq!(refused("test:///default?mode=direct"), ErrorKind::Unsupported);
    }

    #[tokio::test]
    async fn a_socket_that_is_not_there_and_one_nobody_listens_on_are_told_apart() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("sock");
        let error = connect(std::slice::from_ref(&path)).await.expect_err("an error");
        assert_eq!(error.kind(), ErrorKind::NotFound);
        drop(std::os::unix::net::UnixListener::bind(&path).expect("a socket"));
        let error = connect(&[path]).await.expect_err("an error");
        assert_eq!(error.kind(), ErrorKind::ConnectionLost);
    }
}
