//! Trusted platform modules.

use super::at::{At, Checked};
use crate::model::domain::devices::{Devices, Tpm, TpmBackend};

pub(super) fn check(devices: &Devices) -> Checked {
    let mut proxies = 0_usize;
    let mut others = 0_usize;
    for (index, tpm) in devices.tpms.iter().enumerate() {
        let at = At::nth("/domain/devices/tpm", index, &tpm.rest);
        let models = ["default", "tpm-tis", "tpm-crb", "tpm-spapr", "spapr-tpm-proxy"];
        at.one_of("/@model", tpm.model.as_ref(), &models)?;
        match tpm.model.as_deref() {
            Some("spapr-tpm-proxy") => proxies += 1,
            _ => others += 1,
        }
        at.refuse_if(
            proxies > 1 || others > 1,
            "",
            "a guest has one TPM, and one proxy for one",
        )?;
        let backend = at.need("/backend", "the element <backend>", tpm.backend.as_ref())?;
        let further = tpm
            .rest
            .elements()
            .any(|element| element.name.is("backend", None));
        at.refuse_if(further, "/backend[2]", "a TPM has one backend")?;
        check_backend(at.on(&backend.rest), tpm, backend)?;
    }
    Ok(())
}

fn check_backend(at: At<'_>, tpm: &Tpm, backend: &TpmBackend) -> Checked {
    let kind = at.need("/backend/@type", "the attribute 'type'", backend.kind.as_ref())?;
    at.one_of(
        "/backend/@type",
        Some(kind),
        &["passthrough", "emulator", "external"],
    )?;
    at.one_of(
        "/backend/@version",
        backend.version.as_ref(),
        &["default", "1.2", "2.0"],
    )?;
    at.refuse_if(
        tpm.model.as_deref() == Some("spapr-tpm-proxy") && kind != "passthrough",
        "/backend/@type",
        "the proxy needs the TPM of the host",
    )?;
    match kind.as_str() {
        "external" => {
            let source = at.need("/backend/source", "the element <source>", backend.source.as_ref())?;
            let at = at.on(&source.rest);
            at.need(
                "/backend/source/@type",
                "the attribute 'type'",
                source.kind.as_ref(),
            )?;
            at.one_of("/backend/source/@type", source.kind.as_ref(), &["unix"])?;
            at.need_text(
                "/backend/source/@path",
                "the path of the socket",
                source.path.as_ref(),
            )?;
            at.one_of("/backend/source/@mode", source.mode.as_ref(), &["connect"])
        }
        "emulator" => check_emulator(at, backend),
        _ => Ok(()),
    }
}

fn check_emulator(at: At<'_>, backend: &TpmBackend) -> Checked {
    let is_old = backend.version.as_deref() == Some("1.2");
    at.refuse_if(
        is_old && backend.active_pcr_banks.is_some(),
        "/backend/active_pcr_banks",
        "banks are chosen for the version 2.0",
    )?;
    at.refuse_if(
        is_old && backend.profile.is_some(),
        "/backend/profile",
        "a profile is for the version 2.0",
    )?;
    if let Some(encryption) = &backend.encryption {
        at.on(&encryption.rest).need(
            "/backend/encryption/@secret",
            "the secret",
            encryption.secret.as_ref(),
        )?;
    }
    match &backend.source {
        Some(source) => {
            let at = at.on(&source.rest);
            at.need(
                "/backend/source/@type",
                "the attribute 'type'",
                source.kind.as_ref(),
            )?;
            at.one_of("/backend/source/@type", source.kind.as_ref(), &["file", "dir"])?;
            at.need_text("/backend/source/@path", "the path", source.path.as_ref())?;
            Ok(())
        }
        None => Ok(()),
    }
}
