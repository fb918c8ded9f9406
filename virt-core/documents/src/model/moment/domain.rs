//! The domain a snapshot remembers, whole or by its UUID only.

use std::sync::LazyLock;

use uuid::Uuid;

use crate::model::domain::{DomainConfig, DomainType};
use crate::xml::derived::record_traits;
use crate::xml::{Field, FieldKind, Record, Rest, Rows, Slot, SlotMut, Spec};

/// `<domain>` inside a snapshot or checkpoint: the configuration at that moment; of old or new snapshots its UUID only.
#[derive(Clone, Default)]
pub struct MomentDomain {
    /// The type and name, which a configuration must have and this need not; the fields of `config` are not used.
    kind: Option<DomainType>,
    name: Option<String>,
    config: DomainConfig,
}

impl MomentDomain {
    /// A domain known by its UUID only.
    pub fn of_uuid(uuid: Uuid) -> Self {
        let mut found = Self::default();
        found.config.uuid = Some(uuid);
        found
    }

    /// The configuration; none when only the UUID is known.
    pub fn to_config(&self) -> Option<DomainConfig> {
        let (kind, name) = (self.kind.clone()?, self.name.clone()?);
        Some(DomainConfig {
            kind,
            name,
            ..self.config.clone()
        })
    }

    /// Whether there is a configuration, not the UUID only.
    pub fn is_whole(&self) -> bool {
        self.kind.is_some() && self.name.is_some()
    }

    /// The UUID of the domain.
    pub fn uuid(&self) -> Option<Uuid> {
        self.config.uuid
    }

    /// The name of the domain, when more than the UUID is known.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

impl From<DomainConfig> for MomentDomain {
    fn from(mut config: DomainConfig) -> Self {
        Self {
            kind: Some(std::mem::take(&mut config.kind)),
            name: Some(std::mem::take(&mut config.name)),
            config,
        }
    }
}

/// The rows of a domain, none of them required.
static FIELDS: LazyLock<Vec<Field>> = LazyLock::new(|| {
    let optional = |field: &Field| Field {
        required: false,
        ..*field
    };
    DomainConfig::default()
        .spec()
        .fields
        .iter()
        .map(optional)
        .collect()
});

static SPEC: LazyLock<Spec> = LazyLock::new(|| Spec {
    type_name: "MomentDomain",
    element: "domain",
    open: false,
    fields: &FIELDS,
    required: Rows::default(),
    ..*DomainConfig::default().spec()
});

/// Which of the rows this has itself.
enum Own {
    Kind,
    Name,
}

fn own(index: usize) -> Option<Own> {
    let field = FIELDS.get(index).filter(|field| field.namespace.is_none())?;
    match (field.kind, field.name) {
        (FieldKind::Attribute, "type") => Some(Own::Kind),
        (FieldKind::Leaf, "name") => Some(Own::Name),
        _ => None,
    }
}

impl Record for MomentDomain {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn filled(&self) -> Rows {
        let holds = |row: &usize| match own(*row) {
            Some(Own::Kind) => self.kind.is_some(),
            Some(Own::Name) => self.name.is_some(),
            None => true,
        };
        self.config.filled().filter(holds).collect()
    }

    fn slot(&self, index: usize) -> Slot<'_> {
        match own(index) {
            Some(Own::Kind) => Slot::Value(&self.kind),
            Some(Own::Name) => Slot::Value(&self.name),
            None => self.config.slot(index),
        }
    }

    fn slot_mut(&mut self, index: usize) -> SlotMut<'_> {
        match own(index) {
            Some(Own::Kind) => SlotMut::Value(&mut self.kind),
            Some(Own::Name) => SlotMut::Value(&mut self.name),
            None => self.config.slot_mut(index),
        }
    }

    fn rest(&self) -> &Rest {
        &self.config.rest
    }

    fn rest_mut(&mut self) -> &mut Rest {
        &mut self.config.rest
    }
}

record_traits!(MomentDomain);
