//! Which events a stream gives.

use uuid::Uuid;

use super::{
    DomainChange, Event, NetworkChange, NodeDeviceChange, ObjectKind, SecretChange, StoragePoolChange,
};
use crate::option_steps::option_steps;

/// Which events a stream gives: all, narrowed by each thing said. [`Event::Lagged`] and [`Event::Resync`] always come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventFilter {
    /// Only those of this domain, and of no other object; of all objects when `None`.
    pub domain: Option<Uuid>,
    /// Only those of objects of these kinds; of all kinds when empty.
    pub kinds: Vec<ObjectKind>,
    /// Without the hypervisor's own events that have no name here ([`DomainChange::Native`] and its kin).
    pub without_native: bool,
    /// How many unread events a stream holds before the oldest are dropped; 1,024 when `None`.
    pub capacity: Option<usize>,
}

impl EventFilter {
    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Everything of one domain.
    #[must_use]
    pub fn domain(uuid: Uuid) -> Self {
        Self {
            domain: Some(uuid),
            ..Self::default()
        }
    }

    /// Those of objects of this kind too (several add up).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> virt_core::Result<()> {
    /// # let conn = virt_core::Connection::builder().open("test:///default").await?;
    /// use virt_core::event::{EventFilter, ObjectKind};
    /// // Networks and secrets; nothing of domains.
    /// let filter = EventFilter::all().of_kind(ObjectKind::Network).of_kind(ObjectKind::Secret);
    /// let mut events = conn.events(filter).await?;
    /// conn.domain("test").await?.suspend().await?;
    /// assert_eq!(events.try_next(), None);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn of_kind(mut self, kind: ObjectKind) -> Self {
        self.kinds.push(kind);
        self
    }

    option_steps! {
        /// Leaves out the hypervisor's own events.
        without_native;
    }

    /// Holds at most so many unread events (at least 1).
    #[must_use]
    pub fn with_capacity(mut self, capacity: usize) -> Self {
        self.capacity = Some(capacity);
        self
    }

    /// Whether events of objects of this kind may be wanted.
    #[must_use]
    pub fn wants_kind(&self, kind: ObjectKind) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&kind))
            && (self.domain.is_none() || kind == ObjectKind::Domain)
    }

    /// Whether this event is wanted.
    #[must_use]
    pub fn matches(&self, event: &Event) -> bool {
        let Some(kind) = event.kind() else { return true };
        self.wants_kind(kind)
            && !(self.without_native && is_native(event))
            && match (self.domain, event) {
                (Some(wanted), Event::Domain(event)) => event.domain.uuid == wanted,
                _ => true,
            }
    }
}

fn is_native(event: &Event) -> bool {
    match event {
        Event::Domain(event) => matches!(event.change, DomainChange::Native { .. }),
        Event::Network(event) => matches!(event.change, NetworkChange::Native { .. }),
        Event::StoragePool(event) => matches!(event.change, StoragePoolChange::Native { .. }),
        Event::Secret(event) => matches!(event.change, SecretChange::Native { .. }),
        Event::NodeDevice(event) => matches!(event.change, NodeDeviceChange::Native { .. }),
        Event::Lagged(_) | Event::Resync => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DomainRef;
    use crate::event::{DomainEvent, NetworkEvent};
    use crate::network::NetworkRef;

    fn of_domain() -> Event {
        let domain = DomainRef::new(Uuid::nil(), "web");
        Event::Domain(DomainEvent::now(domain, DomainChange::Rebooted))
    }

    fn of_network(change: NetworkChange) -> Event {
        Event::Network(NetworkEvent::now(NetworkRef::new(Uuid::nil(), "lan"), change))
    }

    #[test]
    fn everything_comes_unless_something_is_said() {
        for event in [
            of_domain(),
            of_network(NetworkChange::Started),
            Event::Lagged(1),
            Event::Resync,
        ] {
            assert!(EventFilter::all().matches(&event), "{event:?}");
        }
    }

    #[test]
    fn kinds_add_up_and_loss_is_always_told() {
        let filter = EventFilter::all()
            .of_kind(ObjectKind::Network)
            .of_kind(ObjectKind::Secret);
        assert!(filter.matches(&of_network(NetworkChange::Started)));
        assert!(!filter.matches(&of_domain()));
        assert!(filter.matches(&Event::Resync));
    }

    #[test]
    fn a_domain_excludes_other_objects_even_of_its_own_uuid() {
        let filter = EventFilter::domain(Uuid::nil());
        assert!(filter.matches(&of_domain()));
        assert!(!filter.matches(&of_network(NetworkChange::Started)));
        assert!(!filter.wants_kind(ObjectKind::Network));
    }

    #[test]
    fn native_events_of_every_kind_can_be_left_out() {
        let native = of_network(NetworkChange::Native {
            name: "x".into(),
            data: String::new(),
        });
        assert!(EventFilter::all().matches(&native));
        assert!(!EventFilter::all().without_native().matches(&native));
    }
}
