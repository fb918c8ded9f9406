//! The domain a snapshot remembers, whole or by its UUID only.

use std::sync::LazyLock;

use uuid::Uuid;

use crate::model::domain::{DomainConfig, DomainType};
use crate::xml::derived::{equal, format_debug};
use crate::xml::{Field, FieldKind, Record, Rest, Slot, SlotMut, Spec, ValueError, ValueSlot, XmlValue};

/// `<domain>` inside a snapshot or checkpoint: the configuration at that moment; of old or new snapshots its UUID only.
#[derive(Clone, Default)]
pub struct MomentDomain {
    inner: Inner,
    has_kind: bool,
}

/// The configuration, seen as its name where a name slot is wanted: a domain without a name has none to write.
#[derive(Clone, Default)]
struct Inner(DomainConfig);

impl MomentDomain {
    /// A domain known by its UUID only.
    pub fn of_uuid(uuid: Uuid) -> Self {
        let config = DomainConfig {
            uuid: Some(uuid),
            ..DomainConfig::default()
        };
        Self {
            inner: Inner(config),
            has_kind: false,
        }
    }

    /// The configuration; none when only the UUID is known.
    pub fn config(&self) -> Option<&DomainConfig> {
        self.has_kind.then_some(&self.inner.0)
    }

    /// The configuration, to be changed; none when only the UUID is known.
    pub fn config_mut(&mut self) -> Option<&mut DomainConfig> {
        self.has_kind.then_some(&mut self.inner.0)
    }

    /// The UUID of the domain.
    pub fn uuid(&self) -> Option<Uuid> {
        self.inner.0.uuid
    }
}

impl From<DomainConfig> for MomentDomain {
    fn from(config: DomainConfig) -> Self {
        Self {
            inner: Inner(config),
            has_kind: true,
        }
    }
}

/// The type of the domain.
impl ValueSlot for MomentDomain {
    fn count(&self) -> usize {
        usize::from(self.has_kind)
    }

    fn is_single(&self) -> bool {
        true
    }

    fn exact(&self) -> bool {
        false
    }

    fn add(&mut self, text: &str) -> Result<(), ValueError> {
        self.inner.0.kind = DomainType::parse_xml(text)?;
        self.has_kind = true;
        Ok(())
    }

    fn write(&self, _index: usize, out: &mut String) {
        self.inner.0.kind.write_xml(out);
    }
}

/// The name of the domain.
impl ValueSlot for Inner {
    fn count(&self) -> usize {
        usize::from(!self.0.name.is_empty())
    }

    fn is_single(&self) -> bool {
        true
    }

    fn exact(&self) -> bool {
        true
    }

    fn add(&mut self, text: &str) -> Result<(), ValueError> {
        text.clone_into(&mut self.0.name);
        Ok(())
    }

    fn write(&self, _index: usize, out: &mut String) {
        out.push_str(&self.0.name);
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
});

fn is(index: usize, kind: FieldKind, name: &str) -> bool {
    FIELDS
        .get(index)
        .is_some_and(|field| field.kind == kind && field.name == name && field.namespace.is_none())
}

impl Record for MomentDomain {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn slot(&self, index: usize) -> Slot<'_> {
        if is(index, FieldKind::Attribute, "type") {
            Slot::Value(self)
        } else if is(index, FieldKind::Leaf, "name") {
            Slot::Value(&self.inner)
        } else {
            self.inner.0.slot(index)
        }
    }

    fn slot_mut(&mut self, index: usize) -> SlotMut<'_> {
        if is(index, FieldKind::Attribute, "type") {
            SlotMut::Value(self)
        } else if is(index, FieldKind::Leaf, "name") {
            SlotMut::Value(&mut self.inner)
        } else {
            self.inner.0.slot_mut(index)
        }
    }

    fn rest(&self) -> &Rest {
        &self.inner.0.rest
    }

    fn rest_mut(&mut self) -> &mut Rest {
        &mut self.inner.0.rest
    }
}

impl PartialEq for MomentDomain {
    fn eq(&self, other: &Self) -> bool {
        equal(self, other)
    }
}

impl std::fmt::Debug for MomentDomain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        format_debug(self, f)
    }
}
