//! `lxc.idmap`: users and groups of a container on the host.

use std::fmt;
use std::str::FromStr;

use super::document::ContainerConfig;

/// What a range is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdKind {
    /// Users: `u`.
    User,
    /// Groups: `g`.
    Group,
    /// Both: `b`.
    Both,
}

/// A range of ids: `KIND CONTAINER HOST COUNT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IdMapEntry {
    /// Users or groups.
    pub kind: IdKind,
    /// The first id in the container.
    pub container: u32,
    /// The first id on the host.
    pub host: u32,
    /// How many there are.
    pub count: u32,
}

impl ContainerConfig {
    /// The ranges of ids in order; what is none is left out.
    #[must_use]
    pub fn idmaps(&self) -> Vec<IdMapEntry> {
        let old = self.all("lxc.id_map");
        let lines = old.into_iter().chain(self.all("lxc.idmap"));
        lines.filter_map(|line| line.parse().ok()).collect()
    }
}

/// A text that is no range of ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a range of ids: u|g|b CONTAINER HOST COUNT")]
pub struct IdMapError;

impl FromStr for IdMapEntry {
    type Err = IdMapError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut words = text.split_ascii_whitespace();
        let kind = match words.next() {
            Some("u") => IdKind::User,
            Some("g") => IdKind::Group,
            Some("b") => IdKind::Both,
            _ => return Err(IdMapError),
        };
        let mut number = || words.next().and_then(|word| word.parse().ok()).ok_or(IdMapError);
        let (container, host, count) = (number()?, number()?, number()?);
        match words.next() {
            None => Ok(Self {
                kind,
                container,
                host,
                count,
            }),
            Some(_) => Err(IdMapError),
        }
    }
}

impl fmt::Display for IdMapEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            IdKind::User => 'u',
            IdKind::Group => 'g',
            IdKind::Both => 'b',
        };
        write!(f, "{kind} {} {} {}", self.container, self.host, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        let config = ContainerConfig::parse(
            "lxc.idmap = u 0 100000 65536\nlxc.idmap = g 0 100000\nlxc.idmap = b 1 2 3\n",
        )
        .unwrap();
        let text: Vec<String> = config.idmaps().iter().map(ToString::to_string).collect();
        assert_eq!(text, ["u 0 100000 65536", "b 1 2 3"]);
    }
}
