//! The conformance suite, fakes and live fixtures of the virt SDK; a dev-dependency.

pub mod conformance;
pub mod corpus;
pub mod examples;
pub mod harness;
pub mod live;
pub mod skip;

pub mod fake_agent;
pub mod fake_daemon;
pub mod fake_host;
pub mod fake_qmp;
pub mod fake_vsphere;
pub mod fake_xenstored;
pub mod recorded_daemon;
