//! The inventory alone, told what a server would tell.

use std::time::SystemTime;

use virt_core::event::{DefinedReason, EventFilter, StartedReason};

use super::*;
use crate::vim::{AnyValue, DateTime, PropertyChange, PropertyChangeOp};

const UUID: Uuid = Uuid::from_u128(7);

fn machine(value: &str) -> ManagedObjectReference {
    ManagedObjectReference::new("VirtualMachine", value)
}

fn update(kind: ObjectUpdateKind, value: &str, properties: &[(&str, AnyValue)]) -> ObjectUpdate {
    let change = |(name, value): &(&str, AnyValue)| PropertyChange {
        name: (*name).to_owned(),
        op: PropertyChangeOp::Assign,
        val: Some(value.clone()),
    };
    ObjectUpdate {
        kind,
        obj: machine(value),
        change_set: properties.iter().map(change).collect(),
        missing_set: Vec::new(),
    }
}

fn web(power: &str) -> ObjectUpdate {
    update(
        ObjectUpdateKind::Enter,
        "vm-12",
        &[
            ("name", "web".into()),
            ("config.uuid", UUID.to_string().into()),
            ("runtime.powerState", power.into()),
        ],
    )
}

fn inventory() -> (Inventory, virt_core::event::EventStream) {
    let events = EventBus::new();
    let stream = events.subscribe(EventFilter::all());
    (Inventory::new(events), stream)
}

fn told(stream: &mut virt_core::event::EventStream) -> Vec<DomainChange> {
    let events = std::iter::from_fn(|| stream.try_next());
    events
        .filter_map(|event| match event {
            Event::Domain(event) => Some(event.change),
            _ => None,
        })
        .collect()
}

