//! Devices of the machine: shared memory, IOMMU, sockets, watchdogs, random numbers and the like.

use super::at::{At, Checked};
use crate::model::domain::devices::{AddressType, Devices, Iommu, PanicModel, RngBackendModel, Shmem};
use crate::sorted::SortedSet;
use crate::xml::trimmed;

pub(super) fn check(devices: &Devices) -> Checked {
    check_shared_memory(devices)?;
    check_random(devices)?;
    check_iommu(devices)?;
    check_watching(devices)?;
    check_leases(devices)?;
    check_redirection(devices)?;
    check_vsock(devices)?;
    if let Some(store) = &devices.pstore {
        let at = At::the("/domain/devices/pstore", &store.rest);
        at.need("/@backend", "the attribute 'backend'", store.backend.as_ref())?;
        at.one_of("/@backend", store.backend.as_ref(), &["acpi-erst"])?;
        at.need("/size", "the size", store.size.as_ref())?;
    }
    Ok(())
}

fn check_shared_memory(devices: &Devices) -> Checked {
    for (index, shmem) in devices.shmems.iter().enumerate() {
        let at = At::nth("/domain/devices/shmem", index, &shmem.rest);
        let name = at.need_text("/@name", "the attribute 'name'", shmem.name.as_ref())?;
        at.refuse_when(
            name.contains('/'),
            "/@name",
            format_args!("the name '{name}' has a '/'"),
        )?;
        at.refuse_when(
            matches!(name, "." | ".."),
            "/@name",
            format_args!("the name can't be '{name}'"),
        )?;
        at.one_of("/@role", shmem.role.as_ref(), &["master", "peer"])?;
        check_shmem_model(at, shmem)?;
    }
    Ok(())
}

fn check_shmem_model(at: At<'_>, shmem: &Shmem) -> Checked {
    let model = shmem.model.as_ref().and_then(|model| model.kind.as_ref());
    at.one_of(
        "/model/@type",
        model,
        &["ivshmem", "ivshmem-plain", "ivshmem-doorbell"],
    )?;
    let size = shmem.size.as_ref().and_then(|size| size.size);
    let fits = |bytes: u64| bytes.is_power_of_two() && bytes >= 1 << 20;
    if let Some(size) = size
        && !size.is_zero()
        && !fits(size.as_bytes())
    {
        return Err(at.wrong("/size", format!("{size} is no power of two from 1 MiB on")));
    }
    at.refuse_if(
        shmem.msi.is_some() && shmem.server.is_none(),
        "/msi",
        "interrupts need a server",
    )?;
    let has_server = shmem.server.is_some();
    match model.map(String::as_str) {
        Some("ivshmem-plain") => at.refuse_if(has_server, "/server", "the model ivshmem-plain has no server"),
        Some("ivshmem-doorbell") if !has_server => {
            Err(at.missing("/server", "the server of the model ivshmem-doorbell"))
        }
        _ => Ok(()),
    }
}

fn check_random(devices: &Devices) -> Checked {
    for (index, rng) in devices.rngs.iter().enumerate() {
        let at = At::nth("/domain/devices/rng", index, &rng.rest);
        at.need("/@model", "the attribute 'model'", rng.model.as_ref())?;
        let backend = at.need("/backend", "the element <backend>", rng.backend.as_ref())?;
        let model =
            at.on(&backend.rest)
                .need("/backend/@model", "the attribute 'model'", backend.model.as_ref())?;
        let path = trimmed(backend.device.as_deref().unwrap_or_default());
        at.refuse_when(
            *model == RngBackendModel::Random && !path.is_empty() && !path.starts_with('/'),
            "/backend",
            format_args!("'{path}' is no path of a device"),
        )?;
    }
    Ok(())
}

fn check_iommu(devices: &Devices) -> Checked {
    for (index, iommu) in devices.iommus.iter().enumerate() {
        let at = At::nth("/domain/devices/iommu", index, &iommu.rest);
        let model = at.need("/@model", "the attribute 'model'", iommu.model.as_ref())?;
        at.one_of("/@model", Some(model), &["intel", "smmuv3", "virtio", "amd"])?;
        check_iommu_options(at, model, iommu)?;
        if let Some(address) = &iommu.address {
            let at = at.on(&address.rest);
            let has_none = matches!(model.as_str(), "intel" | "smmuv3");
            at.refuse_when(
                has_none,
                "/address",
                format_args!("an IOMMU of the model {model} has no address"),
            )?;
            let is_pci = address.kind == Some(AddressType::Pci);
            at.refuse_if(model == "virtio" && !is_pci, "/address/@type", "it sits on PCI")?;
            at.refuse_if(
                model == "virtio" && address.bus.is_some_and(|bus| bus.value() != 0),
                "/address/@bus",
                "an IOMMU is a part of the machine: its bus is 0",
            )?;
        }
    }
    Ok(())
}

