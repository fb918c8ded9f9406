//! What a fake server answers.

use std::time::Duration;

/// What a fake server answers to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VsphereAnswer {
    /// What comes by itself.
    AsUsual,
    /// What is in the body of a SOAP envelope: `<CurrentTimeResponse xmlns="urn:vim25">…`.
    Soap(String),
    /// A fault: the API's name of its type, and what it says.
    Fault(String, String),
    /// This text with status 200, whatever it is.
    Text(String),
    /// A status, more headers (`Location: /`), and a text.
    Status(u16, Vec<String>, String),
    /// These bytes, headers and all, as they are; then nothing more is sent, and the connection is closed for writing.
    Raw(Vec<u8>),
    /// These bytes, headers and all; then the rest of the answer does not come, and the connection stays open.
    Stalls(Vec<u8>),
    /// These bytes, and the others again and again for as long as somebody reads.
    Endless(Vec<u8>, Vec<u8>),
    /// The answer that comes by itself, a byte at a time with this pause between them.
    Trickle(Duration),
    /// Nothing; the connection is closed.
    Close,
    /// Nothing at all, and the connection stays open.
    Silence,
}

/// An answer with a body of so many bytes, as it is sent.
pub(super) fn message(status: u16, headers: &[String], body: &str) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Said\r\nContent-Type: text/xml; charset=utf-8\r\n");
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// What is in the body of an envelope, with that around it.
pub(super) fn envelope(inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soapenv:Envelope \
         xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <soapenv:Body>{inside}</soapenv:Body></soapenv:Envelope>"
    )
}

/// A fault as it stands in the body of an envelope.
pub(super) fn fault(name: &str, said: &str) -> String {
    format!(
        "<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>{said}</faultstring><detail>\
         <{name}Fault xmlns=\"urn:vim25\" xsi:type=\"{name}\"/></detail></soapenv:Fault>"
    )
}
