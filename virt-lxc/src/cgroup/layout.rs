//! Which controllers a machine has, and in which hierarchy.

use std::fmt;

/// A controller of control groups, as `/proc/cgroups` and `cgroup.controllers` name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Controller {
    /// `cpu`: shares and quota.
    Cpu,
    /// `cpuacct` (v1): CPU time used.
    Cpuacct,
    /// `cpuset`: which processors and NUMA nodes.
    Cpuset,
    /// `memory`.
    Memory,
    /// `blkio` (v1), `io` (v2): block devices.
    Io,
    /// `pids`: how many processes.
    Pids,
    /// `devices` (v1); a BPF program in v2.
    Devices,
    /// `freezer` (v1); part of the core in v2.
    Freezer,
}

/// Which kind of hierarchy a controller is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hierarchy {
    /// A hierarchy of cgroup v1: its settings are `lxc.cgroup.*`.
    V1,
    /// The unified hierarchy of cgroup v2: its settings are `lxc.cgroup2.*`.
    V2,
}

/// Where each controller of a machine is mounted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CgroupLayout {
    v1: Vec<(Controller, Mount)>,
    v2: Option<(Mount, Vec<Controller>)>,
    /// Hierarchies without a controller that matters here, such as `name=systemd`: containers have groups there, too.
    others: Vec<Mount>,
    /// Controllers that are there, and in whose hierarchies this user may make no groups.
    denied: Vec<Controller>,
}

/// Where a hierarchy is mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mount {
    /// The directory at which it is mounted.
    directory: String,
    /// Which of its groups that directory shows: `/`, or another one within a container.
    root: String,
}

impl Controller {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Cpu,
        Self::Cpuacct,
        Self::Cpuset,
        Self::Memory,
        Self::Io,
        Self::Pids,
        Self::Devices,
        Self::Freezer,
    ];

    /// Its name in cgroup v1.
    #[must_use]
    pub fn v1_name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cpuacct => "cpuacct",
            Self::Cpuset => "cpuset",
            Self::Memory => "memory",
            Self::Io => "blkio",
            Self::Pids => "pids",
            Self::Devices => "devices",
            Self::Freezer => "freezer",
        }
    }
}

impl fmt::Display for Controller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.v1_name())
    }
}

impl CgroupLayout {
    /// A pure layout of cgroup v2 with all controllers.
    #[must_use]
    pub fn unified() -> Self {
        Self {
            v1: Vec::new(),
            v2: Some((Mount::at("/sys/fs/cgroup"), Controller::ALL.to_vec())),
            others: Vec::new(),
            denied: Vec::new(),
        }
    }

    /// A layout with all controllers in cgroup v1.
    #[must_use]
    pub fn legacy() -> Self {
        let mount = |one: &Controller| (*one, Mount::at(&format!("/sys/fs/cgroup/{one}")));
        Self {
            v1: Controller::ALL.iter().map(mount).collect(),
            v2: None,
            others: Vec::new(),
            denied: Vec::new(),
        }
    }

    /// Where the lists of controllers of cgroup v2 are, for [`CgroupLayout::parse`]: of the pure and of the hybrid layout.
    pub(crate) const CONTROLLER_LISTS: [&str; 2] = [
        "/sys/fs/cgroup/cgroup.controllers",
        "/sys/fs/cgroup/unified/cgroup.controllers",
    ];

    /// Reads it from `/proc/self/mountinfo`, and from the content of the file `cgroup.controllers` at the top of the
    /// unified hierarchy, where there is one.
    #[must_use]
    pub fn parse(mountinfo: &str, unified_controllers: &str) -> Self {
        let mut layout = Self::default();
        for line in mountinfo.lines() {
            let Some((mount, kind, options)) = parse_mount(line) else {
                continue;
            };
            match kind {
                "cgroup" => {
                    let found = Controller::ALL
                        .iter()
                        .filter(|one| options.split(',').any(|option| option == one.v1_name()));
                    let mut is_known = false;
                    for one in found {
                        is_known = true;
                        // A hierarchy may be mounted twice: the first is where everybody looks.
                        if !layout.v1.iter().any(|(known, _)| known == one) {
                            layout.v1.push((*one, mount.clone()));
                        }
                    }
                    if !is_known {
                        layout.others.push(mount);
                    }
                }
                "cgroup2" if layout.v2.is_none() => {
                    layout.v2 = Some((mount, unified(unified_controllers)));
                }
                _ => {}
            }
        }
        layout
    }

