//! What `#[xml(…)]` says on a struct.

use syn::{Attribute, LitStr, Result};

/// The words on the struct.
#[derive(Default)]
pub(crate) struct StructOptions {
    /// The element name, when the struct is a document or fragment by itself.
    pub(crate) element: Option<String>,
    /// Whether other content is at home here.
    pub(crate) open: bool,
}

impl StructOptions {
    pub(crate) fn read(attributes: &[Attribute]) -> Result<Self> {
        let mut options = Self::default();
        for attribute in attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("xml"))
        {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("element") {
                    options.element = Some(meta.value()?.parse::<LitStr>()?.value());
                } else if meta.path.is_ident("open") {
                    options.open = true;
                } else {
                    return Err(meta.error("expected `element = \"…\"` or `open`"));
                }
                Ok(())
            })?;
        }
        Ok(options)
    }
}
