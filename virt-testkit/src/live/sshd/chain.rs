//! Network namespaces one behind the other, for jump hosts.

use super::{LiveError, Result, is_left_over, new_name, next_number, output_of};
use std::net::{IpAddr, Ipv4Addr};
use std::process::Command;

/// Network namespaces in a row: from here only the first can be reached, and each next one only from the one before.
///
/// `Chain::create(2)` is a jump host and what is behind it, `create(3)` a jump over two. An sshd gets its place by
/// [`SshdBuilder::place`](super::SshdBuilder::place), and listens there on port 22. Dropping the chain removes all of
/// it; drop the sshds before.
#[derive(Debug)]
pub struct Chain {
    links: Vec<Namespace>,
}

/// A namespace; dropping it removes it, and the pair of interfaces that leads to it.
#[derive(Debug)]
struct Namespace {
    name: String,
    address: Ipv4Addr,
}

impl Drop for Namespace {
    fn drop(&mut self) {
        remove(&self.name);
    }
}

impl Chain {
    /// Makes `length` of them. Those that killed tests have left are removed first.
    ///
    /// # Errors
    /// [`LiveError`] when this is not root, or with what `ip` said.
    pub fn create(length: usize) -> std::result::Result<Self, LiveError> {
        remove_leftovers();
        let mut links: Vec<Namespace> = Vec::new();
        for _ in 0..length {
            let link = match links.last() {
                None => first()?,
                Some(before) => next(before, links.len())?,
            };
            links.push(link);
        }
        Ok(Self { links })
    }

    /// The name of the namespace with this number, from 0, and its address, at which the one before reaches it.
    ///
    /// # Errors
    /// [`LiveError`] when the chain is not that long.
    pub fn link(&self, number: usize) -> std::result::Result<(&str, IpAddr), LiveError> {
        let link = self.links.get(number).ok_or_else(|| {
            LiveError::Unexpected(format!("a chain of {} has no link {number}", self.links.len()))
        })?;
        Ok((&link.name, link.address.into()))
    }
}

/// The networks of first links, four addresses each. Other tests do the same at once: the name of the interface here
/// decides who has which.
const FIRST: Ipv4Addr = Ipv4Addr::new(10, 203, 0, 0);
/// The networks of the others. They are seen within their chain only.
const NEXT: Ipv4Addr = Ipv4Addr::new(10, 204, 0, 0);
const NETWORKS: u32 = 1 << 14;
/// How many that others have are passed over.
const TRIES: u32 = 100;

/// A namespace behind this one.
fn first() -> Result<Namespace> {
    let start = std::process::id().wrapping_mul(31);
    let mut refused = None;
    for _ in 0..TRIES {
        let network = start.wrapping_add(next_number()) % NETWORKS;
        let link = new_namespace(FIRST, network)?;
        match connect(None, &link, &format!("vsdk{network}")) {
            Ok(()) => return Ok(link),
            Err(error) => refused = Some(error),
        }
    }
    Err(refused.unwrap_or_else(|| LiveError::Unexpected("no network is free".to_owned())))
}

/// A namespace behind another.
fn next(before: &Namespace, position: usize) -> Result<Namespace> {
    let link = new_namespace(NEXT, u32::try_from(position).unwrap_or(u32::MAX) % NETWORKS)?;
    connect(Some(&before.name), &link, "down0")?;
    Ok(link)
}

fn new_namespace(base: Ipv4Addr, network: u32) -> Result<Namespace> {
    let link = Namespace {
        name: new_name(),
        address: Ipv4Addr::from(u32::from(base) + network * 4 + 2),
    };
    ip(None, &["netns", "add", &link.name])?;
    Ok(link)
}

/// Connects a namespace with the one before it by a pair of interfaces, `interface` and `up0`.
fn connect(before: Option<&str>, link: &Namespace, interface: &str) -> Result<()> {
    let name = link.name.as_str();
    let near = Ipv4Addr::from(u32::from(link.address) - 1);
    let far = link.address;
    ip(
        before,
        &[
            "link", "add", interface, "type", "veth", "peer", "name", "up0", "netns", name,
        ],
    )?;
    ip(
        before,
        &["address", "add", &format!("{near}/30"), "dev", interface],
    )?;
    ip(before, &["link", "set", interface, "up"])?;
    ip(
        Some(name),
        &["address", "add", &format!("{far}/30"), "dev", "up0"],
    )?;
    ip(Some(name), &["link", "set", "up0", "up"])?;
    ip(Some(name), &["link", "set", "lo", "up"])
}

fn ip(namespace: Option<&str>, words: &[&str]) -> Result<()> {
    let mut command = match namespace {
        Some(namespace) => {
            let mut command = Command::new("nsenter");
            command.arg(format!("--net=/run/netns/{namespace}")).arg("ip");
            command
        }
        None => Command::new("ip"),
    };
    output_of(command.args(words)).map(drop)
}

/// Best effort: what stays is removed by the next test.
fn remove(name: &str) {
    drop(output_of(Command::new("ip").args(["netns", "delete", name])));
}

fn remove_leftovers() {
    let Ok(entries) = std::fs::read_dir("/run/netns") else {
        return;
    };
    for entry in entries.filter_map(std::result::Result::ok) {
        let name = entry.file_name();
        if let Some(name) = name.to_str()
            && is_left_over(name)
        {
            remove(name);
        }
    }
}
