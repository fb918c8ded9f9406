//! Memory and the number of virtual CPUs.

use virt_core::Result;
use virt_core::model::domain::{Vcpu, VcpuPlacement};
use virt_core::model::{ByteSize, DomainConfig};

use super::super::refusal;

pub(super) fn fill(config: &mut DomainConfig) -> Result<()> {
    let Some(memory) = &config.memory else {
        return Err(refusal::invalid(
            "/domain/memory",
            "a guest needs memory; say how much",
        ));
    };
    let size = memory.size;
    if size.is_zero() {
        return Err(refusal::invalid(
            "/domain/memory",
            "a guest needs memory; say how much",
        ));
    }
    let current = config.current_memory.get_or_insert_with(|| size.into());
    if current.size.is_zero() {
        current.size = size;
    }
    if current.size > size {
        return Err(refusal::invalid(
            "/domain/currentMemory",
            format!("{} are more than the guest's memory, {size}", current.size),
        ));
    }
    if size > ByteSize::tib(4096) {
        return Err(refusal::invalid(
            "/domain/memory",
            format!("{size} are more than QEMU can address"),
        ));
    }
    let vcpu = config.vcpu.get_or_insert_with(|| Vcpu::from(1));
    if vcpu.placement.get_or_insert(VcpuPlacement::Static) != &VcpuPlacement::Static {
        return Err(refusal::unsupported(
            "/domain/vcpu/@placement",
            "only placement=\"static\" is supported",
        ));
    }
    let (count, current) = (vcpu.count, vcpu.current.unwrap_or(vcpu.count));
    if count > 255 {
        return Err(refusal::unsupported(
            "/domain/vcpu",
            "more than 255 virtual CPUs need an IOMMU, which is not supported yet",
        ));
    }
    if count == 0 || current == 0 {
        return Err(refusal::invalid("/domain/vcpu", "a guest needs a virtual CPU"));
    }
    if current > count {
        return Err(refusal::invalid(
            "/domain/vcpu/@current",
            format!("{current} are more than the bound, {count}"),
        ));
    }
    if current == count {
        vcpu.current = None;
    }
    Ok(())
}
