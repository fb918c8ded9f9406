//! `<inactiveDomain>`: the configuration a running domain starts from next time.

use std::sync::LazyLock;

use crate::model::domain::DomainConfig;
use crate::xml::derived::{check_values, document_methods, record_traits};
use crate::xml::{Record, Rest, Rows, Slot, SlotMut, Spec, XmlError};

/// `<inactiveDomain>`: a domain's configuration for its next start, as it stands beside the `<domain>` of a snapshot
/// (libvirt 7.1.0). The content is that of a [`DomainConfig`].
#[derive(Clone, Default)]
pub struct InactiveDomain(pub DomainConfig);

static SPEC: LazyLock<Spec> = LazyLock::new(|| Spec {
    type_name: "InactiveDomain",
    element: "inactiveDomain",
    ..*DomainConfig::default().spec()
});

impl Record for InactiveDomain {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn filled(&self) -> Rows {
        self.0.filled()
    }

    fn slot(&self, index: usize) -> Slot<'_> {
        self.0.slot(index)
    }

    fn slot_mut(&mut self, index: usize) -> SlotMut<'_> {
        self.0.slot_mut(index)
    }

    fn rest(&self) -> &Rest {
        &self.0.rest
    }

    fn rest_mut(&mut self) -> &mut Rest {
        &mut self.0.rest
    }
}

record_traits!(InactiveDomain);
document_methods!(InactiveDomain);

impl InactiveDomain {
    /// Checks what [`DomainConfig::validate`] checks.
    ///
    /// # Errors
    /// The first thing that is wrong, with its element path, and line and column when it was parsed.
    pub fn validate(&self) -> Result<(), XmlError> {
        check_values(self)?;
        self.0.validate().map_err(|error| error.with_root(SPEC.element))
    }
}

impl From<DomainConfig> for InactiveDomain {
    fn from(config: DomainConfig) -> Self {
        Self(config)
    }
}
