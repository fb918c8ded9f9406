//! Title, description and metadata.

use crate::domain::MetadataItem;
use crate::error::{Error, ErrorKind, Result};
use crate::model::DomainConfig;
use crate::model::domain::Metadata;
use crate::xml::{Document, Element, Name};

/// A change of what users write about a domain, checked.
#[derive(Debug, Clone)]
pub(in crate::test) enum MetadataChange {
    Title(Option<String>),
    Description(Option<String>),
    Set(Element),
    Remove(String),
}

impl MetadataChange {
    /// Checks a change.
    pub(in crate::test) fn of(item: &MetadataItem) -> Result<Self> {
        match item {
            MetadataItem::Title(Some(title)) if title.contains(['\n', '\r']) => {
                Err(refuse("a title is one line"))
            }
            MetadataItem::Title(title) => Ok(Self::Title(filled(title))),
            MetadataItem::Description(description) => Ok(Self::Description(filled(description))),
            MetadataItem::Element { uri, .. } if uri.is_empty() => {
                Err(refuse("an element of the metadata has the URI of a namespace"))
            }
            MetadataItem::Element { uri, xml: None, .. } => Ok(Self::Remove(uri.clone())),
            MetadataItem::Element {
                uri,
                prefix,
                xml: Some(xml),
            } => Ok(Self::Set(element(uri, prefix, xml)?)),
        }
    }

    /// Carries it out.
    pub(in crate::test) fn apply(&self, config: &mut DomainConfig) -> Result<()> {
        self.apply_to(&mut config.title, &mut config.description, &mut config.metadata)
    }

    /// Carries it out on the parts of any document that has them.
    pub(in crate::test) fn apply_to(
        &self,
        title: &mut Option<String>,
        description: &mut Option<String>,
        metadata: &mut Option<Metadata>,
    ) -> Result<()> {
        match self {
            Self::Title(new) => title.clone_from(new),
            Self::Description(new) => description.clone_from(new),
            Self::Set(element) => metadata.get_or_insert_default().set(element.clone())?,
            Self::Remove(uri) => {
                if let Some(known) = metadata {
                    known.remove(uri);
                }
                *metadata = metadata.take().filter(|metadata| !metadata.is_empty());
            }
        }
        Ok(())
    }
}

/// An empty text is none.
fn filled(text: &Option<String>) -> Option<String> {
    text.clone().filter(|text| !text.is_empty())
}

/// The element, in its namespace: one without gets it, as in libvirt.
fn element(uri: &str, prefix: &str, xml: &str) -> Result<Element> {
    let document = Document::parse(xml)
        .map_err(|error| refuse("the element of the metadata is no XML").with_source(error))?;
    let mut element = document.root;
    match element.name.namespace() {
        Some(own) if own == uri => Ok(element),
        Some(_) => Err(refuse(
            "the root of the element is in another namespace than the one it is kept by",
        )),
        None if element.name.prefix().is_some() || prefix.is_empty() || prefix.contains([':', ' ']) => Err(
            refuse("the prefix of the element is no name, or its namespace is not declared"),
        ),
        None => {
            element.name = Name::namespaced(prefix, element.name.local(), uri);
            Ok(element)
        }
    }
}

fn refuse(why: &'static str) -> Error {
    Error::new(ErrorKind::InvalidArgument, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(xml: &str) -> Result<MetadataChange> {
        MetadataChange::of(&MetadataItem::Element {
            uri: "http://example.com/app".into(),
            prefix: "app".into(),
            xml: Some(xml.into()),
        })
    }

    #[test]
    fn an_element_gets_its_namespace_and_is_found_by_it() {
        let mut config = DomainConfig::default();
        set("<owner>me</owner>").unwrap().apply(&mut config).unwrap();
        let xml = config.to_xml();
        assert!(
            xml.contains("<app:owner xmlns:app='http://example.com/app'>me</app:owner>"),
            "{xml}"
        );
        let uri = "http://example.com/app".to_owned();
        MetadataChange::Remove(uri).apply(&mut config).unwrap();
        assert!(config.metadata.is_none());
    }

    #[test]
    fn what_is_no_element_or_of_another_namespace_is_refused() {
        for bad in ["", "<a>", "text", "<x:a/>", "<a xmlns='urn:other'/>"] {
            assert_eq!(
                set(bad).unwrap_err().kind(),
                ErrorKind::InvalidArgument,
                "{bad:?}"
            );
        }
    }
}
