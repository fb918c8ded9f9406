//! `-smp`.

use super::context::Context;
use super::line::Arguments;
use super::option_text::OptionText;

pub(super) fn render(context: &Context<'_>, args: &mut Arguments) {
    let vcpu = context.config.vcpu.as_ref();
    let count = vcpu.map_or(1, |vcpu| vcpu.count);
    let current = vcpu.and_then(|vcpu| vcpu.current).unwrap_or(count);
    let mut option = OptionText::new(&current.to_string());
    if current != count {
        option = option.with("maxcpus", count);
    }
    let gates = context.abilities.gates;
    option = match context.config.cpu.as_ref().and_then(|cpu| cpu.topology.as_ref()) {
        Some(topology) => {
            let part = |value: Option<u32>| value.unwrap_or(1);
            option
                .with("sockets", part(topology.sockets))
                .with_some("dies", gates.smp_dies.then_some(part(topology.dies)))
                .with_some("clusters", gates.smp_clusters.then_some(part(topology.clusters)))
                .with("cores", part(topology.cores))
                .with("threads", part(topology.threads))
        }
        None => option.with("sockets", count).with("cores", 1).with("threads", 1),
    };
    args.option("-smp", option);
}
