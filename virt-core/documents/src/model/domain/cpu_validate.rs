//! What libvirt's parser asks of a CPU, whatever the models of the host.

use super::cpu::{Cpu, CpuCacheMode, CpuCheck, CpuFeaturePolicy, CpuMatch, CpuMode};
use crate::xml::derived::check_values;
use crate::xml::{Rest, XmlError, XmlProblem};

impl Cpu {
    /// Checks what libvirt asks of every CPU, of a host or a guest: a model where features are named, the whole
    /// topology or none, features that differ, a cache level up to 3.
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        self.check_attributes()
            .and_then(|()| self.check_model())
            .and_then(|()| self.check_topology())
            .and_then(|()| self.check_cache())
            .and_then(|()| self.check_addresses())
            .and_then(|()| self.check_features())
            .and_then(|()| self.check_host())
            .map_err(|error| error.within("/cpu"))?;
        check_values(self)
    }

    fn is_custom(&self) -> bool {
        matches!(self.mode, None | Some(CpuMode::Custom))
    }

    fn check_attributes(&self) -> Result<(), XmlError> {
        let unknown = |path: &str, word: &str, known: &str| {
            Err(wrong(path, &self.rest, format!("'{word}' is none of {known}")))
        };
        if let Some(CpuMode::Unknown(word)) = &self.mode {
            return unknown("@mode", word, "custom, host-model, host-passthrough, maximum");
        }
        if let Some(CpuMatch::Unknown(word)) = &self.matching {
            return unknown("@match", word, "minimum, exact, strict");
        }
        if let Some(CpuCheck::Unknown(word)) = &self.check {
            return unknown("@check", word, "none, partial, full");
        }
        Ok(())
    }

    fn check_model(&self) -> Result<(), XmlError> {
        let has_model = self.model_name().is_some_and(|name| !name.is_empty());
        if let Some(model) = &self.model {
            let rest = &model.rest;
            if let Some(fallback) = &model.fallback
                && !matches!(fallback.as_str(), "allow" | "forbid")
            {
                let sentence = format!("'{fallback}' is neither 'allow' nor 'forbid'");
                return Err(wrong("model/@fallback", rest, sentence));
            }
            if let Some(vendor) = &model.vendor_id {
                if vendor.len() != 12 {
                    let sentence = format!("the vendor the guest sees has 12 characters, '{vendor}' has not");
                    return Err(wrong("model/@vendor_id", rest, sentence));
                }
                if vendor.contains(',') {
                    let sentence = format!("the vendor the guest sees has no comma, '{vendor}' has");
                    return Err(wrong("model/@vendor_id", rest, sentence));
                }
            }
        }
        if has_model || !self.is_custom() {
            return Ok(());
        }
        if self.vendor.is_some() {
            return Err(missing(
                "model",
                &self.rest,
                "the model of the CPU, without which there is no vendor,",
            ));
        }
        if !self.features.is_empty() {
            return Err(missing(
                "model",
                &self.rest,
                "the model of the CPU, to which features are added,",
            ));
        }
        Ok(())
    }

    fn check_topology(&self) -> Result<(), XmlError> {
        let Some(topology) = &self.topology else {
            return Ok(());
        };
        let rest = &topology.rest;
        let counts = [
            ("sockets", topology.sockets, true),
            ("dies", topology.dies, false),
            ("clusters", topology.clusters, false),
            ("cores", topology.cores, true),
            ("threads", topology.threads, true),
        ];
        for (name, count, needed) in counts {
            let path = format!("topology/@{name}");
            match count {
                None if needed => return Err(missing(&path, rest, &format!("the attribute '{name}'"))),
                Some(0) => return Err(wrong(&path, rest, format!("the number of {name} is 0"))),
                _ => {}
            }
        }
        Ok(())
    }

    fn check_cache(&self) -> Result<(), XmlError> {
        let Some(cache) = &self.cache else { return Ok(()) };
        match (&cache.mode, cache.level) {
            (None, _) => Err(missing("cache/@mode", &cache.rest, "the attribute 'mode'")),
            (Some(CpuCacheMode::Unknown(word)), _) => {
                let sentence = format!("'{word}' is no mode of a cache: emulate, passthrough or disable");
                Err(wrong("cache/@mode", &cache.rest, sentence))
            }
            (_, Some(level)) if level > 3 => {
                let sentence = format!("the level of a cache is 3 at most, not {level}");
                Err(wrong("cache/@level", &cache.rest, sentence))
            }
            _ => Ok(()),
        }
    }

    fn check_addresses(&self) -> Result<(), XmlError> {
        let Some(width) = &self.maxphysaddr else {
            return Ok(());
        };
        match &width.mode {
            None => Err(missing("maxphysaddr/@mode", &width.rest, "the attribute 'mode'")),
            Some(CpuCacheMode::Emulate | CpuCacheMode::Passthrough) => Ok(()),
            Some(other) => {
                let sentence =
                    format!("'{other}' is no mode of the width of addresses: emulate or passthrough");
                Err(wrong("maxphysaddr/@mode", &width.rest, sentence))
            }
        }
    }

    fn check_features(&self) -> Result<(), XmlError> {
        let mut seen = crate::sorted::SortedMap::new();
        for (index, feature) in self.features.iter().enumerate() {
            let rest = &feature.rest;
            let path = |name: &str| format!("feature[{}]/@{name}", index + 1);
            let Some(name) = feature.name.as_deref().filter(|name| !name.is_empty()) else {
                return Err(missing(&path("name"), rest, "the attribute 'name'"));
            };
            if let Some(CpuFeaturePolicy::Unknown(word)) = &feature.policy {
                let sentence = format!(
                    "'{word}' is no policy of a feature: force, require, optional, disable or forbid"
                );
                return Err(wrong(&path("policy"), rest, sentence));
            }
            if let Some(first) = seen.insert(name, index) {
                let sentence = format!("the feature '{name}' is that of feature[{}] too", first + 1);
                return Err(wrong(&path("name"), rest, sentence));
            }
        }
        Ok(())
    }

    fn check_host(&self) -> Result<(), XmlError> {
        if let Some(counter) = &self.counter {
            let rest = &counter.rest;
            if counter.name.is_none() {
                return Err(missing("counter/@name", rest, "the attribute 'name'"));
            }
            if counter.frequency.is_none() {
                return Err(missing("counter/@frequency", rest, "the attribute 'frequency'"));
            }
        }
        match self.pages.iter().position(|pages| pages.size.is_none()) {
            Some(index) => {
                let path = format!("pages[{}]/@size", index + 1);
                Err(missing(&path, &self.rest, "the attribute 'size'"))
            }
            None => Ok(()),
        }
    }
}

fn missing(path: &str, rest: &Rest, what: &str) -> XmlError {
    at(path, rest, XmlProblem::Missing(what.to_owned()))
}

fn wrong(path: &str, rest: &Rest, sentence: String) -> XmlError {
    at(path, rest, XmlProblem::Invalid(sentence))
}

fn at(path: &str, rest: &Rest, problem: XmlProblem) -> XmlError {
    XmlError::new(problem)
        .at(rest.position().unwrap_or_default())
        .within(path)
}
