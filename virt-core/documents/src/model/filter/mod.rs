//! `<filter>`: rules for the traffic of a guest.

mod addresses;
mod builder;
mod config;
mod entries;
mod ethernet;
mod flags;
mod internet;
mod normalize;
mod numbers;
mod protocol;
mod rule;
mod transport;
mod validate;
mod variable;

pub use addresses::{IpMask, MacMask};
pub use builder::FilterBuilder;
pub use config::FilterConfig;
pub use entries::FilterEntry;
pub use ethernet::{ArpMatch, MacMatch, StpMatch, VlanMatch};
pub use flags::{
    ConnectionState, ConnectionStates, IpSetDirection, IpSetFlags, IpSetName, RuleSwitch, StateMatch,
    TcpFlag, TcpFlagSet, TcpFlags,
};
pub use internet::IpMatch;
pub use numbers::{ArpOpcode, EtherType, IpProtocol, RuleNumber};
pub use protocol::{RuleProtocol, TransportProtocol};
pub use rule::{Rule, RuleAction, RuleDirection};
pub use transport::TransportMatch;
pub use variable::{RuleValue, RuleVariable, VariableAccess};

pub(super) use normalize::normalize_reference;
pub(super) use validate::check_reference;
