//! Devices of a container, changed one by one.

use std::fmt::Write as _;
use std::time::Duration;

use virt_core::domain::{ConfigScope, DeviceUpdateOptions, DomainState};
use virt_core::event::DomainChange;
use virt_core::host::Command;
use virt_core::model::domain::devices::{HostDevice, Interface, InterfaceType, LinkState};
use virt_core::model::{Device, DomainConfig};
use virt_core::{Error, ErrorKind, Outcome, Result, Subject};
use virt_manager::OwnerTask as _;
use virt_manager::document::Kept;

use super::Owner;
use crate::document::{self, guest_ends, host_end, is_veth};
use crate::store::Definition;
use crate::tools::{Attached, Namespace};

/// How long `ip` may take.
const QUICK: Duration = Duration::from_secs(10);

impl Owner {
    pub(super) async fn attach(&mut self, device: &Device, scope: ConfigScope) -> Result<()> {
        let (live, inactive) = self.scope(scope)?;
        // One address for both configurations.
        let mut device = device.clone();
        let mut definition = None;
        if inactive {
            let (made, attached) = self
                .changed_definition(|config| document::attach(config, &device))
                .await?;
            (definition, device) = (Some(made), attached);
        }
        let mut alias = None;
        if live {
            self.must_not_be_paused()?;
            let mut config = self.live_config()?;
            document::attach(&mut config, &device)?;
            let mut config = document::live_document(&config, self.entry.uuid());
            let found = document::find(&config, &device)?;
            self.name_guest_end(&mut config, &found)?;
            let found = document::find(&config, &device)?;
            self.plug(&config, &found).await?;
            alias = found.alias();
            if let Err(error) = self.set_live(&config).await {
                drop(self.unplug(&config, &found).await);
                return Err(error);
            }
        }
        self.save_beside(definition, live).await?;
        if let Some(device) = alias {
            self.publish(DomainChange::DeviceAdded { device });
        }
        Ok(())
    }

    pub(super) async fn detach(&mut self, device: &Device, scope: ConfigScope) -> Result<()> {
        let (live, inactive) = self.scope(scope)?;
        let definition = if inactive {
            let (definition, _) = self
                .changed_definition(|config| document::detach(config, device))
                .await?;
            Some(definition)
        } else {
            None
        };
        let mut alias = None;
        if live {
            self.must_not_be_paused()?;
            let before = self.live_config()?;
            let mut after = before.clone();
            let found = document::detach(&mut after, device)?;
            self.unplug(&before, &found).await?;
            alias = found.alias();
            self.set_live(&after).await?;
        }
        self.save_beside(definition, live).await?;
        if let Some(device) = alias {
            self.publish(DomainChange::DeviceRemoved { device });
        }
        Ok(())
    }

