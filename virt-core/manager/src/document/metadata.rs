//! Title, description and metadata.

use virt_core::domain::MetadataItem;
use virt_core::model::DomainConfig;
use virt_core::xml::{Attribute, Document, Name};
use virt_core::{Error, ErrorKind, Result};

/// Changes one piece of what users write about a domain.
///
/// # Errors
/// `InvalidArgument` for a title of several lines, or an element in another namespace than said; what the XML reader says
/// of text that is no element; `Unsupported` for a piece that is not known here.
pub fn set_metadata(config: &mut DomainConfig, item: &MetadataItem) -> Result<()> {
    match item {
        MetadataItem::Title(title) => {
            if title.as_deref().is_some_and(|title| title.contains('\n')) {
                return Err(Error::new(ErrorKind::InvalidArgument, "a title has one line"));
            }
            config.title.clone_from(title);
        }
        MetadataItem::Description(description) => config.description.clone_from(description),
        MetadataItem::Element { uri, xml: None, .. } => {
            config.metadata_mut().remove(uri);
        }
        MetadataItem::Element {
            uri,
            prefix,
            xml: Some(xml),
        } => set_element(config, uri, prefix, xml)?,
        _ => return Err(Error::unsupported("this piece of metadata")),
    }
    Ok(())
}

fn set_element(config: &mut DomainConfig, uri: &str, prefix: &str, xml: &str) -> Result<()> {
    let mut element = Document::parse(xml)?.root;
    match element.name.namespace() {
        Some(own) if own == uri => {}
        Some(own) => {
            let message = format!("the element is in namespace {own:?}, not in {uri:?} as said");
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        None => {
            element.name = Name::namespaced(prefix, element.name.local(), uri);
            let declaration = if prefix.is_empty() {
                "xmlns".to_owned()
            } else {
                format!("xmlns:{prefix}")
            };
            element.attributes.insert(0, Attribute::new(&declaration, uri));
        }
    }
    Ok(config.metadata_mut().set(element)?)
}
