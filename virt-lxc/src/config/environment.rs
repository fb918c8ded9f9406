//! `lxc.environment`: the environment of init.

use super::document::ContainerConfig;

/// An environment variable of init.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnvironmentEntry<'c> {
    /// Its name.
    pub name: &'c str,
    /// Its value; `None` for the one it has on the host.
    pub value: Option<&'c str>,
}

impl ContainerConfig {
    /// The environment of init, in order.
    #[must_use]
    pub fn environment(&self) -> Vec<EnvironmentEntry<'_>> {
        self.all("lxc.environment")
            .into_iter()
            .map(|text| match text.split_once('=') {
                Some((name, value)) => EnvironmentEntry {
                    name,
                    value: Some(value),
                },
                None => EnvironmentEntry {
                    name: text,
                    value: None,
                },
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_may_be_the_hosts() {
        let config = ContainerConfig::parse("lxc.environment = A=b=c\nlxc.environment = TERM\n").unwrap();
        let pairs: Vec<_> = config
            .environment()
            .iter()
            .map(|one| (one.name, one.value))
            .collect();
        assert_eq!(pairs, [("A", Some("b=c")), ("TERM", None)]);
    }
}
