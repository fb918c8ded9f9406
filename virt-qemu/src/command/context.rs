//! What every family's renderer looks at.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{Address, AddressType, Alias, Controller, ControllerType, Devices};
use virt_core::model::domain::{Features, Os};

use super::properties::Properties;
use crate::plan::machine::MachineFamily;
use crate::plan::{Abilities, Resources, refusal};

/// The inputs of a command line, and what follows from them.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) config: &'a DomainConfig,
    pub(crate) devices: &'a Devices,
    pub(crate) abilities: &'a Abilities,
    pub(crate) resources: &'a Resources,
    pub(crate) family: MachineFamily,
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        config: &'a DomainConfig,
        abilities: &'a Abilities,
        resources: &'a Resources,
    ) -> Result<Self> {
        let Some(devices) = &config.devices else {
            return Err(refusal::invalid(
                "/domain/devices",
                "the configuration was not completed",
            ));
        };
        Ok(Self {
            config,
            devices,
            abilities,
            resources,
            family: MachineFamily::of_config(config)?,
        })
    }

    pub(crate) fn emulator(&self) -> &'a str {
        self.devices
            .emulator
            .as_deref()
            .unwrap_or(&self.abilities.emulator)
    }

    pub(crate) fn os(&self) -> Option<&'a Os> {
        self.config.os.as_ref()
    }

    pub(crate) fn features(&self) -> Option<&'a Features> {
        self.config.features.as_ref()
    }

    /// The id of the controller of that kind and index.
    pub(crate) fn controller(&self, kind: &ControllerType, index: u32) -> Option<&'a str> {
        let same = |known: &&Controller| known.kind.as_ref() == Some(kind) && known.index == Some(index);
        self.devices
            .controllers
            .iter()
            .find(same)
            .and_then(|known| known.alias.as_ref()?.name.as_deref())
    }

    /// Bus and place of a device, as properties.
    pub(crate) fn place(&self, address: Option<&Address>, path: &str) -> Result<Properties> {
        let missing = || {
            refusal::invalid(
                format!("{path}/address"),
                "the device has no address: the configuration was not completed",
            )
        };
        let address = address.ok_or_else(missing)?;
        if address.kind != Some(AddressType::Pci) {
            return Err(missing());
        }
        let place = address.pci().ok_or_else(missing)?;
        let bus = self
            .controller(&ControllerType::Pci, u32::from(place.bus()))
            .ok_or_else(missing)?;
        let function = match place.function() {
            0 => format!("{:#x}", place.slot()),
            function => format!("{:#x}.{function:#x}", place.slot()),
        };
        let multifunction = address
            .multifunction
            .filter(|switch| switch.is_set())
            .map(|_| true);
        Ok(Properties::new()
            .with("bus", bus)
            .with_some("multifunction", multifunction)
            .with("addr", function))
    }
}

/// The name a device has in this run.
pub(crate) fn id_of<'a>(alias: Option<&'a Alias>, path: &str) -> Result<&'a str> {
    let name = alias.and_then(|alias| alias.name.as_deref());
    name.ok_or_else(|| {
        refusal::invalid(
            format!("{path}/alias"),
            "the device has no name: this is not the configuration of a run",
        )
    })
}
