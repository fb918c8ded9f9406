//! What a private libvirtd is like beyond the usual: where it listens, how one logs in.

use super::libvirtd::Libvirtd;
use std::path::{Path, PathBuf};

/// How a private libvirtd differs from the usual.
#[derive(Debug, Clone, Default)]
pub struct LibvirtdOptions {
    lines: Vec<String>,
    listens: bool,
    sasl: Option<PathBuf>,
    apart: bool,
    containers: bool,
    network_of: Option<PathBuf>,
    pub(super) host_name: Option<String>,
}

impl LibvirtdOptions {
    /// A setting of `libvirtd.conf`, as it is written there; it takes the place of the usual one.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.lines.push(format!("{name} = {value}"));
        self
    }

    /// Has it listen on TCP or TLS ports, as its settings say (`--listen`).
    #[must_use]
    pub fn listen(mut self) -> Self {
        self.listens = true;
        self
    }

    /// The directory of SASL's configuration, `libvirt.conf`.
    #[must_use]
    pub fn sasl(mut self, directory: &Path) -> Self {
        self.sasl = Some(directory.to_owned());
        self
    }

    /// Gives it a network namespace of its own: its networks are none of the machine's, and are gone with it. Nobody
    /// reaches it by TCP.
    #[must_use]
    pub fn apart(mut self) -> Self {
        self.apart = true;
        self
    }

    /// Has it share the network of another one that is [`apart`](Self::apart): domains move between the two.
    #[must_use]
    pub fn beside(mut self, other: &Libvirtd) -> Self {
        self.network_of = Some(other.namespace("net"));
        self
    }

    /// Lets it run containers on a machine that has both generations of control groups: without the second one in its
    /// sight, for libvirt's LXC driver starts nothing with both.
    #[must_use]
    pub fn containers(mut self) -> Self {
        self.containers = true;
        self
    }

    /// The name of its machine, which is the realm of SASL's users; one of its own unless it is said.
    #[must_use]
    pub fn host_name(mut self, name: &str) -> Self {
        self.host_name = Some(name.to_owned());
        self
    }

    /// `libvirtd.conf`: what is set, and of the usual what is not.
    pub(super) fn configuration(&self, usual: &str) -> String {
        let name = |line: &str| line.split('=').next().map(str::trim).map(str::to_owned);
        let is_set = |line: &&str| !self.lines.iter().any(|set| name(set) == name(line));
        let usual = usual.lines().filter(is_set);
        self.lines
            .iter()
            .map(String::as_str)
            .chain(usual)
            .map(|line| format!("{line}\n"))
            .collect()
    }

    /// The namespaces of its own besides the usual ones, as `unshare` is told of them.
    pub(super) fn namespaces(&self) -> &'static [&'static str] {
        if self.apart { &["--net"] } else { &[] }
    }

    /// The network namespace of another one that it begins in.
    pub(super) fn network_of(&self) -> Option<&Path> {
        self.network_of.as_deref()
    }

    pub(super) fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        let listens = self.listens.then(|| ("LIBVIRTD_ARGS", PathBuf::from("--listen")));
        let sasl = self.sasl.clone().map(|directory| ("SASL_CONF_PATH", directory));
        let containers = self
            .containers
            .then(|| ("LIBVIRTD_CONTAINERS", PathBuf::from("1")));
        listens.into_iter().chain(sasl).chain(containers).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_takes_the_place_of_the_usual() {
        let options = LibvirtdOptions::default().set("b", "2").listen();
        assert_eq!(options.configuration("a = 1\nb = 1\n"), "b = 2\na = 1\n");
        assert_eq!(
            options.environment(),
            [("LIBVIRTD_ARGS", PathBuf::from("--listen"))]
        );
    }
}
