//! Sets of flags in rules, and switches.

use crate::xml::{ValueError, XmlValue};

/// Declares a set of flags over an enumeration of them.
macro_rules! flag_set {
    ($($(#[$meta:meta])* $set:ident of $(#[$flag_meta:meta])* $flag:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal / $bit:literal),+ $(,)? })+) => { $(
        $(#[$flag_meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $flag {
            $($(#[$variant_meta])* #[doc = concat!("`", $text, "`")] $variant,)+
        }

        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct $set(u8);

        impl $set {
            const NAMES: &'static [(&'static str, u8)] = &[$(($text, $bit)),+];

            /// Whether the flag is among them.
            pub const fn contains(self, flag: $flag) -> bool {
                self.0 & Self::bit(flag) != 0
            }

            /// Whether there are none.
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            const fn bit(flag: $flag) -> u8 {
                match flag { $($flag::$variant => $bit),+ }
            }
        }

        impl FromIterator<$flag> for $set {
            fn from_iter<I: IntoIterator<Item = $flag>>(flags: I) -> Self {
                Self(flags.into_iter().fold(0, |bits, flag| bits | Self::bit(flag)))
            }
        }
    )+ };
}

flag_set! {
    /// States of a connection a packet may belong to.
    ConnectionStates of
    /// The state of the connection a packet belongs to.
    ConnectionState {
        /// It begins one.
        New = "NEW" / 0x01,
        /// There was traffic in both directions.
        Established = "ESTABLISHED" / 0x02,
        /// It begins one that belongs to another.
        Related = "RELATED" / 0x04,
        /// None that makes sense.
        Invalid = "INVALID" / 0x08,
        /// Connections are not looked at.
        None = "NONE" / 0x10,
    }
    /// Flags of a TCP packet.
    TcpFlagSet of
    /// A flag of a TCP packet.
    TcpFlag {
        /// The sender has no more data.
        Fin = "FIN" / 0x01,
        /// A connection begins.
        Syn = "SYN" / 0x02,
        /// The connection is broken off.
        Rst = "RST" / 0x04,
        /// Data is to be handed on.
        Psh = "PSH" / 0x08,
        /// Data is acknowledged.
        Ack = "ACK" / 0x10,
        /// There is urgent data.
        Urg = "URG" / 0x20,
    }
}

/// Reads names one after the other, in any case, with commas and blanks between them.
fn parse_flags(text: &str, names: &[&[(&str, u8)]]) -> Option<u8> {
    let (mut bits, mut rest) = (0, text);
    loop {
        rest = rest.trim_start_matches(|letter: char| letter.is_ascii_whitespace() || letter == ',');
        if rest.is_empty() {
            return Some(bits);
        }
        let begins = |(name, _): &&(&str, u8)| {
            rest.get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name))
        };
        let (name, bit) = names.iter().copied().flatten().find(begins)?;
        bits |= bit;
        rest = rest.get(name.len()..)?;
    }
}

fn write_flags(out: &mut String, bits: u8, names: &[(&str, u8)]) {
    let mut separator = "";
    for (name, _) in names.iter().filter(|(_, bit)| bits & bit != 0) {
        out.push_str(separator);
        out.push_str(name);
        separator = ",";
    }
}

/// `NONE` excludes all others.
impl XmlValue for ConnectionStates {
    fn parse_xml(text: &str) -> Result<Self, ValueError> {
        let expected = "states of a connection: NEW, ESTABLISHED, RELATED, INVALID or NONE";
        let bits = parse_flags(text, &[Self::NAMES]).ok_or(ValueError::expected(expected))?;
        let none = Self::bit(ConnectionState::None);
        Ok(Self(if bits & none != 0 { none } else { bits }))
    }

    fn write_xml(&self, out: &mut String) {
        write_flags(out, self.0, Self::NAMES);
    }
}

const EVERY_TCP_FLAG: u8 = 0x3f;

/// Which TCP flags are looked at, and which of them are set; written as `SYN,ACK/SYN`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct TcpFlags {
    /// Those that are looked at.
    pub mask: TcpFlagSet,
    /// Those of them that are set; the others are not.
    pub flags: TcpFlagSet,
}

impl TcpFlags {
    /// Of the flags in `mask`, those in `flags` are set and the others are not.
    pub fn new(mask: impl IntoIterator<Item = TcpFlag>, flags: impl IntoIterator<Item = TcpFlag>) -> Self {
        Self {
            mask: mask.into_iter().collect(),
            flags: flags.into_iter().collect(),
        }
    }
}

impl XmlValue for TcpFlags {
    fn parse_xml(text: &str) -> Result<Self, ValueError> {
        let parse = |text: &str| {
            let more = [("ALL", EVERY_TCP_FLAG), ("NONE", 0)];
            parse_flags(text, &[TcpFlagSet::NAMES, &more]).map(TcpFlagSet)
        };
        text.split_once('/')
            .and_then(|(mask, flags)| {
                Some(Self {
                    mask: parse(mask)?,
                    flags: parse(flags)?,
                })
            })
            .ok_or(ValueError::expected("TCP flags such as SYN,ACK/SYN"))
    }

