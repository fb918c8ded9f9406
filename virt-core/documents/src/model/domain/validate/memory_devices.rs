//! Memory modules.

use super::at::{At, Checked};
use crate::model::domain::config::DomainConfig;
use crate::model::domain::devices::{Devices, MemoryDevice, MemoryDeviceTarget};
use crate::model::domain::memory::ScaledKib;
use crate::model::value::{ByteSize, YesNo};

const MODELS: &[&str] = &["dimm", "nvdimm", "virtio-pmem", "virtio-mem", "sgx-epc"];

pub(super) fn check(config: &DomainConfig, devices: &Devices) -> Checked {
    if let Some(bound) = &config.max_memory
        && config.is_run_by_qemu()
        && super::numa::cells(config).is_empty()
        && needs_cells(config)
    {
        let at = At::the("/domain/maxMemory", &bound.rest);
        return Err(at.wrong("", "memory can be plugged in where the guest has NUMA cells"));
    }
    for (index, memory) in devices.memories.iter().enumerate() {
        let at = At::nth("/domain/devices/memory", index, &memory.rest);
        let model = at.need("/@model", "the attribute 'model'", memory.model.as_ref())?;
        at.one_of("/@model", Some(model), MODELS)?;
        let target = at.need("/target", "the element <target>", memory.target.as_ref())?;
        let at = at.on(&target.rest);
        let bytes = size(target.size.as_ref());
        at.need("/target/size", "the size", bytes.as_ref())?;
        check_node(config, at, model, target)?;
        check_model(at, model, memory, target)?;
        check_slot(config, at, memory)?;
    }
    Ok(())
}

/// A pSeries machine takes memory without NUMA.
fn needs_cells(config: &DomainConfig) -> bool {
    let os = config.os.as_ref().and_then(|os| os.kind.as_ref());
    let arch = os.and_then(|os| os.arch.as_deref()).unwrap_or_default();
    !arch.starts_with("ppc64")
}

fn size(element: Option<&ScaledKib>) -> Option<ByteSize> {
    element.and_then(|element| element.size)
}

fn check_node(config: &DomainConfig, at: At<'_>, model: &str, target: &MemoryDeviceTarget) -> Checked {
    let cells = super::numa::cells(config).len();
    match target.node {
        Some(node) if cells > 0 && usize::try_from(node).is_ok_and(|node| node >= cells) => Err(at.wrong(
            "/target/node",
            format!("there is no cell {node}; the guest has {cells}"),
        )),
        Some(_) if model == "virtio-pmem" => {
            Err(at.wrong("/target/node", "the model virtio-pmem is in no cell"))
        }
        _ => Ok(()),
    }
}

fn check_model(at: At<'_>, model: &str, memory: &MemoryDevice, target: &MemoryDeviceTarget) -> Checked {
    let source = memory.source.as_ref();
    let has_path = source.is_some_and(|source| source.path.is_some());
    let empty = |set: &crate::model::value::CpuSet| set.is_empty();
    at.refuse_if(
        source
            .and_then(|source| source.nodemask.as_ref())
            .is_some_and(empty),
        "/source/nodemask",
        "the set of nodes is empty",
    )?;
    let is_persistent = matches!(model, "nvdimm" | "virtio-pmem");
    if is_persistent && !has_path {
        return Err(at.missing("/source/path", format!("the path of the {model}")));
    }
    at.refuse_when(
        is_persistent && memory.discard == Some(YesNo::Yes),
        "/@discard",
        format_args!("the model {model} keeps what is in it"),
    )?;
    match model {
        "nvdimm" => {
            let label = target.label.as_ref().and_then(|label| size(label.size.as_ref()));
            at.refuse_if(
                label.is_some_and(|label| Some(label) >= size(target.size.as_ref())),
                "/target/label/size",
                "the label is no smaller than the memory",
            )
        }
        "virtio-mem" => check_virtio_mem(at, target),
        _ => Ok(()),
    }
}

fn check_virtio_mem(at: At<'_>, target: &MemoryDeviceTarget) -> Checked {
    let whole = size(target.size.as_ref()).unwrap_or_default();
    let requested = size(target.requested.as_ref()).unwrap_or_default();
    at.refuse_when(
        requested > whole,
        "/target/requested",
        format_args!("{requested} are requested of {whole}"),
    )?;
    let Some(block) = size(target.block.as_ref()) else {
        return Ok(());
    };
    let bytes = block.as_bytes();
    at.refuse_if(
        !bytes.is_power_of_two(),
        "/target/block",
        "the size of a block is no power of two",
    )?;
    let fits = |size: ByteSize| bytes != 0 && size.as_bytes().is_multiple_of(bytes);
    at.refuse_if(
        !fits(whole),
        "/target/size",
        "the size is not a whole number of blocks",
    )?;
    at.refuse_if(
        !fits(requested),
        "/target/requested",
        "what is requested is not a whole number of blocks",
    )
}

fn check_slot(config: &DomainConfig, at: At<'_>, memory: &MemoryDevice) -> Checked {
    use crate::model::domain::devices::AddressType;
    let dimm = |address: &&crate::model::domain::devices::Address| address.kind == Some(AddressType::Dimm);
    let slot = memory
        .address
        .as_ref()
        .filter(dimm)
        .and_then(|address| address.slot);
    let slots = config.max_memory.as_ref().and_then(|bound| bound.slots);
    match (slot, slots) {
        (Some(slot), Some(slots)) if slot.value() >= slots => Err(at.wrong(
            "/address/@slot",
            format!("there is no slot {}; the guest has {slots}", slot.value()),
        )),
        _ => Ok(()),
    }
}
