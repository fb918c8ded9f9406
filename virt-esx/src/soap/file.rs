//! Files of datastores, by plain HTTP: `/folder/PATH?dcPath=…&dsName=…`.

use bytes::Bytes;
use hyper::Method;
use hyper::http::request::Builder;

use super::client::SoapClient;
use super::connect::whole;
use super::error::SoapError;
use super::incoming::read;
use super::page::Badge;

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
    /// From its name, `[datastore] dir/file`; `None` for one that would lie outside of it.
    pub(crate) fn named(datacenter: &str, name: &str) -> Option<Self> {
        let (datastore, path) = in_datastore(name)?;
        let is_file = !path.is_empty() && !path.split('/').any(|part| matches!(part, "." | ".."));
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

/// The datastore of a name, `[datastore] dir/file`, and where in it that is; empty for the datastore itself.
pub(crate) fn in_datastore(name: &str) -> Option<(&str, &str)> {
    let (datastore, path) = name.strip_prefix('[')?.split_once(']')?;
    (!datastore.is_empty()).then(|| (datastore, path.trim_start()))
}

/// A part of a target as RFC 3986 has it.
pub(crate) fn escaped(part: &str) -> String {
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
        self.plain_request(method, &file.target(), Badge::Session)
    }

    async fn exchange_file(
        &self,
        method: Method,
        file: &DatastoreFile,
        content: Bytes,
    ) -> Result<Vec<u8>, SoapError> {
        let request = self.file_request(method, file);
        let (_sender, answer) = self.send_plain(request, whole(content)).await?;
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
        for wrong in ["", "web.vmx", "[] a", "[ds]", "[ds] ", "[ds] ../a", "[ds] a/./b"] {
            assert_eq!(DatastoreFile::named("dc", wrong), None, "{wrong}");
        }
    }
}