    /// In which hierarchy a controller can be used; `None` where it can't.
    #[must_use]
    pub fn hierarchy(&self, controller: Controller) -> Option<Hierarchy> {
        if self.denied.contains(&controller) {
            return None;
        }
        if self.v1.iter().any(|(one, _)| *one == controller) {
            return Some(Hierarchy::V1);
        }
        let (_, v2) = self.v2.as_ref()?;
        v2.contains(&controller).then_some(Hierarchy::V2)
    }

    /// Why a controller can't be used, in words for an error; `None` where it can.
    #[must_use]
    pub fn missing(&self, controller: Controller) -> Option<String> {
        if self.hierarchy(controller).is_some() {
            return None;
        }
        if self.denied.contains(&controller) {
            return Some(format!(
                "the {controller} controller cannot be used here: an ordinary user may make no groups in its hierarchy \
                 (have one delegated, or be root)"
            ));
        }
        let why = match (&self.v2, self.v1.is_empty()) {
            (Some(_), true) => "cgroup v2 does not list it: the kernel lacks it, or cgroup v1 holds it",
            (Some(_), false) => "neither a mounted hierarchy of cgroup v1 nor cgroup v2 has it",
            (None, false) => "no hierarchy of cgroup v1 with it is mounted",
            (None, true) => "no control groups are mounted",
        };
        Some(format!("the {controller} controller cannot be used here: {why}"))
    }

    /// The directory of the group, of those in a `/proc/PID/cgroup`, that a controller has.
    pub(crate) fn own_directory(&self, controller: Controller, groups: &str) -> Option<String> {
        self.directory(controller, groups).map(|(_, directory)| directory)
    }

    /// The same layout for a user who may make no groups in the hierarchies of these.
    pub(crate) fn without(mut self, denied: Vec<Controller>) -> Self {
        self.denied = denied;
        self
    }

    /// The directories at which hierarchies are mounted.
    pub(crate) fn mounts(&self) -> Vec<&str> {
        let v1 = self.v1.iter().map(|(_, mount)| mount.directory.as_str());
        let v2 = self.v2.iter().map(|(mount, _)| mount.directory.as_str());
        let others = self.others.iter().map(|mount| mount.directory.as_str());
        let mut all: Vec<&str> = v1.chain(v2).chain(others).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The directory of a group in which a controller is used, from the lines of `/proc/PID/cgroup`.
    pub(super) fn directory(&self, controller: Controller, groups: &str) -> Option<(Hierarchy, String)> {
        let hierarchy = self.hierarchy(controller)?;
        let mut lines = groups.lines().filter_map(parse_group);
        match hierarchy {
            Hierarchy::V1 => {
                let (_, mount) = self.v1.iter().find(|(one, _)| *one == controller)?;
                let (_, path) = lines.find(|(controllers, _)| {
                    controllers.split(',').any(|name| name == controller.v1_name())
                })?;
                Some((hierarchy, mount.directory_of(path)?))
            }
            Hierarchy::V2 => {
                let (mount, _) = self.v2.as_ref()?;
                let (_, path) = lines.find(|(controllers, _)| controllers.is_empty())?;
                Some((hierarchy, mount.directory_of(path)?))
            }
        }
    }
}

impl Mount {
    fn at(directory: &str) -> Self {
        Self {
            directory: directory.to_owned(),
            root: "/".to_owned(),
        }
    }

