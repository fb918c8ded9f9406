//! Connection URIs, in libvirt's grammar.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result, Subject};

/// Where to connect to: `driver[+transport]://[user@][host][:port]/[path][?name=value…]`.
///
/// ```
/// use virt_core::ConnectUri;
///
/// let uri: ConnectUri = "qemu+ssh://root@far.example:2222/embed?root=/srv/guests".parse()?;
/// assert_eq!(uri.driver(), "qemu");
/// assert_eq!(uri.transport(), Some("ssh"));
/// assert_eq!((uri.user(), uri.host(), uri.port()), (Some("root"), Some("far.example"), Some(2222)));
/// assert_eq!((uri.path(), uri.parameter("root")), ("/embed", Some("/srv/guests")));
/// # Ok::<(), virt_core::Error>(())
/// ```
///
/// Parts are percent-decoded when read and encoded again by [`Display`](fmt::Display). A password is refused: it
/// would end up in logs; credentials are given by callback.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConnectUri {
    driver: String,
    transport: Option<String>,
    user: Option<String>,
    host: Option<String>,
    port: Option<u16>,
    path: String,
    query: Vec<(String, String)>,
}

impl ConnectUri {
    /// The driver: what stands before `+` or `:`.
    #[must_use]
    pub fn driver(&self) -> &str {
        &self.driver
    }

    /// The transport, where one is named: `ssh`, `tls`, `tcp`, `unix` …
    #[must_use]
    pub fn transport(&self) -> Option<&str> {
        self.transport.as_deref()
    }

    /// The user to log in as.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The host; `None` for this one. IPv6 addresses stand here without brackets.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The path, with its leading slash, or empty.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The first query parameter of that name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// All query parameters, in order.
    #[must_use]
    pub fn parameters(&self) -> &[(String, String)] {
        &self.query
    }

    /// The same URI without these query parameters.
    #[must_use]
    pub fn without_parameters(&self, names: &[&str]) -> Self {
        let mut uri = self.clone();
        uri.query.retain(|(name, _)| !names.contains(&name.as_str()));
        uri
    }

    /// Fails unless every query parameter is one of `known`: a misspelt option is not silently without effect.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`], naming the parameter and those that are known.
    pub fn only_parameters(&self, known: &[&str]) -> Result<()> {
        match self
            .query
            .iter()
            .find(|(name, _)| !known.contains(&name.as_str()))
        {
            None => Ok(()),
            Some((name, _)) => Err(Error::new(
                ErrorKind::InvalidArgument,
                format!(
                    "unknown parameter {name:?} in the URI (known: {})",
                    known.join(", ")
                ),
            )
            .with_subject(Subject::Connection(self.to_string()))),
        }
    }
}

fn refuse(text: &str, why: impl fmt::Display) -> Error {
    Error::new(
        ErrorKind::InvalidArgument,
        format!("{why} (a URI looks like driver[+transport]://[user@][host][:port]/path)"),
    )
    .with_subject(Subject::Connection(text.chars().take(200).collect()))
}

impl FromStr for ConnectUri {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let Some((scheme, rest)) = text.split_once(':') else {
            return Err(refuse(text, "there is no scheme"));
        };
        let (driver, transport) = match scheme.split_once('+') {
            Some((driver, transport)) => (driver, Some(transport)),
            None => (scheme, None),
        };
        for word in std::iter::once(driver).chain(transport) {
            let starts_well = word.starts_with(|c: char| c.is_ascii_alphabetic());
            if !starts_well
                || !word
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
            {
                return Err(refuse(
                    text,
                    "driver and transport are letters, digits, '-', '.' and '_'",
                ));
            }
        }
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let (hierarchy, query) = rest
            .split_once('?')
            .map_or((rest, ""), |(before, query)| (before, query));
        let (authority, path) = match hierarchy.strip_prefix("//") {
            None => ("", hierarchy),
            Some(after) => after.find('/').map_or((after, ""), |at| after.split_at(at)),
        };
        let (user, host, port) = split_authority(text, authority)?;
        Ok(Self {
            driver: driver.to_ascii_lowercase(),
            transport: transport.map(str::to_ascii_lowercase),
            user,
            host,
            port,
            path: decode(text, path)?,
            query: query
                .split(['&', ';'])
                .filter(|pair| !pair.is_empty())
                .map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    Ok((decode(text, name)?, decode(text, value)?))
                })
                .collect::<Result<_>>()?,
        })
    }
}

type Authority = (Option<String>, Option<String>, Option<u16>);

