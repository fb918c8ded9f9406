//! A filter as libvirt gives it back.

use super::config::FilterConfig;
use super::flags::StateMatch;
use super::protocol::{Matches, RuleProtocol};
use super::rule::Rule;
use super::validate::CHAINS;
use crate::model::domain::devices::FilterRef;
use crate::sorted::{SortedMap, sort_by_name};
use crate::xml::{FieldKind, Record, Rest, Slot, SlotMut, children_in_order, set_children_order};

impl FilterConfig {
    /// The document as libvirt gives it back when it was defined: in its order and spelling, with the priorities of
    /// chain and rules, masks as numbers of bits, and one element for the packets of each rule, or two when some of it
    /// is negated.
    ///
    /// Of a rule, what libvirt does not understand is not kept, neither are attributes that mean nothing to the
    /// protocol. Unlike libvirt 11.3, which forgets IP sets of most protocols and TCP flags over IPv6, this keeps them.
    #[must_use]
    pub fn normalized(&self) -> Self {
        let order = children_in_order(self);
        let mut filter = self.canonical();
        // Without a chain, its priority means nothing.
        let priority = filter.chain.as_ref().and_then(|chain| {
            let known = CHAINS.iter().find(|(name, _)| chain.starts_with(name));
            filter.priority.or(known.map(|(_, priority)| *priority))
        });
        filter.priority = priority.filter(|priority| *priority != 0);
        filter.chain.get_or_insert_with(|| "root".to_owned());
        filter.filterrefs.iter_mut().for_each(normalize_reference);
        for (rule, read) in filter.rules.iter_mut().zip(&self.rules) {
            rule.normalize(read.protocol().as_ref());
        }
        set_children_order(&mut filter, &order);
        filter
    }
}

/// Parameters by name, those libvirt does not understand left out.
pub(in crate::model) fn normalize_reference(reference: &mut FilterRef) {
    let is_made_of = |value: &Option<String>, signs: &str| {
        let is_sign = |letter: char| letter.is_ascii_alphanumeric() || signs.contains(letter);
        value
            .as_ref()
            .is_some_and(|value| !value.is_empty() && value.chars().all(is_sign))
    };
    reference
        .parameters
        .retain(|parameter| is_made_of(&parameter.name, "_") && is_made_of(&parameter.value, ".:"));
    sort_by_name(&mut reference.parameters, |parameter| {
        parameter.name.as_deref().unwrap_or_default()
    });
}

impl Rule {
    /// Of several protocols, the first in the document counts.
    fn normalize(&mut self, own: Option<&RuleProtocol>) {
        self.rest = Rest::default();
        self.priority.get_or_insert(500);
        self.statematch = self.statematch.filter(|matches| *matches == StateMatch(false));
        for protocol in RuleProtocol::KNOWN {
            let is_own = own == Some(protocol);
            match protocol.matches_mut(self) {
                Some(Matches::Arp(list)) => normalize_matches(list, protocol, is_own),
                Some(Matches::Mac(list)) => normalize_matches(list, protocol, is_own),
                Some(Matches::Vlan(list)) => normalize_matches(list, protocol, is_own),
                Some(Matches::Stp(list)) => normalize_matches(list, protocol, is_own),
                Some(Matches::Ip(list)) => normalize_matches(list, protocol, is_own),
                Some(Matches::Transport(list)) => normalize_matches(list, protocol, is_own),
                None => {}
            }
        }
    }
}

/// Attributes whose sign is that of another, if that is there.
const FOLLOWERS: &[(&str, &str)] = &[
    ("srcmacmask", "srcmacaddr"),
    ("dstmacmask", "dstmacaddr"),
    ("srcipmask", "srcipaddr"),
    ("dstipmask", "dstipaddr"),
    ("srcipto", "srcipfrom"),
    ("dstipto", "dstipfrom"),
    ("srcportend", "srcportstart"),
    ("dstportstart", "srcportstart"),
    ("dstportend", "srcportstart"),
    ("root-priority-hi", "root-priority"),
    ("root-address-mask", "root-address"),
    ("root-cost-hi", "root-cost"),
    ("sender-priority-hi", "sender-priority"),
    ("sender-address-mask", "sender-address"),
    ("port-hi", "port"),
    ("age-hi", "age"),
    ("max-age-hi", "max-age"),
    ("hello-time-hi", "hello-time"),
    ("forward-delay-hi", "forward-delay"),
    ("typeend", "type"),
    ("code", "type"),
    ("codeend", "type"),
];

