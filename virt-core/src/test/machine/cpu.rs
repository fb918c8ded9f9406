//! CPUs compared: a row of models, each with all the features of those before it.

use super::ARCH;
use crate::error::{Error, ErrorKind, Result, Subject};
use crate::model::domain::{Cpu, CpuFeature, CpuFeaturePolicy, CpuModel};
use crate::node::{BaselineOptions, CpuComparison};
use crate::sorted::SortedSet;

/// The models, and what each has that the one before it has not.
const MODELS: &[(&str, &[&str])] = &[
    ("qemu64", &["sse2"]),
    ("Nehalem", &["popcnt", "sse4.2"]),
    ("Westmere", &["aes"]),
    ("SandyBridge", &["avx"]),
    ("IvyBridge", &["f16c"]),
    ("Haswell", &["avx2", "bmi2"]),
    ("Broadwell", &["adx"]),
    ("Skylake-Client", &["xsavec"]),
];

/// The machine's own CPU.
pub(super) const HOST_MODEL: &str = "Haswell";
pub(super) const HOST_EXTRA: &[&str] = &["invtsc", "vmx"];
/// What is of no use on another machine.
const NOT_MIGRATABLE: &[&str] = &["invtsc"];

type Features = SortedSet<String>;

/// The names of the models of an architecture.
pub(in crate::test) fn models(arch: &str) -> Result<Vec<String>> {
    match arch {
        ARCH => Ok(MODELS.iter().map(|(name, _)| (*name).to_owned()).collect()),
        other => {
            let message = format!("no architecture {other:?} is known (there is: {ARCH})");
            Err(Error::new(ErrorKind::InvalidArgument, message))
        }
    }
}

/// How a CPU compares to the machine's.
pub(in crate::test) fn compare(cpu: &Cpu) -> Result<CpuComparison> {
    if cpu.arch.as_ref().is_some_and(|arch| arch != ARCH) {
        return Ok(CpuComparison::Incompatible);
    }
    let (wanted, host) = (features_of(cpu)?, host_features()?);
    Ok(if wanted == host {
        CpuComparison::Identical
    } else if has_all(&host, &wanted) {
        CpuComparison::Superset
    } else {
        CpuComparison::Incompatible
    })
}

/// What these have in common, and, where guests are to have it, this machine as well.
pub(in crate::test) fn baseline(cpus: &[Cpu], on_this: bool, options: &BaselineOptions) -> Result<Cpu> {
    let mut common: Option<Features> = if on_this { Some(host_features()?) } else { None };
    for cpu in cpus {
        let features = features_of(cpu)?;
        common = Some(match common {
            None => features,
            Some(common) => common
                .iter()
                .filter(|name| features.contains(*name))
                .cloned()
                .collect(),
        });
    }
    let mut common = common.unwrap_or_default();
    if options.migratable {
        for name in NOT_MIGRATABLE {
            common.remove(*name);
        }
    }
    let fits = |(name, _): &&(&str, &[&str])| {
        features_of_model(name).is_ok_and(|features| has_all(&common, &features))
    };
    let Some((model, _)) = MODELS.iter().rev().find(fits) else {
        let message = "the CPUs have no model in common";
        return Err(Error::new(ErrorKind::InvalidConfig, message));
    };
    let of_model = if options.expand_features {
        Features::new()
    } else {
        features_of_model(model)?
    };
    let mut cpu = Cpu::default();
    cpu.model = Some(named(model));
    let others = common.iter().filter(|name| !of_model.contains(*name));
    cpu.features = others.map(|name| required(name)).collect();
    Ok(cpu)
}

fn has_all(features: &Features, wanted: &Features) -> bool {
    wanted.iter().all(|name| features.contains(name))
}

fn named(name: &str) -> CpuModel {
    let mut model = CpuModel::default();
    model.name = Some(name.to_owned());
    model
}

fn required(name: &str) -> CpuFeature {
    let mut feature = CpuFeature::default();
    feature.policy = Some(CpuFeaturePolicy::Require);
    feature.name = Some(name.to_owned());
    feature
}

fn host_features() -> Result<Features> {
    let mut features = features_of_model(HOST_MODEL)?;
    for name in HOST_EXTRA {
        features.insert((*name).to_owned());
    }
    Ok(features)
}

/// The features of a model: its own, and those of the models before it.
fn features_of_model(model: &str) -> Result<Features> {
    let Some(last) = MODELS.iter().position(|(name, _)| *name == model) else {
        let names: Vec<&str> = MODELS.iter().map(|(name, _)| *name).collect();
        let message = format!(
            "no CPU model {model:?} is known (there are: {})",
            names.join(", ")
        );
        return Err(invalid(message));
    };
    let rows = MODELS.iter().take(last + 1).flat_map(|(_, own)| *own);
    Ok(rows.map(|name| (*name).to_owned()).collect())
}

fn features_of(cpu: &Cpu) -> Result<Features> {
    let Some(model) = cpu.model.as_ref().and_then(|model| model.name.as_deref()) else {
        return Err(invalid("the CPU has no model".to_owned()));
    };
    let mut features = features_of_model(model.trim())?;
    for feature in &cpu.features {
        let Some(name) = &feature.name else { continue };
        match feature.policy {
            Some(CpuFeaturePolicy::Disable | CpuFeaturePolicy::Forbid) => {
                features.remove(name);
            }
            Some(CpuFeaturePolicy::Optional) => {}
            _ => {
                features.insert(name.clone());
            }
        }
    }
    Ok(features)
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidConfig, message).with_subject(Subject::Element("/cpu/model".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cpu(model: &str) -> Cpu {
        let mut cpu = Cpu::default();
        cpu.model = Some(named(model));
        cpu
    }

    #[test]
    fn an_older_cpu_is_all_there_and_a_newer_one_is_not() {
        assert_eq!(compare(&cpu("Nehalem")).unwrap(), CpuComparison::Superset);
        assert_eq!(compare(&cpu("Broadwell")).unwrap(), CpuComparison::Incompatible);
        let mut same = cpu(HOST_MODEL);
        same.features = HOST_EXTRA.iter().map(|name| required(name)).collect();
        assert_eq!(compare(&same).unwrap(), CpuComparison::Identical);
    }

    #[test]
    fn a_baseline_fits_all_it_was_made_of() {
        let mut newer = cpu("Skylake-Client");
        newer.features = vec![required("invtsc")];
        let mut older = cpu("SandyBridge");
        older.features = vec![required("invtsc"), required("bmi2")];
        let both = [newer, older];
        let found = baseline(&both, false, &BaselineOptions::default()).unwrap();
        assert_eq!(found.to_xml_without_secrets().matches("<feature").count(), 2);
        assert_eq!(
            found.model.and_then(|model| model.name).as_deref(),
            Some("SandyBridge")
        );
        let options = BaselineOptions::default().migratable().expand_features();
        let names: Vec<Option<String>> = baseline(&both, true, &options)
            .unwrap()
            .features
            .into_iter()
            .map(|feature| feature.name)
            .collect();
        assert!(!names.contains(&Some("invtsc".to_owned())), "{names:?}");
        assert!(names.contains(&Some("aes".to_owned())), "{names:?}");
    }
}
