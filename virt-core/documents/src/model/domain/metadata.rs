//! `<metadata>`: what applications keep beside a domain.

use crate::xml::{Element, Rest, XmlElement, XmlError, XmlProblem};

/// `<metadata>`: one element per namespace, each belonging to an application; kept as it is.
#[derive(Clone, Default, XmlElement)]
#[xml(open)]
#[non_exhaustive]
pub struct Metadata {
    /// The elements.
    #[xml(rest)]
    pub rest: Rest,
}

impl Metadata {
    /// The element in the namespace `uri`, as `virDomainGetMetadata` with `VIR_DOMAIN_METADATA_ELEMENT` finds it.
    pub fn element(&self, uri: &str) -> Option<&Element> {
        self.elements()
            .find(|element| element.name.namespace() == Some(uri))
    }

    /// All elements, in order.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.rest.elements()
    }

    /// Puts `element` in the place of what its namespace has, as `virDomainSetMetadata` does.
    ///
    /// # Errors
    /// [`XmlProblem::Invalid`] when the element is in no namespace.
    pub fn set(&mut self, element: Element) -> Result<(), XmlError> {
        let Some(uri) = element.name.namespace().map(str::to_owned) else {
            let sentence = format!("the metadata element <{}> is in no namespace", element.name);
            return Err(XmlError::new(XmlProblem::Invalid(sentence)));
        };
        self.remove(&uri);
        self.rest.push_element(element);
        Ok(())
    }

    /// Removes and returns the element in the namespace `uri`.
    pub fn remove(&mut self, uri: &str) -> Option<Element> {
        self.rest
            .take_elements(|element| element.name.namespace() == Some(uri))
            .into_iter()
            .next()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.elements().next().is_none()
    }
}
