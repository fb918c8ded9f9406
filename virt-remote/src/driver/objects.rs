//! What objects are called by on the wire, and here.

use uuid::Uuid;
use virt_core::domain::DomainRef;

use crate::protocol::remote::object::Domain;

/// A domain as the daemon is told of it. It goes by the uuid; the name is for its messages only, and the number of the
/// run for nobody.
pub(super) fn domain(uuid: Uuid) -> Domain {
    Domain {
        name: uuid.to_string().into(),
        uuid,
        id: -1,
    }
}

/// A domain as the daemon told of it.
pub(super) fn domain_ref(domain: &Domain) -> DomainRef {
    DomainRef::new(domain.uuid, domain.name.text())
}

/// The number of a domain's run, as the daemon told of it.
pub(super) fn run_id(domain: &Domain) -> Option<u32> {
    u32::try_from(domain.id).ok()
}