    fn write_xml(&self, out: &mut String) {
        let mut separator = "";
        for set in [self.mask, self.flags] {
            out.push_str(separator);
            match set.0 {
                0 => out.push_str("NONE"),
                EVERY_TCP_FLAG => out.push_str("ALL"),
                bits => write_flags(out, bits, TcpFlagSet::NAMES),
            }
            separator = "/";
        }
    }
}

/// The name of an IP set of the host: 1 to 31 letters, digits and `_.:-+ `.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IpSetName(String);

impl IpSetName {
    /// The set of that name.
    ///
    /// # Errors
    /// When the name is empty, too long or has other characters.
    pub fn new(name: &str) -> Result<Self, ValueError> {
        Self::parse_xml(name)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl XmlValue for IpSetName {
    fn parse_xml(text: &str) -> Result<Self, ValueError> {
        let is_sign = |letter: char| letter.is_ascii_alphanumeric() || "_.:-+ ".contains(letter);
        match !text.is_empty() && text.len() <= 31 && text.chars().all(is_sign) {
            true => Ok(Self(text.to_owned())),
            false => Err(ValueError::expected(
                "the name of an IP set: up to 31 letters, digits and _.:-+",
            )),
        }
    }

    fn write_xml(&self, out: &mut String) {
        out.push_str(&self.0);
    }
}

/// Which end of a packet is looked for in a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IpSetDirection {
    /// Where it comes from: `src`.
    Source,
    /// Where it goes: `dst`.
    Destination,
}

/// Which ends of a packet are looked for in a set: one to six of them, as many as the set has dimensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IpSetFlags(Vec<IpSetDirection>);

impl IpSetFlags {
    /// These ends; `None` unless there are one to six.
    pub fn new(directions: impl IntoIterator<Item = IpSetDirection>) -> Option<Self> {
        let directions: Vec<_> = directions.into_iter().collect();
        (1..=6).contains(&directions.len()).then_some(Self(directions))
    }

    /// The ends.
    pub fn directions(&self) -> &[IpSetDirection] {
        &self.0
    }
}

impl XmlValue for IpSetFlags {
    fn parse_xml(text: &str) -> Result<Self, ValueError> {
        let parse = |part: &str| match part.to_ascii_lowercase().as_str() {
            "src" => Some(IpSetDirection::Source),
            "dst" => Some(IpSetDirection::Destination),
            _ => None,
        };
        let directions: Option<Vec<_>> = text.split(',').map(parse).collect();
        directions
            .filter(|directions| directions.len() <= 6)
            .map(Self)
            .ok_or(ValueError::expected("one to six of src and dst, with commas"))
    }

    fn write_xml(&self, out: &mut String) {
        let mut separator = "";
        for direction in &self.0 {
            out.push_str(separator);
            out.push_str(match direction {
                IpSetDirection::Source => "src",
                IpSetDirection::Destination => "dst",
            });
            separator = ",";
        }
    }
}

/// A switch of a rule: `true`, `yes` or `1`, else `false`, `no` or `0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleSwitch(pub bool);

impl XmlValue for RuleSwitch {
    fn parse_xml(text: &str) -> Result<Self, ValueError> {
        match text {
            "true" | "yes" | "1" => Ok(Self(true)),
            "false" | "no" | "0" => Ok(Self(false)),
            _ => Err(ValueError::expected("'true' or 'false'")),
        }
    }

    fn write_xml(&self, out: &mut String) {
        out.push_str(if self.0 { "true" } else { "false" });
    }
}

/// Whether a rule looks at the state of connections: `false` or `0` if not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateMatch(pub bool);

impl XmlValue for StateMatch {
    fn parse_xml(text: &str) -> Result<Self, ValueError> {
        match text.to_ascii_lowercase().as_str() {
            "0" | "false" => Ok(Self(false)),
            "1" | "true" => Ok(Self(true)),
            _ => Err(ValueError::expected("'false' or 'true'")),
        }
    }

    fn write_xml(&self, out: &mut String) {
        out.push_str(if self.0 { "true" } else { "false" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again<T: XmlValue>(text: &str) -> Option<String> {
        let mut out = String::new();
        T::parse_xml(text).ok()?.write_xml(&mut out);
        Some(out)
    }

    #[test]
    fn flags_are_written_in_their_order() {
        assert_eq!(
            again::<ConnectionStates>("related, new").as_deref(),
            Some("NEW,RELATED")
        );
        assert_eq!(again::<ConnectionStates>("NEW,NONE").as_deref(), Some("NONE"));
        assert_eq!(again::<ConnectionStates>("OLD"), None);
        assert_eq!(again::<TcpFlags>("SYN/ALL").as_deref(), Some("SYN/ALL"));
        assert_eq!(again::<TcpFlags>("PSH/").as_deref(), Some("PSH/NONE"));
        assert_eq!(again::<TcpFlags>("ack,syn/SYN").as_deref(), Some("SYN,ACK/SYN"));
        assert_eq!(again::<TcpFlags>("SYN"), None);
        assert_eq!(again::<IpSetFlags>("SRC,dst").as_deref(), Some("src,dst"));
        assert_eq!(again::<IpSetFlags>("src,"), None);
    }
}
