//! Random number generators.

use virt_core::Result;
use virt_core::model::domain::devices::{RngBackendModel, VirtioModel};

use super::context::{Context, id_of};
use super::line::Arguments;
use super::properties::Properties;
use super::virtio::{self, VirtioOptions};
use crate::plan::refusal;

/// Milliseconds over which a limit counts unless the configuration says.
const PERIOD: u64 = 1000;

pub(super) fn render(context: &Context<'_>, args: &mut Arguments) -> Result<()> {
    for (index, rng) in context.devices.rngs.iter().enumerate() {
        let path = refusal::device("rng", index);
        let id = id_of(rng.alias.as_ref(), &path)?;
        let object = format!("obj{id}");
        let backend = rng.backend.as_ref();
        match backend.and_then(|backend| backend.model.as_ref()) {
            Some(RngBackendModel::Random) => {
                let file = backend.and_then(|backend| backend.device.as_deref());
                args.object(&Properties::object("rng-random", &object).with_some("filename", file));
            }
            Some(RngBackendModel::Builtin) => args.object(&Properties::object("rng-builtin", &object)),
            _ => {
                return Err(refusal::unsupported(
                    format!("{path}/backend/@model"),
                    "this backend is not supported",
                ));
            }
        }
        let driver = virtio::pci_driver("rng", rng.model.as_ref().map(VirtioModel::as_str));
        let bytes = rng.rate.as_ref().and_then(|rate| rate.bytes);
        let period = rng.rate.as_ref().and_then(|rate| rate.period).unwrap_or(PERIOD);
        let device = Properties::device(driver)
            .with_all(VirtioOptions::from(rng.driver.as_ref()).properties())
            .with("rng", object)
            .with("id", id)
            .with_some("max-bytes", bytes)
            .with_some("period", bytes.map(|_| period))
            .with_all(context.place(rng.address.as_ref(), &path)?);
        args.device(&device);
    }
    Ok(())
}