    /// The directory of a group of this hierarchy; `None` for one that is not shown here.
    fn directory_of(&self, group: &str) -> Option<String> {
        let below = if self.root == "/" {
            group
        } else {
            let below = group.strip_prefix(self.root.as_str())?;
            if !below.is_empty() && !below.starts_with('/') {
                return None;
            }
            below
        };
        Some(format!("{}{}", self.directory, below.trim_end_matches('/')))
    }
}

/// What cgroup v2 has: what it lists, and what belongs to every group of it.
fn unified(listed: &str) -> Vec<Controller> {
    let named = |name: &str| match name {
        "io" => Some(Controller::Io),
        "cpu" => Some(Controller::Cpu),
        "cpuset" => Some(Controller::Cpuset),
        "memory" => Some(Controller::Memory),
        "pids" => Some(Controller::Pids),
        _ => None,
    };
    let mut found: Vec<Controller> = listed.split_ascii_whitespace().filter_map(named).collect();
    found.extend([Controller::Cpuacct, Controller::Devices, Controller::Freezer]);
    found
}

/// A line of `mountinfo`: where something is mounted, its type, and the options of its super block.
fn parse_mount(line: &str) -> Option<(Mount, &str, &str)> {
    let (place, file_system) = line.split_once(" - ")?;
    let mut place = place.split(' ').skip(3);
    let mount = Mount {
        root: place.next()?.to_owned(),
        directory: place.next()?.to_owned(),
    };
    let mut file_system = file_system.split(' ');
    let kind = file_system.next()?;
    Some((mount, kind, file_system.nth(1).unwrap_or_default()))
}

/// A line of `/proc/PID/cgroup`: controllers, and the group.
fn parse_group(line: &str) -> Option<(&str, &str)> {
    let (_, rest) = line.split_once(':')?;
    rest.split_once(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    const HYBRID: &str = "\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 /outer /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
";

    #[test]
    fn a_hybrid_layout_is_told_controller_by_controller() {
        let layout = CgroupLayout::parse(HYBRID, "pids\n");
        assert_eq!(layout.hierarchy(Controller::Cpu), Some(Hierarchy::V1));
        assert_eq!(layout.hierarchy(Controller::Pids), Some(Hierarchy::V2));
        assert_eq!(layout.hierarchy(Controller::Freezer), Some(Hierarchy::V2));
        assert_eq!(layout.hierarchy(Controller::Io), None);
        assert!(layout.missing(Controller::Io).unwrap().contains("blkio"));
        // Those without a controller have groups of containers, too.
        assert!(layout.mounts().contains(&"/sys/fs/cgroup/systemd"));
        let groups = "4:memory:/outer/lxc.payload.a\n1:cpu,cpuacct:/lxc.payload.a\n0::/lxc.payload.a\n";
        let directory = |controller| layout.directory(controller, groups).map(|(_, path)| path);
        assert_eq!(
            directory(Controller::Memory).unwrap(),
            "/sys/fs/cgroup/memory/lxc.payload.a"
        );
        assert_eq!(
            directory(Controller::Cpuacct).unwrap(),
            "/sys/fs/cgroup/cpu,cpuacct/lxc.payload.a"
        );
        assert_eq!(
            directory(Controller::Pids).unwrap(),
            "/sys/fs/cgroup/unified/lxc.payload.a"
        );
        assert_eq!(
            layout.directory(Controller::Memory, "4:memory:/outerspace\n"),
            None
        );
    }

    #[test]
    fn a_pure_layout_has_what_it_lists_and_what_belongs_to_every_group() {
        let mountinfo = "25 30 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
        let layout = CgroupLayout::parse(mountinfo, "cpu io memory\n");
        assert_eq!(layout.hierarchy(Controller::Io), Some(Hierarchy::V2));
        assert_eq!(layout.hierarchy(Controller::Pids), None);
        assert_eq!(layout.hierarchy(Controller::Devices), Some(Hierarchy::V2));
        assert_eq!(CgroupLayout::parse("", "").hierarchy(Controller::Memory), None);
    }
}