fn split_authority(text: &str, authority: &str) -> Result<Authority> {
    let (user, address) = match authority.rsplit_once('@') {
        Some((user, address)) => (Some(user), address),
        None => (None, authority),
    };
    if user.is_some_and(|user| user.contains(':')) {
        return Err(refuse(
            "(not shown)",
            "a password does not belong in a URI: give credentials by callback",
        ));
    }
    let (host, port) = match address.strip_prefix('[') {
        Some(bracketed) => {
            let Some((host, after)) = bracketed.split_once(']') else {
                return Err(refuse(text, "the bracket of the IPv6 address is not closed"));
            };
            if !after.is_empty() && !after.starts_with(':') {
                return Err(refuse(text, "only a port may follow the IPv6 address"));
            }
            (host, after.strip_prefix(':'))
        }
        None => match address.split_once(':') {
            Some((_, port)) if port.contains(':') => {
                return Err(refuse(text, "an IPv6 address stands in brackets"));
            }
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        },
    };
    let port = match port {
        None | Some("") => None,
        Some(digits) => Some(
            digits
                .parse()
                .map_err(|_| refuse(text, format_args!("{digits:?} is no port (1 to 65535)")))?,
        ),
    };
    let some = |part: &str| decode(text, part).map(|part| Some(part).filter(|part| !part.is_empty()));
    Ok((user.map(some).transpose()?.flatten(), some(host)?, port))
}

fn decode(text: &str, part: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        match (digit(rest.next()), digit(rest.next())) {
            (Some(high), Some(low)) => bytes.extend(u8::try_from(high * 16 + low)),
            _ => return Err(refuse(text, "'%' is followed by two hexadecimal digits")),
        }
    }
    let decoded = String::from_utf8(bytes).map_err(|_| refuse(text, "a part is not UTF-8"))?;
    if decoded.chars().any(char::is_control) {
        return Err(refuse("(not shown)", "control characters do not belong in a URI"));
    }
    Ok(decoded)
}

struct Encoded<'a>(&'a str, &'static str);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.bytes() {
            let plain = char::from(byte);
            if byte.is_ascii_alphanumeric() || "-._~".contains(plain) || self.1.contains(plain) {
                write!(f, "{plain}")?;
            } else {
                write!(f, "%{byte:02X}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for ConnectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.driver)?;
        if let Some(transport) = &self.transport {
            write!(f, "+{transport}")?;
        }
        f.write_str("://")?;
        if let Some(user) = &self.user {
            write!(f, "{}@", Encoded(user, ""))?;
        }
        match &self.host {
            Some(host) if host.contains(':') => write!(f, "[{}]", Encoded(host, ":"))?,
            Some(host) => write!(f, "{}", Encoded(host, ""))?,
            None => {}
        }
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "{}", Encoded(&self.path, "/:@+,="))?;
        for (index, (name, value)) in self.query.iter().enumerate() {
            let mark = if index == 0 { '?' } else { '&' };
            write!(f, "{mark}{}={}", Encoded(name, "/:@+,"), Encoded(value, "/:@+,="))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn libvirts_forms_are_read() {
        for (text, driver, transport, host, path) in [
            ("test:///default", "test", None, None, "/default"),
            ("qemu:///embed", "qemu", None, None, "/embed"),
            ("xen:///", "xen", None, None, "/"),
            ("esx://host", "esx", None, Some("host"), ""),
            ("xen+ssh://[::1]:22/", "xen", Some("ssh"), Some("::1"), "/"),
            (
                "vpx://vc/Data%20center/cluster/h",
                "vpx",
                None,
                Some("vc"),
                "/Data center/cluster/h",
            ),
            ("qemu:/embed", "qemu", None, None, "/embed"),
        ] {
            let uri: ConnectUri = text.parse().unwrap();
            let parts = (uri.driver(), uri.transport(), uri.host(), uri.path());
            assert_eq!(parts, (driver, transport, host, path), "{text}");
            assert_eq!(uri.to_string().parse::<ConnectUri>().unwrap(), uri, "{text}");
        }
    }

    #[test]
    fn what_is_no_uri_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "no scheme"),
            ("qemu", "no scheme"),
            ("9p:///x", "letters"),
            ("qemu+://h/", "letters"),
            ("qemu://h:0x1/", "no port"),
            ("qemu://h:70000/", "no port"),
            ("qemu://u:secret@h/", "password"),
            ("qemu://[::1/", "bracket"),
            ("qemu://::1/", "brackets"),
            ("qemu:///%zz", "hexadecimal"),
            ("qemu:///%00", "control"),
        ] {
            let error = text.parse::<ConnectUri>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument);
            assert!(error.message().contains(reason), "{text}: {error}");
            assert!(!error.to_string().contains("secret"));
        }
    }

    #[test]
    fn a_misspelt_parameter_is_named() {
        let uri: ConnectUri = "qemu:///embed?rot=/x".parse().unwrap();
        let error = uri.only_parameters(&["root"]).unwrap_err();
        assert!(
            error.message().contains("\"rot\"") && error.message().contains("root"),
            "{error}"
        );
    }

    #[test]
    fn a_transports_parameters_are_taken_out() {
        let uri: ConnectUri = "qemu+ssh://far/embed?keyfile=/k&root=/x&jump=a".parse().unwrap();
        let rest = uri.without_parameters(&["keyfile", "jump"]);
        assert_eq!(rest.to_string(), "qemu+ssh://far/embed?root=/x");
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_read_is_written_back(text in "\\PC{0,40}") {
            if let Ok(uri) = format!("qemu+ssh://{text}").parse::<ConnectUri>() {
                prop_assert_eq!(uri.to_string().parse::<ConnectUri>().unwrap(), uri);
            }
        }
    }
}
