//! What OpenSSH itself makes of a configuration: `ssh -G`, and where that stops short, what `ssh -v` says.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::{AGENT, Answer, Given, VARIABLES};

/// Whether there is an `ssh` to compare with; how to get one where there is not.
pub(crate) fn missing() -> Option<String> {
    let found = Command::new("ssh").arg("-V").stderr(Stdio::null()).status();
    match found {
        Ok(status) if status.success() => None,
        _ => Some("no ssh program to compare with (install OpenSSH's client)".to_owned()),
    }
}

fn ssh(options: &[&str], file: &Path, given: &Given) -> Output {
    let mut command = Command::new("ssh");
    command.args(options).arg("-F").arg(file);
    if let Some(user) = &given.user {
        command.args(["-l", user]);
    }
    if let Some(port) = given.port {
        command.args(["-p", &port.to_string()]);
    }
    command.arg(&given.host).arg("true").stdin(Stdio::null());
    command.env("SSH_AUTH_SOCK", AGENT).envs(VARIABLES);
    command.output().unwrap()
}

/// OpenSSH's answer; `None` where it refuses.
pub(crate) fn answer(file: &Path, given: &Given) -> Option<Answer> {
    let output = ssh(&["-G"], file, given);
    if !output.status.success() {
        return None;
    }
    let text = String::from_utf8(output.stdout).unwrap();
    let mut values: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in text.lines() {
        let (keyword, value) = line.split_once(' ').unwrap_or((line, ""));
        values.entry(keyword).or_default().push(value);
    }
    let first = |keyword: &str| values.get(keyword).map(|found| found[0].to_owned());
    let number = |keyword: &str| first(keyword).filter(|value| value != "0" && value != "none");
    let files = |keyword: &str| {
        first(keyword)
            .map(|list| list.replace("none", ""))
            .unwrap_or_default()
    };
    let command = first("proxycommand");
    let login = login(file, given, command.is_some())?;
    Some(Answer(
        [
            ("hostname", first("hostname").unwrap()),
            ("user", first("user").unwrap()),
            ("port", first("port").unwrap()),
            ("identityfile", login.identities),
            ("certificatefile", login.certificates),
            ("userknownhostsfile", files("userknownhostsfile")),
            ("globalknownhostsfile", files("globalknownhostsfile")),
            ("hostkeyalias", first("hostkeyalias").unwrap_or_default()),
            (
                "stricthostkeychecking",
                checking(&first("stricthostkeychecking").unwrap()),
            ),
            ("connecttimeout", number("connecttimeout").unwrap_or_default()),
            (
                "serveraliveinterval",
                number("serveraliveinterval").unwrap_or_default(),
            ),
            ("serveralivecountmax", first("serveralivecountmax").unwrap()),
            ("proxyjump", first("proxyjump").unwrap_or_default()),
            ("proxycommand", login.command),
            ("identitiesonly", first("identitiesonly").unwrap()),
            ("identityagent", agent(first("identityagent"))),
            ("passwordauthentication", first("passwordauthentication").unwrap()),
            (
                "kbdinteractiveauthentication",
                first("kbdinteractiveauthentication").unwrap(),
            ),
            (
                "pubkeyauthentication",
                pubkey(&first("pubkeyauthentication").unwrap()),
            ),
            ("tcpkeepalive", first("tcpkeepalive").unwrap()),
            ("hashknownhosts", first("hashknownhosts").unwrap()),
            ("batchmode", first("batchmode").unwrap()),
            (
                "numberofpasswordprompts",
                first("numberofpasswordprompts").unwrap(),
            ),
            (
                "preferredauthentications",
                first("preferredauthentications").unwrap_or_default(),
            ),
        ]
        .into(),
    ))
}

fn pubkey(value: &str) -> String {
    if value == "no" || value == "false" {
        "no"
    } else {
        "yes"
    }
    .to_owned()
}

/// `ssh -G` says what stands there; this is the socket that it means.
fn agent(written: Option<String>) -> String {
    let variable = |name: &str| {
        let known = VARIABLES.into_iter().find(|(known, _)| *known == name);
        known.map(|(_, value)| value.to_owned()).unwrap_or_default()
    };
    match written.as_deref() {
        None | Some("SSH_AUTH_SOCK") => AGENT.to_owned(),
        Some("none") => String::new(),
        Some(path) => path.strip_prefix('$').map_or(path.to_owned(), variable),
    }
}

/// What becomes of tokens that `ssh -G` leaves as they are.
struct Login {
    identities: String,
    certificates: String,
    command: String,
}

/// Has OpenSSH begin a login over a program that ends at once, and say what it does; `None` where it does not come to
/// speak to the program, or to find that it is gone already.
fn login(file: &Path, given: &Given, has_command: bool) -> Option<Login> {
    let options: &[&str] = if has_command {
        &["-v"]
    } else {
        &["-v", "-oProxyCommand=false"]
    };
    let output = ssh(options, file, given);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if !["Local version string", "kex_exchange_identification"]
        .iter()
        .any(|sign| said.contains(sign))
    {
        return None;
    }
    let between = |before: &str, after: &str| -> Vec<String> {
        let lines = said
            .lines()
            .filter_map(|line| line.trim_end().strip_prefix(before));
        let cut = |line: &str| line.rsplit_once(after).map(|(value, _)| plain(value));
        lines.filter_map(cut).collect()
    };
    let mut identities = between("debug1: identity file ", " type ");
    // The certificate beside each key, and kinds of keys that are gone.
    identities.retain(|path| {
        !["-cert", "/.ssh/id_xmss", "/.ssh/id_dsa"]
            .iter()
            .any(|end| path.ends_with(end))
    });
    let command = between("debug1: Executing proxy command: exec ", "");
    Some(Login {
        identities: identities.join(" "),
        certificates: between("debug1: certificate file ", " type ").join(" "),
        command: if has_command {
            command.join(" ")
        } else {
            String::new()
        },
    })
}

fn checking(value: &str) -> String {
    match value {
        "yes" | "true" | "ask" => "strict",
        "no" | "false" | "off" => "off",
        other => other,
    }
    .to_owned()
}

/// What stands in a message of OpenSSH's, in which odd bytes are octal and backslashes doubled.
fn plain(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let next = rest.clone().next();
        match (byte, next) {
            (b'\\', Some(b'0'..=b'3')) => {
                let digits: String = rest.by_ref().take(3).map(char::from).collect();
                bytes.push(u8::from_str_radix(&digits, 8).unwrap());
            }
            (b'\\', Some(b'\\')) => bytes.extend(rest.next()),
            _ => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).unwrap()
}
