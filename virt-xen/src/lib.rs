//! Xen for the virt SDK. So far its parts: files of settings and domains of them, and a client of xenstored.
//!
//! * [`config_file`] — xl.cfg, and the older files of xm, as lossless documents;
//! * [`convert`] — from a domain's document to such a file and back, and to libxl's JSON;
//! * [`xenstore`] — what the toolstack and the guests tell each other, read, changed and followed.
//!
//! Nothing here drives a hypervisor yet. Programs use it through `virt_sdk` with feature `xen`.

pub mod config_file;
pub mod convert;
pub mod xenstore;
