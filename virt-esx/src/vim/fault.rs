//! Faults: what a server says when it does not do something.

use std::fmt;

use virt_core::xml::{Element, Node};

use super::ancestry;
use super::error::VimError;
use super::value::Value;
use super::wire;

/// A fault: why a method failed, a task ended badly, or a property could not be read.
///
/// Which one it is, is a name of the API's; few have a struct of their own, but all have a place among the others
/// ([`Fault::is_a`]), and every member can be had from the [`element`](Fault::element).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fault {
    name: String,
    message: String,
    element: Option<Element>,
}

impl Fault {
    /// A fault of that name.
    pub fn new(name: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            message: message.into(),
            element: None,
        }
    }

    /// The fault that a SOAP `Fault` tells of: the first in its `detail`, with its `faultstring` as the message. Without
    /// a detail its name is the `faultcode`.
    pub fn of_soap(fault: &Element) -> Self {
        let child = |name: &str| fault.elements().find(|child| child.name.local() == name);
        let text = |name: &str| child(name).map(Element::text).unwrap_or_default();
        match child("detail").and_then(|detail| detail.elements().next()) {
            Some(told) => Self::from_element(told, text("faultstring")),
            None => Self::new(text("faultcode"), text("faultstring")),
        }
    }

    /// A fault by the element that has its members and says its type; `message` is what the server says of it.
    ///
    /// That is a child of a SOAP fault's `detail`, where the message is in `faultstring`. Where the element has no
    /// type, its name without `Fault` at the end is taken for it.
    pub fn from_element(element: &Element, message: impl Into<String>) -> Self {
        let named = element.name.local();
        let name = wire::type_of(element).unwrap_or_else(|| named.strip_suffix("Fault").unwrap_or(named));
        Self {
            name: name.to_owned(),
            message: message.into(),
            element: Some(wire::captured(element, "")),
        }
    }

    /// The API's name of the fault: `InvalidPowerState`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the server says, in the language of the session.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The members, when there are any.
    pub fn element(&self) -> Option<&Element> {
        self.element.as_ref()
    }

    /// Whether it is the fault `name` or one derived from it: an `InvalidPowerState` is an `InvalidState`, a
    /// `VimFault` and a `MethodFault`.
    pub fn is_a(&self, name: &str) -> bool {
        ancestry::is_a(&self.name, name)
    }

    /// The members as a `T`, when the fault is one or derived from one and can be read.
    pub fn read<T: Value>(&self) -> Option<T> {
        let element = self.element.as_ref().filter(|_| self.is_a(T::TYPE))?;
        T::read(element).ok()
    }
}

/// The message, or the name where there is none.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message.as_str() {
            "" => f.write_str(&self.name),
            message => write!(f, "{message} ({})", self.name),
        }
    }
}

impl std::error::Error for Fault {}

/// As a member a fault is a `LocalizedMethodFault`.
impl Value for Fault {
    const TYPE: &'static str = "LocalizedMethodFault";

    fn read(element: &Element) -> Result<Self, VimError> {
        let child = |name: &str| element.elements().find(|child| child.name.local() == name);
        let message = child("localizedMessage").map(Element::text).unwrap_or_default();
        Ok(match child("fault") {
            Some(fault) if wire::type_of(fault).is_some() => Self::from_element(fault, message),
            Some(fault) => Self {
                name: "MethodFault".to_owned(),
                message,
                element: Some(wire::captured(fault, "")),
            },
            None => Self::new("", message),
        })
    }

    fn write(&self, element: &mut Element) {
        let mut fault = match &self.element {
            Some(members) => wire::captured(members, "fault"),
            None => Element::new("fault"),
        };
        if !self.name.is_empty() {
            wire::set_type(&mut fault, &self.name);
        }
        let children = &mut element.children;
        children.push(Node::Element(fault));
        if !self.message.is_empty() {
            let message = self.message.to_element("localizedMessage");
            children.push(Node::Element(message));
        }
    }
}
