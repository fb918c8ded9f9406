//! Elements of a domain that stand there twice: what is in them libvirt reads as if it stood in one.

use super::config::DomainConfig;
use crate::xml::{Document, Element, Node, XmlError};

/// Those whose content libvirt looks for in every element of the name; of all others it reads the first.
const GATHERED: [&str; 10] = [
    "memoryBacking",
    "memtune",
    "blkiotune",
    "iothreadids",
    "cputune",
    "os",
    "idmap",
    "features",
    "keywrap",
    "devices",
];

impl DomainConfig {
    /// Refuses a second element whose content would count and has no field.
    pub(super) fn check_not_repeated(&self) -> Result<(), XmlError> {
        let Some(again) = self.rest.elements().find(|element| is_gathered(element)) else {
            return Ok(());
        };
        let name = again.name.local();
        let sentence = format!("libvirt reads all <{name}> as one: put what is in this one into the first");
        Err(XmlError::invalid(sentence)
            .at(again.position().unwrap_or_default())
            .within(&format!("/domain/{name}")))
    }

    /// The same with the content of all elements of a name in the first, where libvirt reads them so; as it is where
    /// that makes no domain.
    pub(super) fn gathered(&self) -> Self {
        if !self.rest.elements().any(is_gathered) {
            return self.clone();
        }
        let gathered = Document::parse(&self.to_xml()).ok().and_then(|mut document| {
            GATHERED.iter().for_each(|name| gather(&mut document.root, name));
            Self::from_element(&document.root).ok()
        });
        gathered.unwrap_or_else(|| self.clone())
    }
}

fn is_gathered(element: &Element) -> bool {
    GATHERED.iter().any(|name| element.name.is(name, None))
}

fn gather(root: &mut Element, name: &str) {
    let is_one = |node: &Node| {
        node.as_element()
            .is_some_and(|element| element.name.is(name, None))
    };
    let Some(first) = root.children.iter().position(is_one) else {
        return;
    };
    let mut content = Vec::new();
    let mut place = 0;
    root.children.retain_mut(|node| {
        let is_first = place == first;
        place += 1;
        match node {
            Node::Element(element) if !is_first && element.name.is(name, None) => {
                content.append(&mut element.children);
                false
            }
            _ => true,
        }
    });
    if let Some(Node::Element(element)) = root.children.get_mut(first) {
        element.children.append(&mut content);
    }
}
