//! `-cpu`.

use virt_core::Result;
use virt_core::model::domain::{Cpu, CpuCacheMode, CpuFeaturePolicy, CpuMode, FeatureState, TimerName};
use virt_core::model::value::{OnOff, YesNo};

use super::context::Context;
use super::line::Arguments;
use super::option_text::OptionText;
use crate::plan::refusal;

pub(super) fn render(context: &Context<'_>, args: &mut Arguments) -> Result<()> {
    let Some(cpu) = &context.config.cpu else {
        return Ok(());
    };
    let mut option = model(cpu)?;
    for feature in &cpu.features {
        let name = feature.name.as_deref().unwrap_or_default();
        let on = match feature.policy {
            None | Some(CpuFeaturePolicy::Force | CpuFeaturePolicy::Require | CpuFeaturePolicy::Optional) => {
                true
            }
            Some(_) => false,
        };
        if !UNKNOWN_TO_QEMU.contains(&name) {
            option = option.with_switch(&property(name), on);
        }
    }
    let option = with_features(context, with_timers(context, option));
    args.option("-cpu", with_address_size(cpu, with_cache(cpu, option)));
    Ok(())
}

fn model(cpu: &Cpu) -> Result<OptionText> {
    let migratable = cpu
        .migratable
        .map(|switch| if switch.is_set() { "on" } else { "off" });
    let option = match cpu.mode {
        Some(CpuMode::HostPassthrough) => OptionText::new("host"),
        Some(CpuMode::Maximum) => OptionText::new("max"),
        _ => {
            let name = cpu.model.as_ref().and_then(|model| model.name.as_deref());
            let name = name.ok_or_else(|| {
                refusal::invalid(
                    "/domain/cpu/model",
                    "no model: the configuration was not completed",
                )
            })?;
            OptionText::new(name)
        }
    };
    Ok(option.with_some("migratable", migratable))
}

fn with_timers(context: &Context<'_>, mut option: OptionText) -> OptionText {
    let timers = context
        .config
        .clock
        .as_ref()
        .map(|clock| clock.timers.as_slice())
        .unwrap_or_default();
    for timer in timers {
        let present = timer.present.map(YesNo::is_set);
        match (&timer.name, present) {
            (Some(TimerName::Kvmclock), Some(present)) => option = option.with_switch("kvmclock", present),
            (Some(TimerName::Hypervclock), Some(true)) => option = option.with_switch("hv-time", true),
            (Some(TimerName::Tsc), _) => {
                option = option.with_some("tsc-frequency", timer.frequency.filter(|hz| *hz > 0))
            }
            _ => {}
        }
    }
    option
}

fn with_features(context: &Context<'_>, mut option: OptionText) -> OptionText {
    let Some(features) = context.features() else {
        return option;
    };
    let state = |feature: &Option<FeatureState>| {
        feature
            .as_ref()
            .map(|feature| feature.state.is_none_or(OnOff::is_set))
    };
    if let Some(eoi) = features.apic.as_ref().and_then(|apic| apic.eoi) {
        option = option.with_switch("kvm-pv-eoi", eoi.is_set());
    }
    if let Some(on) = state(&features.pvspinlock) {
        option = option.with_switch("kvm-pv-unhalt", on);
    }
    if features.kvm.as_ref().and_then(|kvm| state(&kvm.hidden)) == Some(true) {
        option = option.with_switch("kvm", false);
    }
    if let Some(on) = state(&features.pmu) {
        option = option.with_switch("pmu", on);
    }
    option
}

/// How the caches of the host are shown.
fn with_cache(cpu: &Cpu, option: OptionText) -> OptionText {
    let (own, host) = match cpu.cache.as_ref().and_then(|cache| cache.mode.as_ref()) {
        Some(CpuCacheMode::Emulate) => (Some(true), Some(false)),
        Some(CpuCacheMode::Passthrough) => (Some(false), Some(true)),
        Some(CpuCacheMode::Disable) => (
            Some(false),
            (cpu.mode == Some(CpuMode::HostPassthrough)).then_some(false),
        ),
        _ => (None, None),
    };
    let text = |on: bool| if on { "on" } else { "off" };
    option
        .with_some("l3-cache", own.map(text))
        .with_some("host-cache-info", host.map(text))
}

/// How many bits a physical address has.
fn with_address_size(cpu: &Cpu, option: OptionText) -> OptionText {
    let Some(size) = &cpu.maxphysaddr else {
        return option;
    };
    match (&size.mode, size.bits) {
        (Some(CpuCacheMode::Passthrough), _) => option
            .with_switch("host-phys-bits", true)
            .with_some("host-phys-bits-limit", size.limit),
        (_, Some(bits)) => option.with("phys-bits", bits),
        (_, None) => option.with_switch("host-phys-bits", false),
    }
}

/// Features libvirt knows of that no QEMU has a property for.
const UNKNOWN_TO_QEMU: &[&str] = &["cmt", "mbm_total", "mbm_local", "osxsave", "ospke"];

/// QEMU's name of a feature.
fn property(name: &str) -> String {
    match name {
        "pclmuldq" => "pclmulqdq".to_owned(),
        other => other.replace('_', "-"),
    }
}
