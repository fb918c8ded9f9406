//! The derive macro behind the lossless XML documents of the virt SDK.
//!
//! Only `virt-documents` uses it; see its module `xml` for what the generated code plugs into.

mod field;
mod generate;
mod options;

use proc_macro::TokenStream;

/// Makes a struct a `virt_documents::xml::Record`, with `Debug` (secrets hidden), `PartialEq` (what the document says,
/// not how it is ordered or spelled), and serde's `Serialize` (secrets left out) and `Deserialize`.
///
/// On the struct:
/// * `#[xml(element = "disk")]`: the struct is a document or fragment by itself and gets `from_xml`, `from_xml_with`,
///   `from_element`, `to_xml`, `to_xml_without_secrets`, `canonical`, `diff`, `present`, `unknown`, `FromStr` and `Display`;
/// * `#[xml(open)]`: other content is at home here and never reported as unknown.
///
/// On each field, in the order libvirt writes them, one of:
/// * `#[xml(attr)]`: an attribute, of type `T`, `Option<T>` where `T: XmlValue`;
/// * `#[xml(text)]`: the text of the element;
/// * `#[xml(leaf)]`: child elements with text only, `Option<T>` or `Vec<T>`;
/// * `#[xml(child)]`: child elements that are records, `Option<T>` or `Vec<T>`;
/// * `#[xml(flag)]`: an empty child element, `bool`;
/// * `#[xml(rest)]`: the `Rest`, once in every struct.
///
/// The name is that of the field, or given: `#[xml(attr = "type")]`. More words: `required` (else refused),
/// `secret` (hidden in `Debug` and errors), `scaled = "KiB"` (a `ByteSize` with its unit in the attribute `unit`, that
/// one when none is said), `largest` (written in the largest unit that divides it), `namespace = PATH` (a `Namespace`
/// constant).
#[proc_macro_derive(XmlElement, attributes(xml))]
pub fn derive_xml_element(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    generate::record(&input)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}
