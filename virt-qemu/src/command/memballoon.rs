//! The memory balloon.

use virt_core::Result;
use virt_core::model::domain::devices::MemBalloonModel;
use virt_core::model::value::OnOff;

use super::context::{Context, id_of};
use super::line::Arguments;
use super::properties::Properties;
use super::virtio::{self, VirtioOptions};

const PATH: &str = "/domain/devices/memballoon";

pub(super) fn render(context: &Context<'_>, args: &mut Arguments) -> Result<()> {
    let Some(balloon) = &context.devices.memballoon else {
        return Ok(());
    };
    let model = balloon.model.as_ref().map(MemBalloonModel::as_str);
    if model == Some("none") {
        return Ok(());
    }
    let device = Properties::device(virtio::pci_driver("balloon", model))
        .with_all(VirtioOptions::from(balloon.driver.as_ref()).properties())
        .with("id", id_of(balloon.alias.as_ref(), PATH)?)
        .with_some("deflate-on-oom", balloon.autodeflate.map(OnOff::is_set))
        .with_some(
            "free-page-reporting",
            balloon.free_page_reporting.map(OnOff::is_set),
        )
        .with_all(context.place(balloon.address.as_ref(), PATH)?);
    args.device(&device);
    Ok(())
}