    pub(super) async fn detach_alias(&mut self, alias: &str) -> Result<()> {
        self.active()?;
        let config = self.live_config()?;
        let found = config
            .devices
            .as_ref()
            .and_then(|devices| devices.by_alias(alias));
        let found = found.ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                format!("the domain has no device of alias {alias:?}"),
            )
        })?;
        self.detach(&found, ConfigScope::Live).await
    }

    pub(super) async fn update_device(
        &mut self,
        device: &Device,
        options: &DeviceUpdateOptions,
    ) -> Result<()> {
        let (live, inactive) = self.scope(options.scope)?;
        let definition = if inactive {
            let (definition, _) = self
                .changed_definition(|config| document::update(config, device))
                .await?;
            Some(definition)
        } else {
            None
        };
        if live {
            self.must_not_be_paused()?;
            let mut config = self.live_config()?;
            let mut device = device.clone();
            document::keep_ends(&config, &mut device);
            let (old, new) = document::update(&mut config, &device)?;
            self.replug(&config, &old, &new).await?;
            self.set_live(&config).await?;
        }
        self.save_beside(definition, live).await
    }

    async fn changed_definition<T>(
        &self,
        change: impl FnOnce(&mut DomainConfig) -> Result<T>,
    ) -> Result<(Definition, T)> {
        let present = self.present_definition()?;
        let mut config = present.config;
        let changed = change(&mut config)?;
        Ok((self.made_of(&config, present.autostart).await?, changed))
    }

    /// Writes a definition whose change has happened to the running container, too.
    async fn save_beside(&mut self, definition: Option<Definition>, live: bool) -> Result<()> {
        let Some(definition) = definition else {
            return Ok(());
        };
        if !live {
            self.keep_live_apart().await?;
        }
        self.save(&definition).await.map_err(|error| {
            if live {
                error.with_outcome(Outcome::Unknown)
            } else {
                error
            }
        })?;
        self.update(|view| view.inactive = Some(Kept::new(&definition.config)));
        Ok(())
    }

    fn live_config(&self) -> Result<DomainConfig> {
        let live = self.entry.view().live.clone();
        live.ok_or_else(|| Error::new(ErrorKind::Internal, "a run has no configuration"))?
            .config()
    }

    async fn set_live(&mut self, config: &DomainConfig) -> Result<()> {
        let live = Kept::new(config);
        self.save_live(&live).await?;
        self.update(|view| view.live = Some(live));
        Ok(())
    }

    /// An interface that is put into a running container has a name there that is free.
    fn name_guest_end(&self, config: &mut DomainConfig, device: &Device) -> Result<()> {
        let Device::Interface(_) = device else {
            return Ok(());
        };
        let devices = config.devices_mut();
        let Some(at) = devices.position(device) else {
            return Err(Error::new(
                ErrorKind::Internal,
                "a device that was attached is not there",
            ));
        };
        let ends = guest_ends(config);
        let taken: Vec<&str> = ends
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != at)
            .map(|(_, end)| end.name.as_str())
            .collect();
        let is_free = |name: &String| !taken.contains(&name.as_str());
        let free = (0_u32..).map(|number| format!("eth{number}")).find(is_free);
        if let Some(interface) = config.devices_mut().interfaces.get_mut(at) {
            let guest = interface.guest.get_or_insert_default();
            if guest.dev.is_none() {
                guest.dev = free;
            }
        }
        Ok(())
    }

    /// Puts a device into the running container.
    async fn plug(&self, config: &DomainConfig, device: &Device) -> Result<()> {
        match device {
            Device::Interface(interface) => self.plug_interface(config, interface).await,
            Device::Hostdev(hostdev) => self.plug_node(hostdev).await,
            other => Err(only_stopped(other)),
        }
    }

    /// Takes a device out of the running container.
    async fn unplug(&self, config: &DomainConfig, device: &Device) -> Result<()> {
        match device {
            Device::Interface(_) => {
                let end = guest_end(config, device)?;
                self.in_network(&["link", "delete", "dev", &end]).await
            }
            Device::Hostdev(hostdev) => self.unplug_node(hostdev).await,
            other => Err(only_stopped(other)),
        }
    }

    /// Changes a device of the running container.
    async fn replug(&self, config: &DomainConfig, old: &Device, new: &Device) -> Result<()> {
        let (Device::Interface(before), Device::Interface(after)) = (old, new) else {
            return Err(only_stopped(new));
        };
        let mut rest = after.clone();
        rest.link.clone_from(&before.link);
        if let (Some(rest), Some(before)) = (&mut rest.source, &before.source) {
            rest.bridge.clone_from(&before.bridge);
        }
        // What is not said stays as it is.
        rest.target = rest.target.or_else(|| before.target.clone());
        rest.guest = rest.guest.or_else(|| before.guest.clone());
        rest.alias.clone_from(&before.alias);
        if Device::from(rest.as_ref().clone()).to_xml() != old.to_xml() || before.kind != after.kind {
            return Err(Error::unsupported(
                "of an interface of a running container the link and the bridge can be changed, nothing else",
            )
            .with_subject(Subject::Element("/domain/devices/interface".to_owned())));
        }
        let bridge =
            |interface: &Interface| interface.source.as_ref().and_then(|source| source.bridge.clone());
        if bridge(before) != bridge(after)
            && let (Some(bridge), Some(host)) = (
                bridge(after),
                before.target.as_ref().and_then(|target| target.dev.clone()),
            )
        {
            self.ip(vec![vec!["link", "set", "dev", &host, "master", &bridge]])
                .await?;
        }
        let state = if is_down(after) { "down" } else { "up" };
        let end = guest_end(config, new)?;
        self.in_network(&["link", "set", "dev", &end, state]).await
    }

    async fn plug_interface(&self, config: &DomainConfig, interface: &Interface) -> Result<()> {
        if !is_veth(interface) || interface.kind == Some(InterfaceType::Network) {
            return Err(Error::unsupported(
                "only interfaces of type bridge and ethernet can be put into a running container",
            )
            .with_subject(Subject::Element("/domain/devices/interface/@type".to_owned())));
        }
        let device = Device::from(interface.clone());
        let guest = guest_end(config, &device)?;
        let index = config
            .devices
            .as_ref()
            .and_then(|devices| devices.position(&device))
            .unwrap_or_default();
        let host = interface
            .target
            .as_ref()
            .and_then(|target| target.dev.clone())
            .unwrap_or_else(|| host_end(self.entry.uuid(), u32::try_from(index).unwrap_or(u32::MAX)));
        let init = self.present_init().await?.to_string();
        // The end that goes into the container has a name of its own until it is there.
        let moving = format!("{host}g").chars().rev().take(15).collect::<String>();
        let mac = interface
            .mac
            .as_ref()
            .and_then(|mac| mac.address)
            .map(|mac| mac.to_string());
        let bridge = interface
            .source
            .as_ref()
            .and_then(|source| source.bridge.as_deref());
        let mtu = interface
            .mtu
            .as_ref()
            .and_then(|mtu| mtu.size)
            .map(|size| size.to_string());
        let added = vec!["link", "add", &host, "type", "veth", "peer", "name", &moving];
        let mut steps = Vec::new();
        if let Some(mac) = &mac {
            steps.push(vec!["link", "set", "dev", &moving, "address", mac]);
        }
        if let Some(mtu) = &mtu {
            steps.push(vec!["link", "set", "dev", &moving, "mtu", mtu]);
            steps.push(vec!["link", "set", "dev", &host, "mtu", mtu]);
        }
        if let Some(bridge) = bridge {
            steps.push(vec!["link", "set", "dev", &host, "master", bridge]);
        }
        steps.push(vec!["link", "set", "dev", &host, "up"]);
        steps.push(vec![
            "link", "set", "dev", &moving, "netns", &init, "name", &guest,
        ]);
        // What is there of that name already is somebody else's.
        self.ip(vec![added]).await?;
        let plugged = async {
            self.ip(steps).await?;
            self.configure(interface, &guest).await
        };
        if let Err(error) = plugged.await {
            // Both ends go with one.
            drop(self.ip(vec![vec!["link", "delete", "dev", &host]]).await);
            return Err(error);
        }
        Ok(())
    }

    /// Gives an interface in the container its addresses and routes, and its link.
    async fn configure(&self, interface: &Interface, guest: &str) -> Result<()> {
        for ip in &interface.ips {
            if let Some(address) = &ip.address {
                let address = with_prefix(address, ip.prefix);
                self.in_network(&["address", "add", &address, "dev", guest])
                    .await?;
            }
        }
        if is_down(interface) {
            return Ok(());
        }
        self.in_network(&["link", "set", "dev", guest, "up"]).await?;
        for route in &interface.routes {
            let network = route.address.as_deref().unwrap_or("default");
            let network = with_prefix(network, route.prefix);
            let gateway = route.gateway.as_deref().unwrap_or_default();
            self.in_network(&["route", "add", &network, "via", gateway, "dev", guest])
                .await?;
        }
        Ok(())
    }

    /// The number of the container's init, which is that process and no other.
    async fn present_init(&self) -> Result<u32> {
        let init = self.active()?.run.init;
        let process = self.manager.host.processes().inspect(init.pid).await?;
        if process.is_some_and(|process| process.identity == init) {
            return Ok(init.pid);
        }
        Err(Error::new(
            ErrorKind::InvalidState,
            "the container has just ended",
        ))
    }

    /// What goes into a container that is paused waits until it goes on.
    fn must_not_be_paused(&self) -> Result<()> {
        if self.state() == DomainState::Paused {
            return Err(Error::new(
                ErrorKind::InvalidState,
                "the container is paused, and its devices cannot be changed: resume it first",
            ));
        }
        Ok(())
    }

    /// Puts the node of a device into the container, which may use it then.
    async fn plug_node(&self, hostdev: &HostDevice) -> Result<()> {
        let path = node_of(hostdev)?;
        self.manager.tools.add_node(&self.name(), &path).await
    }

    async fn unplug_node(&self, hostdev: &HostDevice) -> Result<()> {
        let path = node_of(hostdev)?;
        self.manager.tools.remove_node(&self.name(), &path).await
    }

    /// Runs the machine's `ip` for all of these, up to the first that fails.
    async fn ip(&self, steps: Vec<Vec<&str>>) -> Result<()> {
        for step in steps {
            let command = Command::new("ip").args(step.iter().copied()).time_limit(QUICK);
            let output = self.manager.host.processes().run(command).await?;
            if !output.status.success() {
                return Err(ip_failed(&step, &output.stderr_text()));
            }
        }
        Ok(())
    }

    /// Runs the machine's `ip` in the container's network.
    async fn in_network(&self, step: &[&str]) -> Result<()> {
        let mut program = Attached::new("ip").args(step.iter().copied());
        program.only = Some(Namespace::Network);
        program.time_limit = Some(QUICK);
        let output = self.manager.tools.attach(&self.name(), program).await?;
        if output.status.success() {
            return Ok(());
        }
        Err(ip_failed(step, &output.stderr_text()))
    }
}

