//! The control groups of one container.

use super::{CgroupLayout, Controller, Hierarchy};

/// The directories of a running container's groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ContainerGroups {
    directories: Vec<(Controller, Hierarchy, String)>,
}

impl ContainerGroups {
    /// From the content of `/proc/PID/cgroup`, PID being the container's init.
    pub(crate) fn parse(layout: &CgroupLayout, groups: &str) -> Self {
        let found = Controller::ALL.iter().filter_map(|controller| {
            let (hierarchy, directory) = layout.directory(*controller, groups)?;
            Some((*controller, hierarchy, payload(&directory)))
        });
        Self {
            directories: found.collect(),
        }
    }

    /// Where a controller's files are, and of which kind they are.
    pub(crate) fn of(&self, controller: Controller) -> Option<(Hierarchy, &str)> {
        let (_, hierarchy, directory) = self.directories.iter().find(|(one, _, _)| *one == controller)?;
        Some((*hierarchy, directory))
    }
}

/// The directory of the whole container: an init such as systemd moves itself further down.
fn payload(directory: &str) -> String {
    let mut end = 0;
    for part in directory.split_inclusive('/') {
        end += part.len();
        if part.starts_with("lxc.payload") {
            return directory
                .get(..end)
                .unwrap_or(directory)
                .trim_end_matches('/')
                .to_owned();
        }
    }
    directory.trim_end_matches("/init.scope").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_init_that_moved_down_is_still_in_its_container() {
        assert_eq!(
            payload("/sys/fs/cgroup/lxc.payload.web-1/init.scope"),
            "/sys/fs/cgroup/lxc.payload.web-1"
        );
        assert_eq!(
            payload("/sys/fs/cgroup/lxc.payload.web"),
            "/sys/fs/cgroup/lxc.payload.web"
        );
        assert_eq!(
            payload("/sys/fs/cgroup/lxc/101/ns/init.scope"),
            "/sys/fs/cgroup/lxc/101/ns"
        );
        assert_eq!(payload("/sys/fs/cgroup/memory"), "/sys/fs/cgroup/memory");
    }
}
