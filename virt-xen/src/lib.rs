//! Xen for the virt SDK. So far its pure part: files of settings, and domains of them.
//!
//! * [`config_file`] — xl.cfg, and the older files of xm, as lossless documents;
//! * [`convert`] — from a domain's document to such a file and back, and to libxl's JSON.
//!
//! Nothing here acts on a machine. Programs use it through `virt_sdk` with feature `xen`.

pub mod config_file;
pub mod convert;
