//! Features of the CPU.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::{CpuFeature, CpuFeaturePolicy, CpuMode};

use super::super::problem::wrong_key;
use super::super::words::feature_of_libxl;
use super::source::Source;

pub(super) fn read(source: &Source<'_>, domain: &mut DomainConfig) -> Result<()> {
    let Some(text) = source.text("cpuid")? else {
        return Ok(());
    };
    let features = match features(&text) {
        Ok(features) => features,
        Err(error) => {
            source.lenient::<()>(error)?;
            return Ok(());
        }
    };
    let cpu = domain.cpu.get_or_insert_default();
    cpu.mode.get_or_insert(CpuMode::HostPassthrough);
    cpu.features.extend(features);
    Ok(())
}

fn features(text: &str) -> Result<Vec<CpuFeature>> {
    let mut parts = text.split(',');
    if parts.next() != Some("host") {
        let text = format!("{text:?} is not in libxl's form: say \"host,NAME=0,NAME=1\"");
        return Err(wrong_key("cpuid", text));
    }
    let feature = |part: &str| {
        let bad = || {
            wrong_key(
                "cpuid",
                format!("{part:?} is no feature: say NAME=0, NAME=1 or NAME=x"),
            )
        };
        let (name, value) = part.split_once('=').ok_or_else(bad)?;
        if name.is_empty() {
            return Err(bad());
        }
        let policy = match value {
            "1" => CpuFeaturePolicy::Force,
            "0" => CpuFeaturePolicy::Disable,
            "x" | "k" | "s" => CpuFeaturePolicy::Optional,
            _ => return Err(bad()),
        };
        let mut feature = CpuFeature::default();
        feature.policy = Some(policy);
        feature.name = Some(feature_of_libxl(name).to_owned());
        Ok(feature)
    };
    parts.map(feature).collect()
}
