//! ssh_config as we read it, compared with OpenSSH itself: collected inputs, and generated ones.
#![cfg(feature = "ssh")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what it found, and fails"
)]

mod collected;
mod generated;
mod openssh;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use virt_remote::ssh::config::{ConfigFiles, Environment, HostConfig, HostKeyChecking, Lookup};

/// The agent's socket that both sides see.
const AGENT: &str = "/run/test/agent";

/// Variables that both sides see.
const VARIABLES: [(&str, &str); 2] = [("VIRT_TEST_DIR", "/srv/keys"), ("VIRT_TEST_EMPTY", "")];

/// What is asked.
#[derive(Debug, Clone)]
struct Given {
    host: String,
    user: Option<String>,
    port: Option<u16>,
}

impl Given {
    fn host(host: &str) -> Self {
        Self {
            host: host.to_owned(),
            user: None,
            port: None,
        }
    }
}

/// The values that both sides have.
#[derive(Clone, PartialEq, Eq)]
struct Answer(BTreeMap<&'static str, String>);

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.0).finish()
    }
}

/// Our answer; the error where we refuse.
fn ours(file: &Path, given: &Given) -> Result<Answer, virt_core::Error> {
    let mut environment = Environment::current()?.with_variable("SSH_AUTH_SOCK", AGENT);
    for (name, value) in VARIABLES {
        environment = environment.with_variable(name, value);
    }
    let mut lookup = Lookup::new(&given.host, environment).with_files(ConfigFiles::File(file.to_owned()));
    lookup.user.clone_from(&given.user);
    lookup.port = given.port;
    lookup.resolve().map(|config| told(&config))
}

/// Our answer in OpenSSH's words.
fn told(config: &HostConfig) -> Answer {
    let yes = |value: bool| if value { "yes" } else { "no" }.to_owned();
    let paths = |paths: &[PathBuf]| {
        let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        paths.join(" ")
    };
    let seconds =
        |time: Option<std::time::Duration>| time.map(|time| time.as_secs().to_string()).unwrap_or_default();
    let identities: Vec<PathBuf> = config.identity_files.iter().map(|key| key.path.clone()).collect();
    let jumps: Vec<String> = config.proxy_jump.iter().map(ToString::to_string).collect();
    let checking = match config.host_key_checking {
        HostKeyChecking::Strict => "strict",
        HostKeyChecking::AcceptNew => "accept-new",
        _ => "off",
    };
    Answer(
        [
            ("hostname", config.host_name.clone()),
            ("user", config.user.clone()),
            ("port", config.port.to_string()),
            ("identityfile", paths(&identities)),
            ("certificatefile", paths(&config.certificate_files)),
            ("userknownhostsfile", paths(&config.user_known_hosts)),
            ("globalknownhostsfile", paths(&config.global_known_hosts)),
            ("hostkeyalias", config.host_key_alias.clone().unwrap_or_default()),
            ("stricthostkeychecking", checking.to_owned()),
            ("connecttimeout", seconds(config.connect_timeout)),
            ("serveraliveinterval", seconds(config.server_alive_interval)),
            ("serveralivecountmax", config.server_alive_count_max.to_string()),
            ("proxyjump", jumps.join(",")),
            ("proxycommand", config.proxy_command.clone().unwrap_or_default()),
            ("identitiesonly", yes(config.identities_only)),
            (
                "identityagent",
                config
                    .identity_agent
                    .as_ref()
                    .map(|path| path.display().to_string())
                    .unwrap_or_default(),
            ),
            ("passwordauthentication", yes(config.password_authentication)),
            (
                "kbdinteractiveauthentication",
                yes(config.kbd_interactive_authentication),
            ),
            ("pubkeyauthentication", yes(config.pubkey_authentication)),
            ("tcpkeepalive", yes(config.tcp_keep_alive)),
            ("hashknownhosts", yes(config.hash_known_hosts)),
            ("batchmode", yes(config.batch_mode)),
            ("numberofpasswordprompts", config.password_prompts.to_string()),
            (
                "preferredauthentications",
                config
                    .preferred_authentications
                    .clone()
                    .unwrap_or_default()
                    .join(","),
            ),
        ]
        .into(),
    )
}

/// Whether the two differ as versions of OpenSSH do: after `ProxyJump none`, version 10 passes over a `ProxyCommand`, which
/// version 9.2 follows, as we do. The word may stand in a file that is included: they are all in one directory.
fn is_of_versions(theirs: &Answer, ours: &Answer, file: &Path) -> bool {
    let mut same = ours.0.clone();
    same.insert("proxycommand", String::new());
    same == theirs.0 && all_around(file).contains("proxyjump none")
}

/// The texts of the file's directory, each word and what it is set to with one space between.
fn all_around(file: &Path) -> String {
    let files = file.parent().and_then(|directory| directory.read_dir().ok());
    let files = files.into_iter().flatten().flatten();
    let texts = files.map(|file| std::fs::read_to_string(file.path()).unwrap_or_default());
    let text = texts.collect::<String>().to_ascii_lowercase();
    let words = text.split(|character: char| character.is_whitespace() || "=\"".contains(character));
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Fails with both answers where they differ; tells whether both took the file.
fn compare(file: &Path, given: &Given) -> Result<bool, String> {
    let theirs = openssh::answer(file, given);
    let ours = ours(file, given);
    let text = || std::fs::read_to_string(file).unwrap_or_default();
    match (theirs, ours) {
        (None, Err(_)) => Ok(false),
        (Some(theirs), Ok(ours)) if theirs == ours || is_of_versions(&theirs, &ours, file) => Ok(true),
        (Some(theirs), Ok(ours)) => {
            let differ = theirs
                .0
                .iter()
                .filter(|(keyword, value)| ours.0.get(*keyword) != Some(value));
            let differ: Vec<String> = differ
                .map(|(keyword, value)| format!("{keyword}: OpenSSH {value:?}, we {:?}", ours.0.get(keyword)))
                .collect();
            Err(format!("{given:?}\n{}\n{}", text(), differ.join("\n")))
        }
        (Some(_), Err(error)) => Err(format!("{given:?}\n{}\nOpenSSH takes it, we: {error}", text())),
        (None, Ok(_)) => Err(format!("{given:?}\n{}\nOpenSSH refuses it, we take it", text())),
    }
}
