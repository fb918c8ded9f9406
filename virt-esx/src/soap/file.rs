//! Files of datastores, by plain HTTP: `/folder/PATH?dcPath=…&dsName=…`.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::header::{CONTENT_TYPE, COOKIE, HOST, USER_AGENT};
use hyper::http::request::Builder;
use hyper::{Method, Request};

use super::client::SoapClient;
use super::connect::Body;
use super::error::{SoapError, Stage};
use super::incoming::read;

/// A file of a datastore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DatastoreFile {
    /// The path of its datacenter in the inventory.
    pub(crate) datacenter: String,
    pub(crate) datastore: String,
    /// Where it is there: `dir/file`.
    pub(crate) path: String,
}

impl DatastoreFile {
    /// From its name, `[datastore] dir/file`.
    pub(crate) fn named(datacenter: &str, name: &str) -> Option<Self> {
        let (datastore, path) = name.strip_prefix('[')?.split_once(']')?;
        let path = path.trim_start();
        let is_file = !datastore.is_empty() && !path.is_empty();
        is_file.then(|| Self {
            datacenter: datacenter.to_owned(),
            datastore: datastore.to_owned(),
            path: path.to_owned(),
        })
    }

    fn target(&self) -> String {
        let path: Vec<String> = self.path.split('/').map(escaped).collect();
        format!(
            "/folder/{}?dcPath={}&dsName={}",
            path.join("/"),
            escaped(&self.datacenter),
            escaped(&self.datastore)
        )
    }
}

/// A part of a target as RFC 3986 has it.
fn escaped(part: &str) -> String {
    let mut text = String::with_capacity(part.len());
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

impl SoapClient {
    /// The whole content of a small file.
    pub(crate) async fn get_file(&self, file: &DatastoreFile) -> Result<Vec<u8>, SoapError> {
        self.exchange_file(Method::GET, file, Bytes::new()).await
    }

    /// Writes a small file, instead of what is there.
    pub(crate) async fn put_file(&self, file: &DatastoreFile, content: Vec<u8>) -> Result<(), SoapError> {
        self.exchange_file(Method::PUT, file, content.into())
            .await
            .map(drop)
    }

    /// A request for a file, in the session.
    pub(super) fn file_request(&self, method: Method, file: &DatastoreFile) -> Builder {
        let request = Request::builder()
            .method(method)
            .uri(file.target())
            .header(HOST, self.authority())
            .header(USER_AGENT, "virt-sdk");
        match self.session_cookie() {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }

    async fn exchange_file(
        &self,
        method: Method,
        file: &DatastoreFile,
        content: Bytes,
    ) -> Result<Vec<u8>, SoapError> {
        let mut request = self.file_request(method, file);
        if !content.is_empty() {
            request = request.header(CONTENT_TYPE, "application/octet-stream");
        }
        let body: Body = Full::new(content).map_err(|never| match never {}).boxed();
        let request = request
            .body(body)
            .map_err(|error| SoapError::Lost(Stage::NotSent, Box::new(error)))?;
        let mut sender = self.fresh().await?;
        let answer = sender
            .send_request(request)
            .await
            .map_err(|error| SoapError::Lost(Stage::Sent, Box::new(error)))?;
        let status = answer.status();
        let content = read(answer).await?;
        if status.is_success() {
            Ok(content)
        } else {
            Err(SoapError::Status(status.as_u16()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_as_the_server_names_it() {
        let file = DatastoreFile::named("ha-datacenter", "[local store] web 1/web+1.vmx").unwrap();
        assert_eq!(
            file.target(),
            "/folder/web%201/web%2B1.vmx?dcPath=ha-datacenter&dsName=local%20store"
        );
        for wrong in ["", "web.vmx", "[] a", "[ds]", "[ds] "] {
            assert_eq!(DatastoreFile::named("dc", wrong), None, "{wrong}");
        }
    }
}
