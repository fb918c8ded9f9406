//! Features of the hypervisor, and timers.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::{
    Apic, Clock, FeatureState, Features, Hyperv, HypervDirect, HypervFlag, Timer, TimerName, XenFeatures,
    XenPassthrough,
};
use virt_core::model::value::{OnOff, YesNo};

use super::super::problem::wrong_key;
use super::super::words::{Kind, VIRIDIAN_ALWAYS};
use super::source::Source;
use crate::config_file::{Syntax, Value};

pub(super) fn read(source: &Source<'_>, kind: Kind, domain: &mut DomainConfig) -> Result<()> {
    let mut features = Features::default();
    let mut timers = Vec::new();
    if let Some(mode) = source.text("tsc_mode")? {
        let mut timer = timer(TimerName::Tsc, true);
        let word = match mode.as_str() {
            "always_emulate" => "emulate",
            "native" => "native",
            "native_paravirt" => "paravirt",
            _ => "auto",
        };
        timer.mode = Some(word.to_owned());
        timers.push(timer);
    }
    let mut xen = XenFeatures::default();
    xen.passthrough = passthrough(source)?;
    if kind == Kind::Hvm {
        read_hvm(source, &mut features)?;
        if let Some(is_on) = source.flag("hpet")? {
            timers.push(timer(TimerName::Hpet, is_on));
        }
    } else if source.flag("e820_host")? == Some(true) {
        xen.e820_host = Some(state(true));
    }
    let has_xen = xen.passthrough.is_some() || xen.e820_host.is_some();
    if has_xen {
        features.xen = Some(Box::new(xen));
    }
    if has_xen || kind == Kind::Hvm {
        domain.features = Some(features);
    }
    domain.clock.get_or_insert_with(Clock::default).timers = timers;
    Ok(())
}

fn timer(name: TimerName, is_present: bool) -> Timer {
    let mut timer = Timer::default();
    timer.name = Some(name);
    timer.present = Some(YesNo::from(is_present));
    timer
}

fn state(is_on: bool) -> FeatureState {
    let mut state = FeatureState::default();
    state.state = Some(OnOff::from(is_on));
    state
}

fn passthrough(source: &Source<'_>) -> Result<Option<XenPassthrough>> {
    let mode = match source.text("passthrough")?.as_deref() {
        Some("enabled") => None,
        Some(mode @ ("sync_pt" | "share_pt")) => Some(mode.to_owned()),
        // libvirt has no element for what is off.
        None | Some("disabled") => return Ok(None),
        Some(other) => {
            let text = format!("{other:?} is none of disabled, enabled, sync_pt, share_pt");
            return source.lenient(wrong_key("passthrough", text));
        }
    };
    let mut passthrough = XenPassthrough::default();
    passthrough.state = Some(OnOff::On);
    passthrough.mode = mode;
    Ok(Some(passthrough))
}

fn read_hvm(source: &Source<'_>, features: &mut Features) -> Result<()> {
    features.pae = source.flag("pae")?.unwrap_or(true);
    features.acpi = source.flag("acpi")?.unwrap_or(true);
    if source.flag("apic")?.unwrap_or(true) {
        features.apic = Some(Apic::default());
    }
    if source.flag("hap")? == Some(false) {
        features.hap = Some(state(false));
    }
    match source.value("viridian") {
        Some(Value::List(_)) if source.syntax() == Syntax::Xl => {
            features.hyperv = hyperv(&source.texts("viridian"))
        }
        _ => features.viridian = source.flag("viridian")?.unwrap_or(false),
    }
    Ok(())
}

/// Groups of extensions, if they are what a domain would say.
fn hyperv(groups: &[String]) -> Option<Box<Hyperv>> {
    let has = |group: &str| groups.iter().any(|known| known == group);
    if !VIRIDIAN_ALWAYS.iter().all(|group| has(group)) {
        return None;
    }
    let flag = |group: &str| {
        has(group).then(|| {
            let mut flag = HypervFlag::default();
            flag.state = Some(OnOff::On);
            flag
        })
    };
    let direct = |group: &str| {
        has(group).then(|| {
            let mut flag = HypervDirect::default();
            flag.state = Some(OnOff::On);
            flag
        })
    };
    let mut hyperv = Hyperv::default();
    hyperv.mode = Some("custom".to_owned());
    hyperv.vapic = flag("apic_assist");
    hyperv.synic = flag("synic");
    hyperv.stimer = direct("stimer");
    hyperv.frequencies = flag("freq");
    hyperv.tlbflush = direct("hcall_remote_tlb_flush");
    hyperv.ipi = flag("hcall_ipi");
    Some(Box::new(hyperv))
}
