//! A filter written down in Rust.

use uuid::Uuid;

use super::config::FilterConfig;
use super::rule::Rule;
use crate::model::domain::devices::{FilterParameter, FilterRef};
use crate::xml::XmlError;

/// Builds a [`FilterConfig`] step by step; [`build`](Self::build) checks it.
#[derive(Debug, Clone)]
#[must_use]
pub struct FilterBuilder {
    config: FilterConfig,
}

impl FilterBuilder {
    pub(super) fn new(name: String) -> Self {
        let config = FilterConfig {
            name,
            ..FilterConfig::default()
        };
        Self { config }
    }

    /// The UUID; chosen at define unless said.
    pub fn uuid(mut self, uuid: Uuid) -> Self {
        self.config.uuid = Some(uuid);
        self
    }

    /// The chain its rules are in; `root` unless said.
    pub fn chain(mut self, chain: impl Into<String>) -> Self {
        self.config.chain = Some(chain.into());
        self
    }

    /// The priority of the chain, -1000 to 1000; that of its protocol unless said.
    pub fn priority(mut self, priority: i32) -> Self {
        self.config.priority = Some(priority);
        self
    }

    /// A rule, behind what is there.
    pub fn rule(mut self, rule: Rule) -> Self {
        self.config.push(rule);
        self
    }

    /// Another filter that counts, behind what is there.
    pub fn filter(self, name: impl Into<String>) -> Self {
        self.filter_with(name, [("", ""); 0])
    }

    /// Another filter that counts, with values of its variables.
    pub fn filter_with<'p>(
        mut self,
        name: impl Into<String>,
        parameters: impl IntoIterator<Item = (&'p str, &'p str)>,
    ) -> Self {
        let parameters = parameters.into_iter().map(|(name, value)| FilterParameter {
            name: Some(name.to_owned()),
            value: Some(value.to_owned()),
            ..FilterParameter::default()
        });
        self.config.push(FilterRef {
            filter: Some(name.into()),
            parameters: parameters.collect(),
            ..FilterRef::default()
        });
        self
    }

    /// Changes what the steps above do not reach.
    pub fn with(mut self, change: impl FnOnce(&mut FilterConfig)) -> Self {
        change(&mut self.config);
        self
    }

    /// The filter, checked by [`FilterConfig::validate`].
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path.
    pub fn build(self) -> Result<FilterConfig, XmlError> {
        self.config.validate()?;
        Ok(self.config)
    }
}
