//! The code of a record.

use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Fields, Ident, Result};

use crate::field::{Holder, Kind, RecordField};
use crate::options::StructOptions;

/// Everything the derive adds to a struct.
pub(crate) fn record(input: &DeriveInput) -> Result<TokenStream> {
    let options = StructOptions::read(&input.attrs)?;
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(input.span(), "XmlElement is derived for structs"));
    };
    let Fields::Named(named) = &data.fields else {
        return Err(Error::new(
            input.span(),
            "XmlElement is derived for structs with named fields",
        ));
    };
    if !input.generics.params.is_empty() {
        return Err(Error::new(
            input.generics.span(),
            "a record has no type parameters",
        ));
    }
    let fields = named
        .named
        .iter()
        .map(RecordField::read)
        .collect::<Result<Vec<_>>>()?;
    let (rest, fields): (Vec<_>, Vec<_>) = fields.into_iter().partition(|field| field.kind == Kind::Rest);
    let [rest] = rest.as_slice() else {
        return Err(Error::new(
            input.span(),
            "a record has one field #[xml(rest)] of type Rest",
        ));
    };
    if let Some(again) = twice(&fields) {
        return Err(Error::new(
            again.ident.span(),
            "another field stands at the same place",
        ));
    }
    if fields.len() > 128 {
        return Err(Error::new(input.span(), "a record has 128 fields at most"));
    }
    let ident = &input.ident;
    let record = implementation(ident, &options, &fields, &rest.ident);
    let document = options
        .element
        .is_some()
        .then(|| quote!(::virt_documents::xml::derived::document_methods!(#ident);));
    Ok(quote! { #record #document })
}

fn implementation(
    ident: &Ident,
    options: &StructOptions,
    fields: &[RecordField],
    rest: &Ident,
) -> TokenStream {
    let type_name = ident.to_string();
    let element = options.element.as_deref().unwrap_or_default();
    let open = options.open;
    let rows = fields.iter().map(row);
    let names = fields.iter().map(|field| &field.name);
    let keys_in_json = fields.iter().map(|field| &field.rust);
    let shared = fields
        .iter()
        .enumerate()
        .map(|(index, field)| arm(index, field, false));
    let exclusive = fields
        .iter()
        .enumerate()
        .map(|(index, field)| arm(index, field, true));
    let filled = fields
        .iter()
        .enumerate()
        .map(|(index, field)| filled(index, field));
    let number = |found: Option<usize>| match found {
        Some(index) => quote!(::core::option::Option::Some(#index)),
        None => quote!(::core::option::Option::None),
    };
    let text = number(fields.iter().position(|field| field.kind == Kind::Text));
    let scaled = number(fields.iter().position(|field| field.scaled.is_some()));
    let attributes = bits(fields, |field| field.kind == Kind::Attribute);
    let required = bits(fields, |field| field.required && field.kind != Kind::Text);
    let namespaced = bits(fields, |field| field.namespace.is_some());
    quote! {
        #[automatically_derived]
        impl ::virt_documents::xml::Record for #ident {
            fn spec(&self) -> &'static ::virt_documents::xml::Spec {
                use ::virt_documents::xml::{Field, FieldKind, Rows};
                static SPEC: ::virt_documents::xml::Spec = ::virt_documents::xml::Spec {
                    type_name: #type_name,
                    element: #element,
                    open: #open,
                    fields: &[#(#rows),*],
                    keys_in_json: &[#(#keys_in_json),*],
                    keys: &[#(::virt_documents::xml::NameKey::of(#names)),*],
                    text: #text,
                    scaled: #scaled,
                    attributes: Rows(#attributes),
                    required: Rows(#required),
                    namespaced: Rows(#namespaced),
                };
                &SPEC
            }

            fn filled(&self) -> ::virt_documents::xml::Rows {
                let mut rows = 0_u128;
                #(#filled)*
                ::virt_documents::xml::Rows(rows)
            }

            fn slot(&self, index: usize) -> ::virt_documents::xml::Slot<'_> {
                use ::virt_documents::xml::Slot;
                match index { #(#shared,)* _ => Slot::None }
            }

            fn slot_mut(&mut self, index: usize) -> ::virt_documents::xml::SlotMut<'_> {
                use ::virt_documents::xml::SlotMut;
                match index { #(#exclusive,)* _ => SlotMut::None }
            }

            fn rest(&self) -> &::virt_documents::xml::Rest {
                &self.#rest
            }

            fn rest_mut(&mut self) -> &mut ::virt_documents::xml::Rest {
                &mut self.#rest
            }
        }

        ::virt_documents::xml::derived::record_traits!(#ident);
    }
}

/// A field of the kind, name and namespace of an earlier one.
fn twice(fields: &[RecordField]) -> Option<&RecordField> {
    let place = |field: &RecordField| {
        let namespace = field.namespace.as_ref().map(|path| quote!(#path).to_string());
        (field.kind == Kind::Attribute, field.name.clone(), namespace)
    };
    let is_again = |(index, field): &(usize, &RecordField)| {
        let mut earlier = fields.iter().take(*index);
        earlier.any(|other| place(other) == place(field))
    };
    fields.iter().enumerate().find(is_again).map(|(_, field)| field)
}

/// The rows for which `fits` holds, a bit each.
fn bits(fields: &[RecordField], fits: fn(&RecordField) -> bool) -> u128 {
    let fitting = fields.iter().enumerate().filter(|(_, field)| fits(field));
    fitting.fold(0, |rows, (index, _)| rows | 1 << index)
}

/// Sets the bit of a field that holds something.
fn filled(index: usize, field: &RecordField) -> TokenStream {
    let ident = &field.ident;
    let bit = 1_u128 << index;
    // No call where none is needed: each would be a function more to compile, for every type.
    let holds = match (field.kind, field.holder, &field.scaled) {
        (Kind::Flag, _, None) => quote!(self.#ident),
        (_, Holder::Option, _) => quote!(let ::core::option::Option::Some(_) = self.#ident),
        (_, Holder::Vec, _) => quote!(self.#ident.len() > 0),
        (Kind::Child, _, None) => {
            quote!(::virt_documents::xml::ChildSlot::children(&self.#ident).count() > 0)
        }
        (_, _, Some(_)) => quote!(::virt_documents::xml::ScaledSlot::size(&self.#ident).is_some()),
        (_, _, None) => quote!(::virt_documents::xml::ValueSlot::count(&self.#ident) > 0),
    };
    quote!(if #holds { rows |= #bit; })
}

/// One row of the table.
fn row(field: &RecordField) -> TokenStream {
    let name = &field.name;
    let kind = match field.kind {
        Kind::Attribute => quote!(Attribute),
        Kind::Text => quote!(Text),
        Kind::Child => quote!(Child),
        Kind::Leaf => quote!(Leaf),
        Kind::Flag | Kind::Rest => quote!(Flag),
    };
    let namespace = field.namespace.as_ref().map(|path| quote!(.namespaced(&#path)));
    let scaled = field.scaled.as_ref().map(|unit| quote!(.scaled(#unit)));
    let largest = field.largest.then(|| quote!(.largest()));
    let required = field.required.then(|| quote!(.required()));
    let secret = field.secret.then(|| quote!(.secret()));
    let opening = match field.kind {
        Kind::Attribute => format!(" {name}='"),
        _ => String::new(),
    };
    quote!(Field::new(#name, #opening, FieldKind::#kind) #namespace #scaled #largest #required #secret)
}

/// One arm of the access to the fields.
fn arm(index: usize, field: &RecordField, exclusive: bool) -> TokenStream {
    let ident = &field.ident;
    let kind = match (field.kind, &field.scaled) {
        (_, Some(_)) => quote!(Scaled),
        (Kind::Child, None) => quote!(Child),
        (Kind::Flag, None) => quote!(Flag),
        (_, None) => quote!(Value),
    };
    match (exclusive, field.kind) {
        (true, _) => quote!(#index => SlotMut::#kind(&mut self.#ident)),
        (false, Kind::Flag) => quote!(#index => Slot::#kind(self.#ident)),
        (false, Kind::Child) if field.scaled.is_none() => {
            quote!(#index => Slot::#kind(::virt_documents::xml::ChildSlot::children(&self.#ident)))
        }
        (false, _) => quote!(#index => Slot::#kind(&self.#ident)),
    }
}
