//! What `#[xml(…)]` says on a field.

use syn::spanned::Spanned;
use syn::{Error, Field, Ident, LitStr, Path, Result, Type};

/// Where a field stands in its element.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Attribute,
    Text,
    Child,
    Leaf,
    Flag,
    Rest,
}

/// One field of a record.
pub(crate) struct RecordField {
    pub(crate) ident: Ident,
    pub(crate) kind: Kind,
    pub(crate) rust: String,
    pub(crate) name: String,
    pub(crate) required: bool,
    pub(crate) secret: bool,
    pub(crate) scaled: Option<String>,
    pub(crate) largest: bool,
    pub(crate) namespace: Option<Path>,
    pub(crate) holder: Holder,
}

/// What holds the values of a field, as far as its type is written out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    Option,
    Vec,
    Other,
}

impl Holder {
    fn of(written: &Type) -> Self {
        let Type::Path(path) = written else {
            return Self::Other;
        };
        match path.path.segments.last() {
            Some(last) if last.ident == "Option" => Self::Option,
            Some(last) if last.ident == "Vec" => Self::Vec,
            _ => Self::Other,
        }
    }
}

impl RecordField {
    pub(crate) fn read(field: &Field) -> Result<Self> {
        let ident = field
            .ident
            .clone()
            .ok_or_else(|| Error::new(field.span(), "a record has named fields"))?;
        let own_name = ident.to_string();
        let own_name = own_name.trim_start_matches("r#").trim_end_matches('_').to_owned();
        let mut found = Self {
            ident,
            kind: Kind::Rest,
            rust: own_name.clone(),
            name: own_name,
            required: false,
            secret: false,
            scaled: None,
            largest: false,
            namespace: None,
            holder: Holder::of(&field.ty),
        };
        let mut said = false;
        for attribute in field
            .attrs
            .iter()
            .filter(|attribute| attribute.path().is_ident("xml"))
        {
            attribute.parse_nested_meta(|meta| {
                let word = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
                match word.as_str() {
                    "required" => found.required = true,
                    "secret" => found.secret = true,
                    "largest" => found.largest = true,
                    "scaled" => found.scaled = Some(meta.value()?.parse::<LitStr>()?.value()),
                    "namespace" => found.namespace = Some(meta.value()?.parse()?),
                    _ => {
                        found.kind = kind(&word).ok_or_else(|| {
                            meta.error("expected attr, text, leaf, child, flag, rest, required, secret, scaled, largest or namespace")
                        })?;
                        said = true;
                        if meta.input.peek(syn::Token![=]) {
                            found.name = meta.value()?.parse::<LitStr>()?.value();
                        }
                    }
                }
                Ok(())
            })?;
        }
        if !said {
            return Err(Error::new(
                field.span(),
                "say where this stands: #[xml(attr)], #[xml(child)], …",
            ));
        }
        if found.kind == Kind::Text {
            found.name.clear();
        }
        Ok(found)
    }
}

fn kind(word: &str) -> Option<Kind> {
    Some(match word {
        "attr" => Kind::Attribute,
        "text" => Kind::Text,
        "child" => Kind::Child,
        "leaf" => Kind::Leaf,
        "flag" => Kind::Flag,
        "rest" => Kind::Rest,
        _ => return None,
    })
}
