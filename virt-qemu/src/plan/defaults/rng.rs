//! Random number generators.

use virt_core::Result;
use virt_core::model::DomainConfig;
use virt_core::model::domain::devices::{RngBackendModel, VirtioModel};

use super::super::refusal;

pub(super) fn fill(config: &mut DomainConfig) -> Result<()> {
    for (index, rng) in config.devices_mut().rngs.iter_mut().enumerate() {
        let path = refusal::device("rng", index);
        match &rng.model {
            Some(
                VirtioModel::Virtio | VirtioModel::VirtioTransitional | VirtioModel::VirtioNonTransitional,
            ) => {}
            Some(other) => {
                return Err(refusal::unsupported(
                    path,
                    format!("rng model {other} is not supported; choose \"virtio\""),
                ));
            }
            None => {
                return Err(refusal::invalid(
                    path,
                    "a random number generator needs a model: \"virtio\"",
                ));
            }
        }
        let Some(backend) = &mut rng.backend else {
            return Err(refusal::invalid(
                path,
                "a random number generator needs a backend",
            ));
        };
        match &backend.model {
            Some(RngBackendModel::Random) => {
                let device = backend.device.take().filter(|device| !device.trim().is_empty());
                let device = device.unwrap_or_else(|| "/dev/random".to_owned());
                if !device.starts_with('/') {
                    return Err(refusal::invalid(
                        format!("{path}/backend"),
                        "the path is not absolute",
                    ));
                }
                backend.device = Some(device);
            }
            Some(RngBackendModel::Builtin) => {}
            Some(other) => {
                return Err(refusal::unsupported(
                    format!("{path}/backend/@model"),
                    format!("rng backend {other} is not supported yet; choose \"random\" or \"builtin\""),
                ));
            }
            None => {
                return Err(refusal::invalid(
                    format!("{path}/backend/@model"),
                    "say the model: \"random\" or \"builtin\"",
                ));
            }
        }
        if let Some(rate) = &rng.rate
            && rate.bytes.is_none_or(|bytes| bytes == 0)
        {
            return Err(refusal::invalid(
                format!("{path}/rate/@bytes"),
                "say how many bytes, above 0",
            ));
        }
    }
    Ok(())
}
