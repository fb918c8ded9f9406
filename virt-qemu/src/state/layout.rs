//! Where things are below a root directory.

use uuid::Uuid;
use virt_core::host::HostFacts;
use virt_core::{ConnectUri, Error, ErrorKind, Result, Subject};

/// The longest run directory: a unix socket's path has at most 107 bytes, and the longest name in a run's directory
/// (a channel's socket) is given the rest.
const MAX_RUN_DIR: usize = 60;

/// Where things are below a root directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    root: String,
    run: String,
}

impl Layout {
    /// The layout for a URI: its parameter `root`, else the default of the user we are on that machine.
    pub(crate) fn of(uri: &ConnectUri, facts: &HostFacts) -> Result<Self> {
        uri.only_parameters(&["root"])?;
        let root = match uri.parameter("root") {
            Some(root) => checked(root)?,
            None if facts.uid == 0 => "/var/lib/virt-sdk/qemu".to_owned(),
            None => match &facts.state_home {
                Some(state) => format!("{state}/virt-sdk/qemu"),
                None => format!("{}/.local/state/virt-sdk/qemu", facts.home),
            },
        };
        let run = run_dir(&root, facts);
        Ok(Self { root, run })
    }

    pub(crate) fn root(&self) -> &str {
        &self.root
    }

    pub(crate) fn lease(&self) -> String {
        format!("{}/lease", self.root)
    }

    pub(crate) fn manager(&self) -> String {
        format!("{}/manager.json", self.root)
    }

    pub(crate) fn definitions(&self) -> String {
        format!("{}/definitions", self.root)
    }

    pub(crate) fn definition(&self, uuid: Uuid) -> String {
        format!("{}/definitions/{uuid}.xml", self.root)
    }

    pub(crate) fn autostarts(&self) -> String {
        format!("{}/autostart", self.root)
    }

    pub(crate) fn autostart(&self, uuid: Uuid) -> String {
        format!("{}/autostart/{uuid}", self.root)
    }

    pub(crate) fn runs(&self) -> String {
        format!("{}/runs", self.root)
    }

    pub(crate) fn run_record(&self, uuid: Uuid) -> String {
        format!("{}/runs/{uuid}.json", self.root)
    }

    pub(crate) fn cache(&self) -> String {
        format!("{}/cache", self.root)
    }

    pub(crate) fn logs(&self) -> String {
        format!("{}/log", self.root)
    }

    pub(crate) fn log(&self, uuid: Uuid) -> String {
        format!("{}/log/{uuid}.log", self.root)
    }

    /// The directory of all runs.
    pub(crate) fn run_dirs(&self) -> &str {
        &self.run
    }

    /// The directory of one run.
    pub(crate) fn run_dir(&self, id: u32) -> String {
        format!("{}/{id}", self.run)
    }
}

fn checked(root: &str) -> Result<String> {
    let refuse = |why: &'static str| {
        Err(Error::new(ErrorKind::InvalidArgument, why).with_subject(Subject::Path(root.to_owned())))
    };
    if !root.starts_with('/') {
        return refuse("the root directory is an absolute path");
    }
    if root.split('/').any(|part| part == "..") {
        return refuse("the root directory has no '..' in its path");
    }
    let trimmed = root.trim_end_matches('/');
    if trimmed.is_empty() {
        return refuse("the root directory is not the root of the file system");
    }
    Ok(trimmed.to_owned())
}

/// Sockets live below the root where their paths stay short enough, else in the machine's directory for such things,
/// under a name that follows from the root.
fn run_dir(root: &str, facts: &HostFacts) -> String {
    let near = format!("{root}/run");
    if near.len() <= MAX_RUN_DIR {
        return near;
    }
    let base = match (&facts.runtime_dir, facts.uid) {
        (_, 0) => "/run/virt-sdk".to_owned(),
        (Some(dir), _) => format!("{dir}/virt-sdk"),
        (None, uid) => format!("/tmp/virt-sdk-{uid}"),
    };
    format!("{base}/{:016x}", fnv1a(root.as_bytes()))
}

/// FNV-1a: only has to be the same every time and rarely the same for two roots.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use virt_core::host::{CpuVendor, HostFacts};

    pub(crate) fn facts(uid: u32) -> HostFacts {
        HostFacts {
            hostname: "h".into(),
            arch: "x86_64".into(),
            kernel: "6".into(),
            boot_id: "b".into(),
            clock_ticks: 100,
            boot_time: 0,
            cpus: 2,
            cpu_model: String::new(),
            cpu_vendor: CpuVendor::Intel,
            mhz: 0,
            sockets: 1,
            cores: 2,
            threads: 1,
            memory_kib: 1,
            memory_free_kib: 1,
            numa: Vec::new(),
            kvm: false,
            uid,
            gid: uid,
            home: "/home/u".into(),
            state_home: None,
            runtime_dir: None,
        }
    }

    fn layout(uri: &str, uid: u32) -> Result<Layout> {
        Layout::of(&uri.parse().unwrap(), &facts(uid))
    }

    #[test]
    fn defaults_follow_the_user() {
        assert_eq!(
            layout("qemu:///embed", 0).unwrap().root(),
            "/var/lib/virt-sdk/qemu"
        );
        assert_eq!(
            layout("qemu:///embed", 7).unwrap().root(),
            "/home/u/.local/state/virt-sdk/qemu"
        );
        assert_eq!(
            layout("qemu:///embed?root=/srv/x/", 7).unwrap().run_dir(3),
            "/srv/x/run/3"
        );
    }

    #[test]
    fn roots_that_are_none_are_refused() {
        for bad in ["rel", "/a/../b", "/", ""] {
            let error = layout(&format!("qemu:///embed?root={bad}"), 0).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{bad}");
        }
    }

    #[test]
    fn a_long_root_keeps_its_sockets_elsewhere_always_in_the_same_place() {
        let uri = format!("qemu:///embed?root=/{}", "x".repeat(120));
        let one = layout(&uri, 7).unwrap();
        assert!(one.run_dirs().starts_with("/tmp/virt-sdk-7/") && one.run_dirs().len() <= MAX_RUN_DIR);
        assert_eq!(one, layout(&uri, 7).unwrap());
    }
}
