//! What stands for something else in a value: `%h` and its kin, and `${NAME}`.

use std::fmt;

use sha1::{Digest, Sha1};

use super::environment::Environment;

/// Why a value can't be expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unexpandable {
    /// `%` with a letter that means nothing here.
    Token(char),
    /// A `%` with nothing behind it.
    LonePercent,
    /// `${` without `}`.
    Unclosed,
    /// `${}`.
    Nameless,
    /// A variable that is not set.
    Unset(String),
    /// `~user` for a user there is not.
    NoUser(String),
}

impl fmt::Display for Unexpandable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(token) => write!(f, "%{token} means nothing here (write %% for a percent sign)"),
            Self::LonePercent => f.write_str("it ends in a lone % (write %% for a percent sign)"),
            Self::Unclosed => f.write_str("a ${ has no }"),
            Self::Nameless => f.write_str("${} names no variable"),
            Self::Unset(name) => write!(f, "the variable {name} is not set"),
            Self::NoUser(path) => write!(f, "there is no user as in {path:?}"),
        }
    }
}

/// Which tokens a value may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Allowed {
    /// `%h` and `%%`: `HostName`.
    Host,
    /// What a `ProxyCommand` may have.
    Proxy,
    /// All that say something of the connection, but no variables: `Match exec`.
    Connection,
    /// All of them, and variables: paths.
    Path,
}

impl Allowed {
    fn tokens(self) -> &'static str {
        match self {
            Self::Host => "h",
            Self::Proxy => "hknpr",
            Self::Connection | Self::Path => "CLdhijklnpru",
        }
    }
}

/// What the tokens stand for.
#[derive(Debug, Clone)]
pub(super) struct Tokens<'a> {
    pub(super) environment: &'a Environment,
    /// `%n`
    pub(super) alias: &'a str,
    /// `%h`
    pub(super) host: &'a str,
    /// `%k`
    pub(super) key_alias: &'a str,
    /// `%p`
    pub(super) port: u16,
    /// `%r`
    pub(super) user: &'a str,
    /// `%j`: the last machine before the host, or nothing.
    pub(super) jump_host: &'a str,
}

impl Tokens<'_> {
    /// The value with its tokens, and for paths the variables and a leading `~`, replaced.
    pub(super) fn expand(&self, text: &str, allowed: Allowed) -> Result<String, Unexpandable> {
        let tilde;
        let text = if allowed == Allowed::Path {
            let unknown = || Unexpandable::NoUser(text.to_owned());
            tilde = self.environment.expand_tilde(text).ok_or_else(unknown)?;
            &tilde
        } else {
            text
        };
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("${")
                && allowed == Allowed::Path
            {
                let (value, after) = variable(self.environment, after)?;
                expanded.push_str(&value);
                rest = after;
                continue;
            }
            let mut chars = rest.chars();
            chars.next();
            if c == '%' {
                let token = chars.next().ok_or(Unexpandable::LonePercent)?;
                if token != '%' && !allowed.tokens().contains(token) {
                    return Err(Unexpandable::Token(token));
                }
                self.push(token, &mut expanded)?;
            } else {
                expanded.push(c);
            }
            rest = chars.as_str();
        }
        Ok(expanded)
    }

    fn push(&self, token: char, to: &mut String) -> Result<(), Unexpandable> {
        let machine = &self.environment.host_name;
        match token {
            '%' => to.push('%'),
            'C' => to.push_str(&self.connection_hash()),
            'L' => to.push_str(machine.split('.').next().unwrap_or_default()),
            'd' => to.push_str(&self.environment.home),
            'h' => to.push_str(self.host),
            'i' => to.push_str(&self.environment.uid.to_string()),
            'j' => to.push_str(self.jump_host),
            'k' => to.push_str(self.key_alias),
            'l' => to.push_str(machine),
            'n' => to.push_str(self.alias),
            'p' => to.push_str(&self.port.to_string()),
            'r' => to.push_str(self.user),
            'u' => to.push_str(&self.environment.user),
            other => return Err(Unexpandable::Token(other)),
        }
        Ok(())
    }

    /// The hash of `%l%h%p%r%j`.
    fn connection_hash(&self) -> String {
        let port = self.port.to_string();
        let machine = &self.environment.host_name;
        let mut hash = Sha1::new();
        for part in [machine.as_str(), self.host, &port, self.user, self.jump_host] {
            hash.update(part);
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The variable whose name stands at the start of `text`, and what follows its `}`.
fn variable<'a>(environment: &Environment, text: &'a str) -> Result<(String, &'a str), Unexpandable> {
    let (name, after) = text.split_once('}').ok_or(Unexpandable::Unclosed)?;
    if name.is_empty() {
        return Err(Unexpandable::Nameless);
    }
    let value = environment.variable(name);
    let value = value.ok_or_else(|| Unexpandable::Unset(name.to_owned()))?;
    Ok((value, after))
}

/// Whether every `${NAME}` of a value is set; other tokens are not looked at.
pub(super) fn check_variables(text: &str, environment: &Environment) -> Result<(), Unexpandable> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("${") {
        rest = variable(environment, after)?.1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(text: &str, allowed: Allowed) -> Result<String, Unexpandable> {
        let mut environment = Environment::new("me", "/home/me").with_variable("X", "%h~");
        environment.host_name = "desk.example".to_owned();
        environment.uid = 1000;
        let tokens = Tokens {
            environment: &environment,
            alias: "web",
            host: "web.example",
            key_alias: "web",
            port: 2222,
            user: "root",
            jump_host: "gate",
        };
        tokens.expand(text, allowed)
    }

    #[test]
    fn every_token_has_its_meaning() {
        let all = expand("%% %d %h %i %j %k %L %l %n %p %r %u", Allowed::Path).unwrap();
        assert_eq!(
            all,
            "% /home/me web.example 1000 gate web desk desk.example web 2222 root me"
        );
        let hash = expand("%C", Allowed::Path).unwrap();
        assert_eq!(hash.len(), 40);
        // What a variable holds is not expanded again.
        assert_eq!(expand("~/${X}/${X}", Allowed::Path).unwrap(), "/home/me/%h~/%h~");
        assert_eq!(
            expand("~/${X} %h", Allowed::Connection).unwrap(),
            "~/${X} web.example"
        );
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for (text, allowed, expected) in [
            ("%z", Allowed::Path, Unexpandable::Token('z')),
            ("%n", Allowed::Host, Unexpandable::Token('n')),
            ("%d", Allowed::Proxy, Unexpandable::Token('d')),
            ("a%", Allowed::Path, Unexpandable::LonePercent),
            ("${X", Allowed::Path, Unexpandable::Unclosed),
            ("${}", Allowed::Path, Unexpandable::Nameless),
            ("${NOT_SET}", Allowed::Path, Unexpandable::Unset("NOT_SET".into())),
        ] {
            assert_eq!(expand(text, allowed), Err(expected), "{text}");
        }
    }
}
