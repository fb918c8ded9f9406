//! SOAP over HTTP/1.1: connections that are kept, a session's cookie, compression, bounds on size and time.
//!
//! What a method means is said in `vim`; nothing here knows any of them.

mod client;
mod connect;
mod endpoint;
mod envelope;
mod error;
mod file;
mod file_stream;
mod incoming;
mod markup;
mod page;
mod parts;
mod place;
mod pool;
mod proxy;
mod thumbprint;
mod tls;

pub(crate) use client::SoapClient;
pub(crate) use endpoint::{Endpoint, Proxy, ProxyKind, Trust};
pub(crate) use error::{SoapError, Stage};
pub(crate) use file::{DatastoreFile, escaped, in_datastore};
pub(crate) use file_stream::{FileReader, FileWriter, Part};
pub(crate) use page::{Badge, Page};
pub(crate) use parts::Take;
pub(crate) use place::Place;