fn check_iommu_options(at: At<'_>, model: &str, iommu: &Iommu) -> Checked {
    let Some(driver) = &iommu.driver else {
        return Ok(());
    };
    let options = [
        ("intremap", driver.intremap.is_some(), &["intel", "amd"][..]),
        ("caching_mode", driver.caching_mode.is_some(), &["intel"]),
        ("eim", driver.eim.is_some(), &["intel"]),
        ("iotlb", driver.iotlb.is_some(), &["intel", "amd"]),
        ("aw_bits", driver.aw_bits.is_some(), &["intel"]),
        ("dma_translation", driver.dma_translation.is_some(), &["intel"]),
        ("xtsup", driver.xtsup.is_some(), &["amd"]),
        ("pt", driver.pt.is_some(), &["amd"]),
    ];
    for (name, is_said, models) in options {
        if is_said && !models.contains(&model) {
            let sentence = format!("an IOMMU of the model {model} has no '{name}'");
            return Err(at.on(&driver.rest).wrong(&format!("/driver/@{name}"), sentence));
        }
    }
    Ok(())
}

fn check_watching(devices: &Devices) -> Checked {
    for (index, watchdog) in devices.watchdogs.iter().enumerate() {
        let at = At::nth("/domain/devices/watchdog", index, &watchdog.rest);
        at.need("/@model", "the attribute 'model'", watchdog.model.as_ref())?;
        at.one_of(
            "/@model",
            watchdog.model.as_ref(),
            &["i6300esb", "ib700", "diag288", "itco"],
        )?;
    }
    let mut models = SortedSet::new();
    for (index, panic) in devices.panics.iter().enumerate() {
        let at = At::nth("/domain/devices/panic", index, &panic.rest);
        let Some(model) = &panic.model else { continue };
        let is_new = models.insert(model.as_str().to_owned());
        at.refuse_when(
            !is_new,
            "/@model",
            format_args!("there is a device of the model '{model}' already"),
        )?;
        let has_none = matches!(model, PanicModel::Hyperv | PanicModel::Pseries | PanicModel::S390);
        at.refuse_when(
            has_none && panic.address.is_some(),
            "/address",
            format_args!("a device of the model {model} has no address"),
        )?;
    }
    for (index, crypto) in devices.cryptos.iter().enumerate() {
        let at = At::nth("/domain/devices/crypto", index, &crypto.rest);
        at.need("/@model", "the attribute 'model'", crypto.model.as_ref())?;
        at.one_of("/@model", crypto.model.as_ref(), &["virtio"])?;
        let backend = at.need("/backend", "the element <backend>", crypto.backend.as_ref())?;
        at.one_of("/backend/@model", backend.model.as_ref(), &["builtin", "lkcf"])?;
    }
    Ok(())
}

fn check_leases(devices: &Devices) -> Checked {
    let mut seen = SortedSet::new();
    for (index, lease) in devices.leases.iter().enumerate() {
        let at = At::nth("/domain/devices/lease", index, &lease.rest);
        let key = at.need_text("/key", "the key", lease.key.as_ref())?;
        let path = lease.target.as_ref().and_then(|target| target.path.as_ref());
        at.need_text("/target/@path", "the path", path)?;
        let is_new = seen.insert((lease.lockspace.as_deref(), key));
        at.refuse_when(!is_new, "/key", format_args!("the lease '{key}' is there twice"))?;
    }
    Ok(())
}

fn check_redirection(devices: &Devices) -> Checked {
    let Some(filter) = &devices.redirfilter else {
        return Ok(());
    };
    let at = At::the("/domain/devices/redirfilter", &filter.rest);
    for (number, rule) in filter.rules.iter().enumerate() {
        let at = at.part("/usbdev", number, &rule.rest);
        at.need("/@allow", "the attribute 'allow'", rule.allow.as_ref())?;
        let numbers = [
            ("class", &rule.class, 0xff),
            ("vendor", &rule.vendor, 0xffff),
            ("product", &rule.product, 0xffff),
        ];
        for (name, text, bound) in numbers {
            let Some(text) = text.as_ref().filter(|text| text.as_str() != "-1") else {
                continue;
            };
            let number = crate::xml::XmlValue::parse_xml(text).ok();
            if number.is_none_or(|number: u32| number > bound) {
                let sentence = format!("'{text}' is neither -1 nor from 0 to {bound:#x}");
                return Err(at.wrong(&format!("/@{name}"), sentence));
            }
        }
    }
    Ok(())
}

fn check_vsock(devices: &Devices) -> Checked {
    let Some(vsock) = &devices.vsock else {
        return Ok(());
    };
    let at = At::the("/domain/devices/vsock", &vsock.rest);
    let Some(cid) = &vsock.cid else { return Ok(()) };
    let at = at.on(&cid.rest);
    at.refuse_if(
        cid.address.is_some_and(|address| address < 3),
        "/cid/@address",
        "the addresses of guests begin at 3",
    )
}