fn ip_failed(step: &[&str], said: &str) -> Error {
    let mut command = "ip".to_owned();
    for word in step {
        // Writing to a string does not fail.
        let _ok = write!(command, " {word}");
    }
    let kind = if said.contains("does not exist") || said.contains("Cannot find device") {
        ErrorKind::NotFound
    } else if said.contains("File exists") {
        ErrorKind::AlreadyExists
    } else if said.contains("not permitted") {
        ErrorKind::Denied
    } else {
        ErrorKind::Failed
    };
    Error::new(kind, format!("{command}: {}", said.trim()))
}

fn only_stopped(device: &Device) -> Error {
    Error::unsupported(format!(
        "a <{}> cannot be changed in a running container: change its definition (ConfigScope::Config)",
        device.name()
    ))
    .with_subject(Subject::Element(format!("/domain/devices/{}", device.name())))
}

fn is_down(interface: &Interface) -> bool {
    let state = interface.link.as_ref().and_then(|link| link.state.as_ref());
    state == Some(&LinkState::Down)
}

fn with_prefix(address: &str, prefix: Option<u32>) -> String {
    prefix.map_or_else(|| address.to_owned(), |prefix| format!("{address}/{prefix}"))
}

/// The name an interface has in the container.
fn guest_end(config: &DomainConfig, device: &Device) -> Result<String> {
    let at = config
        .devices
        .as_ref()
        .and_then(|devices| devices.position(device));
    let end = at.and_then(|at| guest_ends(config).into_iter().nth(at));
    end.map(|end| end.name)
        .ok_or_else(|| Error::new(ErrorKind::NotFound, "the container has no such interface"))
}

/// The node of a device of the host that a container can have.
fn node_of(hostdev: &HostDevice) -> Result<String> {
    let source = hostdev.source.as_ref();
    let node = match hostdev.kind.as_deref() {
        Some("misc") => source.and_then(|source| source.char.clone()),
        Some("storage") => source.and_then(|source| source.block.clone()),
        _ => None,
    };
    node.ok_or_else(|| {
        Error::unsupported("only host devices of type misc and storage can be put into a running container")
            .with_subject(Subject::Element("/domain/devices/hostdev/@type".to_owned()))
    })
}
