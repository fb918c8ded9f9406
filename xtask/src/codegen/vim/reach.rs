//! What the selection is made of: every type that a selected one has inside, and which of them stand for others.

use super::schema::{Method, Object, ROOT, Schema};
use super::selection;
use crate::failure::{Failure, Outcome};
use std::collections::{BTreeMap, BTreeSet};

/// A fault as a member: the code for it is written by hand.
pub(super) const FAULT: &str = "LocalizedMethodFault";

/// Everything there is code for.
#[derive(Debug)]
pub(super) struct Reach<'a> {
    pub(super) objects: BTreeSet<&'a str>,
    pub(super) enums: BTreeSet<&'a str>,
    /// The methods, with the managed object that declares them.
    pub(super) methods: Vec<(&'a str, &'a Method)>,
    /// What others can stand for, and those others.
    pub(super) polymorphic: BTreeMap<&'a str, Vec<&'a str>>,
    /// The types that members, parameters and results are declared to be of.
    used: BTreeSet<&'a str>,
    schema: &'a Schema,
}

impl<'a> Reach<'a> {
    pub(super) fn of_selection(schema: &'a Schema) -> Outcome<Self> {
        let mut reach = Self {
            objects: BTreeSet::new(),
            enums: BTreeSet::new(),
            methods: Vec::new(),
            polymorphic: BTreeMap::new(),
            used: BTreeSet::new(),
            schema,
        };
        for (owner, names) in selection::METHODS {
            for name in *names {
                reach.add_method(owner, name)?;
            }
        }
        for name in selection::VALUES {
            reach.used.insert(name);
        }
        let lists = [
            selection::VALUES,
            selection::DERIVED,
            selection::FAULTS,
            selection::SPELLINGS,
        ];
        for name in lists.into_iter().flatten() {
            if !reach.add_type(name) {
                return Err(Failure::new(format!("the API has no type {name}"))
                    .advise("correct xtask/src/codegen/vim/selection/"));
            }
        }
        reach.find_polymorphic();
        Ok(reach)
    }

    fn add_method(&mut self, owner: &'a str, name: &str) -> Outcome {
        let managed = self.schema.managed.get(owner);
        let method = managed.and_then(|managed| managed.methods.iter().find(|method| method.name == name));
        let method = method.ok_or_else(|| Failure::new(format!("the API has no method {owner}.{name}")))?;
        self.methods.push((owner, method));
        for member in method.parameters.iter().chain(&method.returns) {
            self.used.insert(&member.of);
            self.add_type(&member.of);
        }
        Ok(())
    }

    /// Adds a type and all it is made of; says whether there is one of that name.
    fn add_type(&mut self, name: &'a str) -> bool {
        if self.schema.enums.contains_key(name) {
            self.enums.insert(name);
            return true;
        }
        let Some(object) = self.schema.objects.get(name) else {
            return false;
        };
        if name == ROOT || name == FAULT || !self.objects.insert(name) {
            return true;
        }
        if let Some(base) = self.schema.base(name) {
            self.add_type(base);
        }
        for member in object.members.iter().filter(|member| !is_omitted(&member.of)) {
            self.used.insert(&member.of);
            self.add_type(&member.of);
        }
        true
    }

    fn find_polymorphic(&mut self) {
        for used in self.used.iter().filter(|used| self.objects.contains(*used)) {
            let derived: Vec<&str> = self
                .objects
                .iter()
                .copied()
                .filter(|name| self.schema.is_derived(name, used))
                .collect();
            if !derived.is_empty() {
                self.polymorphic.insert(used, derived);
            }
        }
    }

    /// The members there is code for.
    pub(super) fn members(object: &'a Object) -> impl Iterator<Item = &'a super::schema::Member> {
        object.members.iter().filter(|member| !is_omitted(&member.of))
    }
}

/// Whether members of this type are left out.
pub(super) fn is_omitted(of: &str) -> bool {
    selection::OMITTED.contains(&of)
}
