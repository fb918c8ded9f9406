//! The derive macro behind the lossless XML documents of the virt SDK.