/// One attribute: its row in the table, its text, and whether it is negated.
struct Said {
    row: usize,
    text: String,
    negated: bool,
}

/// Makes one element of all: what is said later counts, what is negated goes into a second one.
fn normalize_matches<T: Record + Default>(list: &mut Vec<T>, protocol: &RuleProtocol, is_own: bool) {
    if !is_own {
        list.clear();
        return;
    }
    let items: Vec<&dyn Record> = list.iter().map(as_record).collect();
    let said = gather(&items, protocol);
    let one = |negated: bool| {
        let mut item = T::default();
        fill(&mut item, &said, negated);
        item
    };
    let any = |negated: bool| said.values().any(|said| said.negated == negated);
    let mut elements = Vec::new();
    if any(false) || !any(true) {
        elements.push(one(false));
    }
    if any(true) {
        elements.push(one(true));
    }
    *list = elements;
}

fn as_record<T: Record>(item: &T) -> &dyn Record {
    item
}

fn gather(items: &[&dyn Record], protocol: &RuleProtocol) -> SortedMap<&'static str, Said> {
    let mut said = SortedMap::new();
    for item in items {
        let negated = value(*item, "match").is_some_and(|text| text == "no");
        for (row, field) in item.spec().fields.iter().enumerate() {
            let counts = field.kind == FieldKind::Attribute && field.name != "match";
            if counts
                && protocol.has_attribute(field.name)
                && let Some(mut text) = text_of(*item, row)
            {
                if field.name == "comment" {
                    shorten(&mut text);
                }
                said.insert(field.name, Said { row, text, negated });
            }
        }
    }
    let is_simple = |follower: &str| {
        !matches!(protocol, RuleProtocol::Ip | RuleProtocol::Ipv6) || !follower.contains("port")
    };
    for (follower, leader) in FOLLOWERS {
        if let Some(negated) = said.get(leader).map(|leader: &Said| leader.negated)
            && is_simple(follower)
            && let Some(follower) = said.get_mut(follower)
        {
            follower.negated = negated;
        }
    }
    if let Some(item) = items.first() {
        fix_ip_set(&mut said, *item, protocol);
    }
    said
}

/// Ends without a set mean nothing; a set without ends is looked through for the source.
fn fix_ip_set(said: &mut SortedMap<&'static str, Said>, item: &dyn Record, protocol: &RuleProtocol) {
    if matches!(protocol, RuleProtocol::All | RuleProtocol::AllIpv6) {
        return;
    }
    let row = item
        .spec()
        .fields
        .iter()
        .position(|field| field.name == "ipsetflags");
    match (said.get("ipset"), row) {
        (None, _) => {
            said.remove("ipsetflags");
        }
        (Some(set), Some(row)) if !said.contains_key("ipsetflags") => {
            let flags = Said {
                row,
                text: "src".to_owned(),
                negated: set.negated,
            };
            said.insert("ipsetflags", flags);
        }
        _ => {}
    }
}

fn fill(item: &mut dyn Record, said: &SortedMap<&'static str, Said>, negated: bool) {
    let of_sign = said.values().filter(|said| said.negated == negated);
    for Said { row, text, .. } in of_sign {
        put(item, *row, text);
    }
    if negated && let Some(row) = item.spec().fields.iter().position(|field| field.name == "match") {
        put(item, row, "no");
    }
}

/// What was a value of the same field before is one again.
fn put(item: &mut dyn Record, row: usize, text: &str) {
    if let SlotMut::Value(slot) = item.slot_mut(row) {
        let _ = slot.add(text);
    }
}

fn value(item: &dyn Record, name: &str) -> Option<String> {
    let row = item.spec().fields.iter().position(|field| field.name == name)?;
    text_of(item, row)
}

fn text_of(item: &dyn Record, row: usize) -> Option<String> {
    let Slot::Value(slot) = item.slot(row) else {
        return None;
    };
    let mut text = String::new();
    slot.write(0, &mut text);
    (slot.count() > 0).then_some(text)
}

/// libvirt keeps 256 bytes of a comment.
fn shorten(text: &mut String) {
    let mut end = text.len().min(256);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
}
