//! The envelope around a call and around its answer.

use virt_core::xml::{Document, Element, Limits};

use super::error::SoapError;
use crate::vim::Fault;

const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// How large an answer may be, in bytes of text.
pub(super) const LARGEST: usize = 64 << 20;

/// How many elements and texts it may have.
pub(super) const NODES: usize = 8_000_000;

const HEAD: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8"?>"#,
    r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" "#,
    r#"xmlns:xsd="http://www.w3.org/2001/XMLSchema" "#,
    r#"xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:vim25="urn:vim25"><soapenv:Body>"#,
);
const TAIL: &str = "</soapenv:Body></soapenv:Envelope>";

/// A call as it is sent.
pub(super) fn wrap(call: &str) -> String {
    let mut text = String::with_capacity(HEAD.len() + call.len() + TAIL.len());
    text.push_str(HEAD);
    text.push_str(call);
    text.push_str(TAIL);
    text
}

/// What an answer says: `…Response`, or why not.
pub(super) fn unwrap(text: &[u8]) -> Result<Element, SoapError> {
    let mut limits = Limits::default().with_size(LARGEST);
    limits.nodes = NODES;
    let document = Document::parse_bytes(text, limits)
        .map_err(|error| SoapError::Malformed("the server's answer is no XML".to_owned(), Some(error)))?;
    let no_soap = |what: &str| SoapError::Malformed(format!("the server's answer is no SOAP: {what}"), None);
    if !document.root.name.is("Envelope", Some(SOAP)) {
        return Err(no_soap("it has no Envelope"));
    }
    let is_body = |node: &virt_core::xml::Node| {
        node.as_element()
            .is_some_and(|element| element.name.is("Body", Some(SOAP)))
    };
    let body = document.root.children.into_iter().find(is_body);
    let Some(virt_core::xml::Node::Element(body)) = body else {
        return Err(no_soap("it has no Body"));
    };
    let said = body.children.into_iter().find_map(|node| match node {
        virt_core::xml::Node::Element(element) => Some(element),
        _ => None,
    });
    let said = said.ok_or_else(|| no_soap("its Body is empty"))?;
    if said.name.is("Fault", Some(SOAP)) {
        return Err(SoapError::Fault(Box::new(Fault::of_soap(&said))));
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> String {
        format!(r#"<e:Envelope xmlns:e="{SOAP}"><e:Body>{body}</e:Body></e:Envelope>"#)
    }

    #[test]
    fn an_answer_is_taken_out_of_its_envelope() {
        let text = answer(
            r#"<CurrentTimeResponse xmlns="urn:vim25"><returnval>x</returnval></CurrentTimeResponse>"#,
        );
        let said = unwrap(text.as_bytes()).unwrap();
        assert_eq!(said.name.local(), "CurrentTimeResponse");
        let value = said.elements().next().map(Element::text);
        assert_eq!(value.as_deref(), Some("x"));
    }

    #[test]
    fn a_fault_is_one() {
        let text = answer(
            r#"<e:Fault><faultcode>ServerFaultCode</faultcode><faultstring>no such thing</faultstring><detail>
               <ManagedObjectNotFoundFault xmlns="urn:vim25" xmlns:x="http://www.w3.org/2001/XMLSchema-instance"
               x:type="ManagedObjectNotFound"><obj type="VirtualMachine">vm-1</obj></ManagedObjectNotFoundFault></detail></e:Fault>"#,
        );
        let error = unwrap(text.as_bytes()).unwrap_err();
        let fault = error.fault().unwrap();
        assert_eq!(fault.name(), "ManagedObjectNotFound");
        assert!(fault.to_string().contains("no such thing"));
    }

    #[test]
    fn what_is_no_soap_is_told_as_such() {
        for text in ["", "<html/>", "hello", &answer(""), r#"<Envelope xmlns="x"/>"#] {
            assert!(
                matches!(unwrap(text.as_bytes()), Err(SoapError::Malformed(..))),
                "{text}"
            );
        }
    }

    #[test]
    fn a_call_is_one_document() {
        Document::parse(&wrap("<vim25:CurrentTime/>")).unwrap();
    }
}
