//! What a simulator is like: a host or a vCenter, how large, how slow.

use std::path::Path;
use std::time::Duration;

/// What a simulator is like.
#[derive(Debug, Clone)]
pub struct SimulatorOptions {
    esx: bool,
    sizes: Vec<(&'static str, u32)>,
    powered_on: bool,
    delay: Duration,
    page: u32,
    pub(super) tls: bool,
    pub(super) user: String,
    pub(super) password: String,
    trace: bool,
}

impl Default for SimulatorOptions {
    fn default() -> Self {
        Self::esx()
    }
}

impl SimulatorOptions {
    /// A standalone ESX host with one datastore and two machines that run, `ha-host_VM0` and `ha-host_VM1`. Its
    /// datacenter is `ha-datacenter`, its host `localhost.localdomain`.
    #[must_use]
    pub fn esx() -> Self {
        Self {
            esx: true,
            sizes: Vec::new(),
            powered_on: true,
            delay: Duration::ZERO,
            page: 0,
            tls: true,
            user: "root".to_owned(),
            password: "secret".to_owned(),
            trace: false,
        }
    }

    /// A vCenter with one datacenter `DC0`: a standalone host `DC0_H0`, a cluster `DC0_C0` of three hosts, one
    /// datastore, a distributed port group, and two machines that run in each pool (`DC0_H0_VM0`, `DC0_C0_RP0_VM0`).
    #[must_use]
    pub fn vcenter() -> Self {
        Self {
            esx: false,
            user: "administrator@vsphere.local".to_owned(),
            ..Self::esx()
        }
    }

    /// How many machines there are: of the host, or in each pool of a vCenter.
    #[must_use]
    pub fn with_machines(self, count: u32) -> Self {
        self.sized("vm", count)
    }

    /// How many datastores there are: `LocalDS_0` and on.
    #[must_use]
    pub fn with_datastores(self, count: u32) -> Self {
        self.sized("ds", count)
    }

    /// How many resource pools a cluster has below its own.
    #[must_use]
    pub fn with_pools(self, count: u32) -> Self {
        self.sized("pool", count)
    }

    /// How many datacenters a vCenter has.
    #[must_use]
    pub fn with_datacenters(self, count: u32) -> Self {
        self.sized("dc", count)
    }

    /// How many clusters each datacenter has.
    #[must_use]
    pub fn with_clusters(self, count: u32) -> Self {
        self.sized("cluster", count)
    }

    /// How many hosts each cluster has.
    #[must_use]
    pub fn with_cluster_hosts(self, count: u32) -> Self {
        self.sized("host", count)
    }

    /// How many standalone hosts each datacenter has.
    #[must_use]
    pub fn with_standalone_hosts(self, count: u32) -> Self {
        self.sized("standalone-host", count)
    }

    /// How many distributed port groups each datacenter has.
    #[must_use]
    pub fn with_port_groups(self, count: u32) -> Self {
        self.sized("pg", count)
    }

    /// How many of the datacenters, the last ones, are in a folder of their own, with all that they have.
    #[must_use]
    pub fn with_folders(self, count: u32) -> Self {
        self.sized("folder", count)
    }

    /// Leaves the machines off.
    #[must_use]
    pub fn powered_off(mut self) -> Self {
        self.powered_on = false;
        self
    }

    /// How long each call takes at least: as of a server far away.
    #[must_use]
    pub fn with_delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// How many objects a page of properties has at most, even if the caller asks for more.
    #[must_use]
    pub fn with_page(mut self, objects: u32) -> Self {
        self.page = objects;
        self
    }

    /// Speaks HTTP without TLS.
    #[must_use]
    pub fn without_tls(mut self) -> Self {
        self.tls = false;
        self
    }

    /// Who may log in.
    #[must_use]
    pub fn with_login(mut self, user: &str, password: &str) -> Self {
        self.user = user.to_owned();
        self.password = password.to_owned();
        self
    }

    /// Writes down all requests and answers: the file `trace` in its directory.
    #[must_use]
    pub fn with_trace(mut self) -> Self {
        self.trace = true;
        self
    }

    fn sized(mut self, what: &'static str, count: u32) -> Self {
        self.sizes.push((what, count));
        self
    }

    /// The arguments of the program, for a simulator with this directory.
    pub(super) fn arguments(&self, directory: &Path) -> Vec<String> {
        let file = |name: &str| directory.join(name).display().to_string();
        let mut arguments = vec![
            format!("-esx={}", self.esx),
            format!("-autostart={}", self.powered_on),
            format!("-delay={}", self.delay.as_millis()),
            format!("-page={}", self.page),
            format!("-username={}", self.user),
            format!("-password={}", self.password),
        ];
        if self.tls {
            arguments.push(format!("-tlscert={}", file("certificate.pem")));
            arguments.push(format!("-tlskey={}", file("key.pem")));
        }
        if self.trace {
            arguments.push(format!("-trace-file={}", file("trace")));
        }
        for (what, count) in &self.sizes {
            arguments.push(format!("-{what}={count}"));
        }
        arguments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_on_the_command_line() {
        let options = SimulatorOptions::vcenter()
            .with_machines(3)
            .with_delay(Duration::from_millis(10))
            .with_page(50)
            .without_tls();
        let arguments = options.arguments(Path::new("/d"));
        for wanted in ["-esx=false", "-vm=3", "-delay=10", "-page=50"] {
            assert!(
                arguments.iter().any(|argument| argument == wanted),
                "{arguments:?}"
            );
        }
        assert!(!arguments.iter().any(|argument| argument.starts_with("-tls")));
        let secured = SimulatorOptions::esx().arguments(Path::new("/d"));
        assert!(secured.contains(&"-tlscert=/d/certificate.pem".to_owned()));
    }
}
