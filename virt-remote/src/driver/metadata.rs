//! Title, description and metadata, as the procedures of domains and of networks take them.

use virt_core::domain::MetadataItem;
use virt_core::{Error, Result};

use crate::protocol::xdr::XdrString;

/// `virDomainMetadataType`, `virNetworkMetadataType`: the same numbers.
const DESCRIPTION: i32 = 0;
const TITLE: i32 = 1;
const ELEMENT: i32 = 2;

/// What a procedure is told of a change.
pub(super) struct MetadataParts {
    pub(super) kind: i32,
    pub(super) metadata: Option<XdrString>,
    pub(super) key: Option<XdrString>,
    pub(super) uri: Option<XdrString>,
}

impl MetadataParts {
    /// Of a change.
    pub(super) fn of(item: &MetadataItem) -> Result<Self> {
        let text = |text: &Option<String>| text.as_ref().map(Into::into);
        let (kind, metadata, key, uri) = match item {
            MetadataItem::Title(title) => (TITLE, text(title), None, None),
            MetadataItem::Description(description) => (DESCRIPTION, text(description), None, None),
            MetadataItem::Element { uri, prefix, xml } => {
                (ELEMENT, text(xml), Some(prefix.into()), Some(uri.into()))
            }
            _ => {
                let message = "this kind of metadata is not known to the daemon";
                return Err(Error::unsupported(message));
            }
        };
        Ok(Self {
            kind,
            metadata,
            key,
            uri,
        })
    }
}
