//! The keywords there are, and what is done about each.

use super::check::Check;
use super::options::{Files, KnownHosts, Quantity, Switch, Text};

/// What a keyword is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Keyword {
    Host,
    Match,
    Include,
    Port,
    ProxyJump,
    ProxyCommand,
    HostKeyChecking,
    PubkeyAuthentication,
    Canonicalize,
    Text(Text),
    AgentPath(Text),
    Switch(Switch),
    Seconds(Quantity),
    Count(Quantity),
    Files(Files),
    KnownHosts(KnownHosts),
    /// Not followed here, but its value has to be right.
    PassedOver(Check),
    /// Not followed here, and the user should know when it is set.
    Noted(Check, &'static str),
    /// Whatever it is set to, OpenSSH does not look either.
    Ignored,
}

/// The keyword of that name, which is in lower case.
pub(super) fn find(name: &str) -> Option<(&'static str, Keyword)> {
    KEYWORDS.iter().find(|(known, _)| *known == name).copied()
}

const YES_NO_ASK: Check = Check::Choice(&["yes", "true", "no", "false", "ask"]);
const LOG_LEVELS: Check = Check::Choice(&[
    "quiet", "fatal", "error", "info", "verbose", "debug", "debug1", "debug2", "debug3",
]);
const LOG_FACILITIES: Check = Check::Choice(&[
    "daemon", "user", "auth", "authpriv", "local0", "local1", "local2", "local3", "local4", "local5",
    "local6", "local7",
]);