#[test]
fn what_is_there_at_first_is_not_told_and_what_comes_and_goes_is() {
    let (inventory, mut stream) = inventory();
    inventory.begin_again();
    inventory.apply(&web("poweredOff"));
    inventory.is_complete();
    assert_eq!(told(&mut stream), []);
    let on = update(
        ObjectUpdateKind::Modify,
        "vm-12",
        &[("runtime.powerState", "poweredOn".into())],
    );
    inventory.apply(&on);
    assert_eq!(told(&mut stream).len(), 2);
    let info = inventory.info(UUID).unwrap();
    assert_eq!((info.id, info.state.is_active()), (Some(12), true));
    inventory.apply(&update(ObjectUpdateKind::Leave, "vm-12", &[]));
    assert_eq!(
        told(&mut stream),
        [
            DomainChange::Stopped(StoppedReason::Migrated),
            DomainChange::Undefined
        ]
    );
    let error = inventory.select(&DomainSelector::Uuid(UUID)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn what_went_while_nobody_heard_is_told_when_all_was_told_again() {
    let (inventory, mut stream) = inventory();
    inventory.apply(&web("poweredOff"));
    inventory.is_complete();
    inventory.begin_again();
    inventory.apply(&update(
        ObjectUpdateKind::Enter,
        "vm-13",
        &[("name", "db".into())],
    ));
    inventory.is_complete();
    assert_eq!(told(&mut stream), [DomainChange::Undefined]);
    assert!(inventory.infos().is_empty(), "one without a uuid is no domain");
}

#[test]
fn an_end_of_our_own_is_told_as_one() {
    let (inventory, mut stream) = inventory();
    inventory.apply(&web("poweredOn"));
    inventory.is_complete();
    let _ending = inventory.will_end(&machine("vm-12"), StoppedReason::Destroyed);
    let off = update(
        ObjectUpdateKind::Modify,
        "vm-12",
        &[("runtime.powerState", "poweredOff".into())],
    );
    inventory.apply(&off);
    assert_eq!(
        told(&mut stream),
        [DomainChange::Stopped(StoppedReason::Destroyed)]
    );
    assert_eq!(inventory.info(UUID).unwrap().reason, StateReason::Destroyed);
}

#[test]
fn a_template_is_no_domain() {
    let (inventory, _) = inventory();
    let mut template = web("poweredOff");
    template.change_set.push(PropertyChange {
        name: "config.template".to_owned(),
        op: PropertyChangeOp::Assign,
        val: Some(true.into()),
    });
    inventory.apply(&template);
    assert!(inventory.infos().is_empty());
    let templates = inventory.templates();
    assert_eq!(
        templates
            .iter()
            .map(|known| known.machine.name.as_str())
            .collect::<Vec<_>>(),
        ["web"]
    );
}

fn power(value: &str) -> ObjectUpdate {
    update(
        ObjectUpdateKind::Modify,
        "vm-12",
        &[("runtime.powerState", value.into())],
    )
}

#[test]
fn power_is_told_of_once_a_machine_is_back_whatever_was_seen_meanwhile() {
    let (inventory, mut stream) = inventory();
    inventory.apply(&web("poweredOn"));
    inventory.is_complete();
    let reverting = inventory.reverting(&machine("vm-12"));
    inventory.apply(&power("poweredOff"));
    inventory.apply(&power("poweredOn"));
    assert_eq!(told(&mut stream), []);
    reverting.succeed();
    let back = told(&mut stream);
    assert_eq!(back.len(), 3);
    assert_eq!(
        back.first(),
        Some(&DomainChange::Stopped(StoppedReason::FromSnapshot))
    );
    assert_eq!(inventory.info(UUID).unwrap().reason, StateReason::FromSnapshot);
    // One that nothing came of tells what has become of the machine.
    let reverting = inventory.reverting(&machine("vm-12"));
    inventory.apply(&power("poweredOff"));
    drop(reverting);
    assert!(told(&mut stream).contains(&DomainChange::Stopped(StoppedReason::Shutdown)));
    inventory.apply(&power("poweredOn"));
    assert_eq!(told(&mut stream).len(), 2);
}

#[test]
fn a_machine_that_was_paused_is_so_until_it_goes_on() {
    let (inventory, _stream) = inventory();
    inventory.apply(&web("suspended"));
    inventory.is_complete();
    let reference = machine("vm-12");
    assert!(!inventory.is_paused(&reference));
    inventory.set_paused(&reference, true);
    inventory.apply(&power("suspended"));
    assert!(inventory.is_paused(&reference));
    inventory.apply(&power("poweredOn"));
    assert!(!inventory.is_paused(&reference));
}

#[test]
fn of_two_who_want_a_name_or_a_uuid_the_first_gets_it() {
    let (inventory, _) = inventory();
    let claim = inventory.claim("web", UUID).unwrap();
    for (name, uuid) in [("web", Uuid::from_u128(8)), ("db", UUID)] {
        let error = inventory.claim(name, uuid).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{name}");
    }
    drop(inventory.claim("db", Uuid::from_u128(8)).unwrap());
    drop(claim);
    drop(inventory.claim("web", UUID).unwrap());
}

#[test]
fn an_end_that_was_called_off_is_none_and_of_two_who_want_one_it_is_the_others() {
    let (inventory, mut stream) = inventory();
    inventory.apply(&web("poweredOn"));
    inventory.is_complete();
    let reference = machine("vm-12");
    let first = inventory.will_end(&reference, StoppedReason::Destroyed);
    inventory
        .will_end(&reference, StoppedReason::Destroyed)
        .call_off();
    inventory.apply(&power("poweredOff"));
    assert_eq!(
        told(&mut stream),
        [DomainChange::Stopped(StoppedReason::Destroyed)]
    );
    drop(first);
    inventory.apply(&power("poweredOn"));
    inventory
        .will_end(&reference, StoppedReason::Destroyed)
        .call_off();
    drop(told(&mut stream));
    inventory.apply(&power("poweredOff"));
    assert!(told(&mut stream).contains(&DomainChange::ShutdownFinished));
}

#[test]
fn a_reset_is_told_once_and_one_that_may_have_been_is_told_where_it_was_seen() {
    let (inventory, mut stream) = inventory();
    inventory.apply(&web("poweredOn"));
    inventory.is_complete();
    let boot = |minute: u64| {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(60 * minute);
        let time = AnyValue::new(&DateTime::from(time));
        update(ObjectUpdateKind::Modify, "vm-12", &[("runtime.bootTime", time)])
    };
    inventory.apply(&boot(1));
    let reference = machine("vm-12");
    let resetting = inventory.will_be_reset(&reference);
    inventory.apply(&boot(2));
    assert_eq!(told(&mut stream), []);
    resetting.succeed();
    inventory.apply(&boot(3));
    assert_eq!(told(&mut stream), [DomainChange::Rebooted]);
    let resetting = inventory.will_be_reset(&reference);
    inventory.apply(&boot(4));
    drop(resetting);
    assert_eq!(told(&mut stream), [DomainChange::Rebooted]);
    drop(inventory.will_be_reset(&reference));
    assert_eq!(told(&mut stream), []);
}

#[test]
fn of_two_who_take_a_machine_back_the_one_that_may_not_tells_nothing() {
    let (inventory, mut stream) = inventory();
    inventory.apply(&web("poweredOn"));
    inventory.is_complete();
    let first = inventory.reverting(&machine("vm-12"));
    drop(inventory.reverting(&machine("vm-12")));
    inventory.apply(&power("poweredOff"));
    assert_eq!(told(&mut stream), []);
    first.succeed();
    assert_eq!(
        told(&mut stream),
        [DomainChange::Stopped(StoppedReason::FromSnapshot)]
    );
}

#[test]
fn a_machine_that_comes_running_is_told_as_one_that_moved_here() {
    let (inventory, mut stream) = inventory();
    inventory.is_complete();
    inventory.apply(&web("poweredOn"));
    let told = told(&mut stream);
    assert_eq!(told.len(), 3);
    assert_eq!(told.get(1), Some(&DomainChange::Started(StartedReason::Migrated)));
    assert_eq!(inventory.info(UUID).unwrap().reason, StateReason::Migrated);
}

#[test]
fn another_machine_of_a_uuid_is_told_of_when_the_first_is_gone() {
    let (inventory, mut stream) = inventory();
    inventory.apply(&web("poweredOff"));
    let mut copy = web("poweredOff");
    copy.obj = machine("vm-13");
    inventory.apply(&copy);
    inventory.is_complete();
    inventory.apply(&update(ObjectUpdateKind::Leave, "vm-12", &[]));
    assert_eq!(
        told(&mut stream),
        [
            DomainChange::Undefined,
            DomainChange::Defined(DefinedReason::Added)
        ]
    );
}
