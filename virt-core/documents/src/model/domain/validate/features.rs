//! Features of the machine.

use super::at::{At, Checked};
use crate::model::domain::config::DomainConfig;
use crate::model::domain::features::{Features, KvmFeatures};
use crate::model::domain::hyperv::Hyperv;
use crate::model::value::OnOff;

pub(super) fn check(config: &DomainConfig) -> Checked {
    let Some(features) = &config.features else {
        return Ok(());
    };
    let at = At::the("/domain/features", &features.rest);
    if let Some(hyperv) = &features.hyperv {
        check_hyperv(at, hyperv)?;
    }
    if let Some(kvm) = &features.kvm {
        check_kvm(at, kvm)?;
    }
    check_words(at, features)?;
    check_capabilities(at, features)?;
    match &features.smm {
        Some(smm) => {
            let size = smm.tseg.as_ref().and_then(|tseg| tseg.size);
            at.on(&smm.rest).refuse_if(
                config.is_run_by_qemu() && size.is_some_and(|size| !size.as_bytes().is_multiple_of(1 << 20)),
                "/smm/tseg",
                "the size is not a whole number of MiB",
            )
        }
        None => Ok(()),
    }
}

fn check_hyperv(at: At<'_>, hyperv: &Hyperv) -> Checked {
    let at = at.on(&hyperv.rest);
    at.one_of(
        "/hyperv/@mode",
        hyperv.mode.as_ref(),
        &["none", "custom", "passthrough"],
    )?;
    if hyperv.mode.as_deref() == Some("passthrough") {
        return Ok(());
    }
    if let Some(locks) = &hyperv.spinlocks
        && locks.state == Some(OnOff::On)
    {
        let at = at.on(&locks.rest);
        let retries = *at.need(
            "/hyperv/spinlocks/@retries",
            "the number of retries",
            locks.retries.as_ref(),
        )?;
        at.refuse_if(
            retries < 4095,
            "/hyperv/spinlocks/@retries",
            "fewer retries than 4095",
        )?;
    }
    if let Some(vendor) = &hyperv.vendor_id
        && vendor.state == Some(OnOff::On)
    {
        let at = at.on(&vendor.rest);
        let below = "/hyperv/vendor_id/@value";
        let value = at.need_text(below, "the id of the vendor", vendor.value.as_ref())?;
        at.refuse_if(
            value.len() > 12,
            below,
            "the id of the vendor has more than 12 characters",
        )?;
        at.refuse_if(value.contains(','), below, "the id of the vendor has a comma")?;
    }
    Ok(())
}

fn check_kvm(at: At<'_>, kvm: &KvmFeatures) -> Checked {
    let at = at.on(&kvm.rest);
    let states = [
        ("hidden", &kvm.hidden),
        ("hint-dedicated", &kvm.hint_dedicated),
        ("poll-control", &kvm.poll_control),
        ("pv-ipi", &kvm.pv_ipi),
    ];
    for (name, feature) in states {
        if let Some(feature) = feature {
            at.on(&feature.rest).need(
                &format!("/kvm/{name}/@state"),
                "the attribute 'state'",
                feature.state.as_ref(),
            )?;
        }
    }
    let Some(ring) = &kvm.dirty_ring else {
        return Ok(());
    };
    let at = at.on(&ring.rest);
    at.need(
        "/kvm/dirty-ring/@state",
        "the attribute 'state'",
        ring.state.as_ref(),
    )?;
    let fits = |size: u32| size.is_power_of_two() && (1024..=65_536).contains(&size);
    match (ring.state, ring.size) {
        (Some(OnOff::On), None) => Err(at.missing("/kvm/dirty-ring/@size", "the size of the ring")),
        (_, Some(size)) if !fits(size) => Err(at.wrong(
            "/kvm/dirty-ring/@size",
            format!("{size} is no power of two from 1024 to 65536"),
        )),
        _ => Ok(()),
    }
}

fn check_words(at: At<'_>, features: &Features) -> Checked {
    let values: [(&str, &Option<_>, &[&str]); 4] = [
        ("/cfpc/@value", &features.cfpc, &["broken", "workaround", "fixed"]),
        ("/sbbc/@value", &features.sbbc, &["broken", "workaround", "fixed"]),
        (
            "/ibs/@value",
            &features.ibs,
            &["broken", "workaround", "fixed-ibs", "fixed-ccd", "fixed-na"],
        ),
        ("/aia/@value", &features.aia, &["none", "aplic", "aplic-imsic"]),
    ];
    for (below, feature, known) in values {
        if let Some(feature) = feature {
            let at = at.on(&feature.rest);
            at.need(below, "the attribute 'value'", feature.value.as_ref())?;
            at.one_of(below, feature.value.as_ref(), known)?;
        }
    }
    if let Some(gic) = &features.gic {
        at.on(&gic.rest)
            .one_of("/gic/@version", gic.version.as_ref(), &["2", "3", "host"])?;
    }
    if let Some(ioapic) = &features.ioapic {
        let at = at.on(&ioapic.rest);
        at.need(
            "/ioapic/@driver",
            "the attribute 'driver'",
            ioapic.driver.as_ref(),
        )?;
        at.one_of("/ioapic/@driver", ioapic.driver.as_ref(), &["qemu", "kvm"])?;
    }
    if let Some(hpt) = &features.hpt {
        at.on(&hpt.rest).one_of(
            "/hpt/@resizing",
            hpt.resizing.as_ref(),
            &["enabled", "disabled", "required"],
        )?;
    }
    if let Some(msrs) = &features.msrs {
        let at = at.on(&msrs.rest);
        at.need("/msrs/@unknown", "the attribute 'unknown'", msrs.unknown.as_ref())?;
        at.one_of("/msrs/@unknown", msrs.unknown.as_ref(), &["ignore", "fault"])?;
    }
    match features.xen.as_ref().and_then(|xen| xen.passthrough.as_ref()) {
        Some(passthrough) => at.on(&passthrough.rest).one_of(
            "/xen/passthrough/@mode",
            passthrough.mode.as_ref(),
            &["default", "sync_pt", "share_pt"],
        ),
        None => Ok(()),
    }
}

fn check_capabilities(at: At<'_>, features: &Features) -> Checked {
    let Some(capabilities) = &features.capabilities else {
        return Ok(());
    };
    let at = at.on(&capabilities.rest);
    at.one_of(
        "/capabilities/@policy",
        capabilities.policy.as_ref(),
        &["default", "allow", "deny"],
    )
}