/// Every keyword of OpenSSH up to 10.2, former names and those of Debian's build among them.
const KEYWORDS: &[(&str, Keyword)] = &[
    ("host", Keyword::Host),
    ("match", Keyword::Match),
    ("include", Keyword::Include),
    // Followed.
    ("hostname", Keyword::Text(Text::HostName)),
    ("user", Keyword::Text(Text::User)),
    ("port", Keyword::Port),
    ("identityfile", Keyword::Files(Files::Identity)),
    ("identityfile2", Keyword::Files(Files::Identity)),
    ("certificatefile", Keyword::Files(Files::Certificate)),
    ("identitiesonly", Keyword::Switch(Switch::IdentitiesOnly)),
    ("identityagent", Keyword::AgentPath(Text::IdentityAgent)),
    ("userknownhostsfile", Keyword::KnownHosts(KnownHosts::User)),
    ("globalknownhostsfile", Keyword::KnownHosts(KnownHosts::Global)),
    ("hostkeyalias", Keyword::Text(Text::HostKeyAlias)),
    ("stricthostkeychecking", Keyword::HostKeyChecking),
    ("hashknownhosts", Keyword::Switch(Switch::HashKnownHosts)),
    ("revokedhostkeys", Keyword::Text(Text::RevokedHostKeys)),
    ("connecttimeout", Keyword::Seconds(Quantity::ConnectTimeout)),
    ("connectionattempts", Keyword::Count(Quantity::ConnectionAttempts)),
    (
        "serveraliveinterval",
        Keyword::Seconds(Quantity::ServerAliveInterval),
    ),
    (
        "protocolkeepalives",
        Keyword::Seconds(Quantity::ServerAliveInterval),
    ),
    ("setuptimeout", Keyword::Seconds(Quantity::ServerAliveInterval)),
    (
        "serveralivecountmax",
        Keyword::Count(Quantity::ServerAliveCountMax),
    ),
    ("tcpkeepalive", Keyword::Switch(Switch::TcpKeepAlive)),
    ("keepalive", Keyword::Switch(Switch::TcpKeepAlive)),
    ("proxyjump", Keyword::ProxyJump),
    ("proxycommand", Keyword::ProxyCommand),
    (
        "passwordauthentication",
        Keyword::Switch(Switch::PasswordAuthentication),
    ),
    (
        "kbdinteractiveauthentication",
        Keyword::Switch(Switch::KbdInteractiveAuthentication),
    ),
    (
        "challengeresponseauthentication",
        Keyword::Switch(Switch::KbdInteractiveAuthentication),
    ),
    (
        "skeyauthentication",
        Keyword::Switch(Switch::KbdInteractiveAuthentication),
    ),
    (
        "tisauthentication",
        Keyword::Switch(Switch::KbdInteractiveAuthentication),
    ),
    ("pubkeyauthentication", Keyword::PubkeyAuthentication),
    ("dsaauthentication", Keyword::PubkeyAuthentication),
    (
        "preferredauthentications",
        Keyword::Text(Text::PreferredAuthentications),
    ),
    (
        "numberofpasswordprompts",
        Keyword::Count(Quantity::NumberOfPasswordPrompts),
    ),
    ("batchmode", Keyword::Switch(Switch::BatchMode)),
    ("hostkeyalgorithms", Keyword::Text(Text::HostKeyAlgorithms)),
    ("ciphers", Keyword::Text(Text::Ciphers)),
    ("kexalgorithms", Keyword::Text(Text::KexAlgorithms)),
    ("macs", Keyword::Text(Text::Macs)),
    (
        "pubkeyacceptedalgorithms",
        Keyword::Text(Text::PubkeyAcceptedAlgorithms),
    ),
    (
        "pubkeyacceptedkeytypes",
        Keyword::Text(Text::PubkeyAcceptedAlgorithms),
    ),
    (
        "casignaturealgorithms",
        Keyword::Text(Text::CaSignatureAlgorithms),
    ),
    ("requiredrsasize", Keyword::Count(Quantity::RequiredRsaSize)),
    ("refuseconnection", Keyword::Text(Text::RefuseConnection)),
    ("tag", Keyword::Text(Text::Tag)),
    ("ignoreunknown", Keyword::Text(Text::IgnoreUnknown)),
    ("canonicalizehostname", Keyword::Canonicalize),
    // Not followed, which the user may have to know.
    (
        "addressfamily",
        Keyword::Noted(
            Check::Choice(&["inet", "inet6", "any"]),
            "the address family is not chosen: every address of the host is tried",
        ),
    ),
    (
        "bindaddress",
        Keyword::Noted(
            Check::Word,
            "the connection leaves from the address the system picks",
        ),
    ),
    (
        "bindinterface",
        Keyword::Noted(
            Check::Word,
            "the connection leaves from the interface the system picks",
        ),
    ),
    (
        "compression",
        Keyword::Noted(Check::Choice(&["yes", "no"]), "the connection is not compressed"),
    ),
    ("gssapiauthentication", Keyword::PassedOver(Check::Switch)),
    (
        "hostbasedauthentication",
        Keyword::Noted(Check::Switch, "there is no login by the key of this machine"),
    ),
    (
        "knownhostscommand",
        Keyword::Noted(
            Check::Line,
            "the command is not run: keys that only it knows are unknown here",
        ),
    ),
    (
        "nohostauthenticationforlocalhost",
        Keyword::Noted(
            Check::Switch,
            "the key of the local machine is checked as any other",
        ),
    ),
    (
        "pkcs11provider",
        Keyword::Noted(Check::Word, "keys on tokens are reached through an agent only"),
    ),
    (
        "smartcarddevice",
        Keyword::Noted(Check::Word, "keys on tokens are reached through an agent only"),
    ),
    (
        "securitykeyprovider",
        Keyword::Noted(
            Check::Word,
            "keys on security keys are reached through an agent only",
        ),
    ),
    (
        "proxyusefdpass",
        Keyword::Noted(
            Check::Switch,
            "the proxy command has to carry the connection itself",
        ),
    ),
    (
        "setenv",
        Keyword::Noted(Check::SetEnv, "no variables are sent to the host"),
    ),
    (
        "verifyhostkeydns",
        Keyword::Noted(YES_NO_ASK, "keys are not looked up in the DNS"),
    ),
    // Not followed, and nothing that a connection of this kind would miss.
    ("addkeystoagent", Keyword::PassedOver(Check::AddKeysToAgent)),
    ("canonicaldomains", Keyword::PassedOver(Check::Domains)),
    ("canonicalizefallbacklocal", Keyword::PassedOver(Check::Switch)),
    ("canonicalizemaxdots", Keyword::PassedOver(Check::Count)),
    ("canonicalizepermittedcnames", Keyword::PassedOver(Check::Cnames)),
    ("channeltimeout", Keyword::PassedOver(Check::Words(1, usize::MAX))),
    ("checkhostip", Keyword::PassedOver(Check::Switch)),
    ("clearallforwardings", Keyword::PassedOver(Check::Switch)),
    (
        "controlmaster",
        Keyword::PassedOver(Check::Choice(&[
            "yes", "true", "no", "false", "auto", "ask", "autoask",
        ])),
    ),
    ("controlpath", Keyword::PassedOver(Check::Word)),
    ("controlpersist", Keyword::PassedOver(Check::ControlPersist)),
    ("dynamicforward", Keyword::PassedOver(Check::Words(1, 1))),
    ("enableescapecommandline", Keyword::PassedOver(Check::Switch)),
    ("enablesshkeysign", Keyword::PassedOver(Check::Switch)),
    ("escapechar", Keyword::PassedOver(Check::EscapeChar)),
    ("exitonforwardfailure", Keyword::PassedOver(Check::Switch)),
    (
        "fingerprinthash",
        Keyword::PassedOver(Check::Choice(&["md5", "sha1", "sha256", "sha384", "sha512"])),
    ),
    ("forkafterauthentication", Keyword::PassedOver(Check::Switch)),
    ("forwardagent", Keyword::PassedOver(Check::SwitchOrAgent)),
    ("forwardx11", Keyword::PassedOver(Check::Switch)),
    ("forwardx11timeout", Keyword::PassedOver(Check::Seconds)),
    ("forwardx11trusted", Keyword::PassedOver(Check::Switch)),
    ("gatewayports", Keyword::PassedOver(Check::Switch)),
    ("gssapiclientidentity", Keyword::PassedOver(Check::Word)),
    ("gssapidelegatecredentials", Keyword::PassedOver(Check::Switch)),
    ("gssapikexalgorithms", Keyword::PassedOver(Check::Word)),
    ("gssapikeyexchange", Keyword::PassedOver(Check::Switch)),
    ("gssapirenewalforcesrekey", Keyword::PassedOver(Check::Switch)),
    ("gssapiserveridentity", Keyword::PassedOver(Check::Word)),
    ("gssapitrustdns", Keyword::PassedOver(Check::Switch)),
    ("hostbasedacceptedalgorithms", Keyword::PassedOver(Check::Word)),
    ("hostbasedkeytypes", Keyword::PassedOver(Check::Word)),
    ("ipqos", Keyword::PassedOver(Check::IpQos)),
    ("kbdinteractivedevices", Keyword::PassedOver(Check::Word)),
    ("localcommand", Keyword::PassedOver(Check::Line)),
    ("localforward", Keyword::PassedOver(Check::Words(2, 2))),
    ("loglevel", Keyword::PassedOver(LOG_LEVELS)),
    ("logverbose", Keyword::PassedOver(Check::Words(1, usize::MAX))),
    ("obscurekeystroketiming", Keyword::PassedOver(Check::Word)),
    ("permitlocalcommand", Keyword::PassedOver(Check::Switch)),
    (
        "permitremoteopen",
        Keyword::PassedOver(Check::Words(1, usize::MAX)),
    ),
    ("rekeylimit", Keyword::PassedOver(Check::RekeyLimit)),
    ("remotecommand", Keyword::PassedOver(Check::Line)),
    ("remoteforward", Keyword::PassedOver(Check::Words(1, 2))),
    (
        "requesttty",
        Keyword::PassedOver(Check::Choice(&["yes", "true", "no", "false", "force", "auto"])),
    ),
    ("sendenv", Keyword::PassedOver(Check::SendEnv)),
    (
        "sessiontype",
        Keyword::PassedOver(Check::Choice(&["none", "subsystem", "default"])),
    ),
    ("stdinnull", Keyword::PassedOver(Check::Switch)),
    ("streamlocalbindmask", Keyword::PassedOver(Check::Mask)),
    ("streamlocalbindunlink", Keyword::PassedOver(Check::Switch)),
    ("syslogfacility", Keyword::PassedOver(LOG_FACILITIES)),
    (
        "tunnel",
        Keyword::PassedOver(Check::Choice(&[
            "yes",
            "true",
            "no",
            "false",
            "ethernet",
            "point-to-point",
        ])),
    ),
    ("tunneldevice", Keyword::PassedOver(Check::TunnelDevice)),
    ("updatehostkeys", Keyword::PassedOver(YES_NO_ASK)),
    ("versionaddendum", Keyword::PassedOver(Check::Line)),
    ("visualhostkey", Keyword::PassedOver(Check::Switch)),
    ("warnweakcrypto", Keyword::PassedOver(Check::Words(1, usize::MAX))),
    ("xauthlocation", Keyword::PassedOver(Check::Word)),
    // Without meaning to OpenSSH itself.
    ("afstokenpassing", Keyword::Ignored),
    ("cipher", Keyword::Ignored),
    ("compressionlevel", Keyword::Ignored),
    ("fallbacktorsh", Keyword::Ignored),
    ("globalknownhostsfile2", Keyword::Ignored),
    ("kerberosauthentication", Keyword::Ignored),
    ("kerberostgtpassing", Keyword::Ignored),
    ("protocol", Keyword::Ignored),
    ("rhostsauthentication", Keyword::Ignored),
    ("rhostsrsaauthentication", Keyword::Ignored),
    ("rsaauthentication", Keyword::Ignored),
    ("useblacklistedkeys", Keyword::Ignored),
    ("useprivilegedport", Keyword::Ignored),
    ("userknownhostsfile2", Keyword::Ignored),
    ("useroaming", Keyword::Ignored),
    ("usersh", Keyword::Ignored),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_lower_case_and_stand_once() {
        for (at, (name, _)) in KEYWORDS.iter().enumerate() {
            assert_eq!(*name, name.to_ascii_lowercase());
            assert!(!KEYWORDS[..at].iter().any(|(other, _)| other == name), "{name}");
        }
    }
}
