//! The configuration through its door: files in, answers out.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use virt_core::ErrorKind;

use super::{ConfigFiles, Environment, HostConfig, HostKeyChecking, JumpHost, Lookup, MatchExec};

/// A home and a system directory of the test's own.
struct Place {
    directory: TempDir,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir_all(directory.path().join("home/.ssh")).unwrap();
        fs::create_dir(directory.path().join("etc")).unwrap();
        Self { directory }
    }

    fn with(self, name: &str, text: &str) -> Self {
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o644)).unwrap();
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn lookup(&self, host: &str) -> Lookup {
        let mut environment = Environment::new("me", self.path("home").to_str().unwrap())
            .with_variable("SSH_AUTH_SOCK", "/run/agent");
        environment.host_name = "desk.example".to_owned();
        environment.system_directory = self.path("etc");
        Lookup::new(host, environment)
    }
}

fn config(text: &str) -> Place {
    Place::new().with("home/.ssh/config", text)
}

fn answer(text: &str, host: &str) -> HostConfig {
    config(text).lookup(host).resolve().unwrap()
}

#[test]
fn without_files_everything_has_its_default() {
    let place = Place::new();
    let found = place.lookup("Web").resolve().unwrap();
    assert_eq!((found.alias.as_str(), found.host_name.as_str()), ("Web", "web"));
    assert_eq!((found.user.as_str(), found.port), ("me", 22));
    let keys: Vec<_> = found.identity_files.iter().map(|key| key.path.clone()).collect();
    assert_eq!(keys[0], place.path("home/.ssh/id_rsa"));
    assert!(found.identity_files.iter().all(|key| !key.explicit));
    assert_eq!(found.identity_agent.as_deref(), Some(Path::new("/run/agent")));
    assert_eq!(found.user_known_hosts[0], place.path("home/.ssh/known_hosts"));
    assert_eq!(found.global_known_hosts[1], place.path("etc/ssh_known_hosts2"));
    assert_eq!(found.host_key_checking, HostKeyChecking::Strict);
    assert_eq!((found.connect_timeout, found.server_alive_interval), (None, None));
    assert!(found.tcp_keep_alive && found.password_authentication && found.notes.is_empty());
}

#[test]
fn the_first_value_counts_and_files_add_up() {
    let text =
        "Host web\n User a\n IdentityFile ~/one\nHost *\n User b\n IdentityFile ~/two\n IdentityFile none\n";
    let place = config(text).with("etc/ssh_config", "User c\nPort 7\nIdentityFile /three\n");
    let found = place.lookup("web").resolve().unwrap();
    assert_eq!((found.user.as_str(), found.port), ("a", 7));
    let keys: Vec<_> = found.identity_files.iter().map(|key| key.path.clone()).collect();
    assert_eq!(
        keys,
        [
            place.path("home/one"),
            place.path("home/two"),
            PathBuf::from("/three")
        ]
    );
}

#[test]
fn what_is_given_wins_and_is_seen_by_match() {
    let place = config("Match user root\n Port 99\nMatch all\n User other\n Port 98\n");
    let found = place.lookup("web").with_user("root").resolve().unwrap();
    assert_eq!((found.user.as_str(), found.port), ("root", 99));
    let found = place
        .lookup("web")
        .with_port(1)
        .with_identity_file("/a %h")
        .resolve()
        .unwrap();
    assert_eq!((found.user.as_str(), found.port), ("other", 1));
    assert_eq!(found.identity_files[0].path, Path::new("/a %h"));
    let given = place
        .lookup("web")
        .with_known_hosts("/known")
        .with_proxy_command("nc %h %p");
    let found = given.resolve().unwrap();
    assert_eq!(found.user_known_hosts, [Path::new("/known")]);
    assert_eq!(found.proxy_command.as_deref(), Some("nc web 98"));
}

#[test]
fn the_way_through_others_is_a_chain_or_a_program() {
    let text = "Host direct\n ProxyJump none\nHost *\n ProxyJump a:1,u@b\n ProxyCommand never\n";
    let found = answer(text, "web");
    assert_eq!(
        found
            .proxy_jump
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
        ["a:1", "u@b"]
    );
    assert_eq!(found.proxy_command, None);
    let given = config(text)
        .lookup("web")
        .with_proxy_jump(JumpHost::parse_chain("c").unwrap());
    assert_eq!(given.resolve().unwrap().proxy_jump[0].host, "c");
    let given = config(text)
        .lookup("web")
        .with_proxy_jump(Vec::new())
        .resolve()
        .unwrap();
    assert_eq!((given.proxy_jump, given.proxy_command), (Vec::new(), None));
    let error = config("ProxyJump web\n").lookup("web").resolve().unwrap_err();
    assert!(error.to_string().contains("which is itself"), "{error}");
}

#[test]
fn every_step_of_the_way_is_looked_up_in_the_same_files() {
    let place = config("Host b\n ProxyJump never\n Port 5\nHost a\n ProxyCommand first\n User x\n");
    let lookup = place.lookup("web").with_identity_file("/key");
    let lookup = lookup.with_proxy_jump(JumpHost::parse_chain("a:1,u@b").unwrap());
    let steps = lookup.steps(&lookup.resolve().unwrap());
    let found: Vec<_> = steps.iter().map(|step| step.resolve().unwrap()).collect();
    let logins: Vec<_> = found
        .iter()
        .map(|step| format!("{}@{}:{}", step.user, step.host_name, step.port))
        .collect();
    assert_eq!(logins, ["x@a:1", "u@b:5"]);
    assert_eq!(found[0].proxy_command.as_deref(), Some("first"));
    assert!(found[1].proxy_jump.is_empty() && found[1].proxy_command.is_none());
    assert_eq!(found[1].identity_files[0].path, Path::new("/key"));
}

#[test]
fn errors_name_file_line_and_keyword() {
    let place = config("# fine\nHost other\n  Bogus yes\n");
    let error = place.lookup("web").resolve().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    let file = place.path("home/.ssh/config");
    assert!(
        error
            .to_string()
            .starts_with(&format!("{} line 3: ", file.display())),
        "{error}"
    );
    assert!(error.to_string().contains("\"bogus\""), "{error}");
    for wrong in [
        "Port 0",
        "User",
        "User a b",
        "User 'a",
        "Port x",
        "Match",
        "Match bogus x",
        "ConnectTimeout 5x",
    ] {
        let error = config(wrong).lookup("web").resolve().unwrap_err();
        assert!(error.to_string().contains("config line 1: "), "{wrong}: {error}");
    }
}

#[test]
fn a_file_that_others_may_write_is_refused() {
    let place = config("User a\n");
    let file = place.path("home/.ssh/config");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o664)).unwrap();
    assert_eq!(
        place.lookup("web").resolve().unwrap_err().kind(),
        ErrorKind::Denied
    );
    // One that is named is trusted, as with `ssh -F`; what it includes is not.
    let named = place.lookup("web").with_files(ConfigFiles::File(file.clone()));
    assert_eq!(named.resolve().unwrap().user, "a");
    let place = place.with("home/.ssh/outer", &format!("Include {}\n", file.display()));
    let outer = ConfigFiles::File(place.path("home/.ssh/outer"));
    let error = place.lookup("web").with_files(outer).resolve().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
}

#[test]
fn includes_are_relative_conditional_and_limited() {
    let place = config("Host web\n Include part-*\nHost *\n User late\nMatch all\n Include loop\n")
        .with("home/.ssh/part-b", "Port 2\n")
        .with("home/.ssh/part-a", "Port 1\nHost db\n User never\n")
        .with("home/.ssh/loop", "# nothing\n");
    let found = place.lookup("web").resolve().unwrap();
    assert_eq!((found.user.as_str(), found.port), ("late", 1));
    assert_eq!(place.lookup("db").resolve().unwrap().port, 22);
    let place = place.with("home/.ssh/loop", "Include loop\n");
    let error = place.lookup("web").resolve().unwrap_err();
    assert!(error.to_string().contains("16 deep"), "{error}");
    let system = Place::new()
        .with("etc/ssh_config", "Include more\n")
        .with("etc/more", "Port 5\n");
    assert_eq!(system.lookup("web").resolve().unwrap().port, 5);
    let system = system.with("etc/ssh_config", "Include ~/x\n");
    assert_eq!(
        system.lookup("web").resolve().unwrap_err().kind(),
        ErrorKind::InvalidConfig
    );
}

#[test]
fn an_included_file_is_checked_even_where_it_does_not_apply() {
    let place = config("Host other\n Include part\n").with("home/.ssh/part", "Bogus x\n");
    assert!(
        place
            .lookup("web")
            .resolve()
            .unwrap_err()
            .to_string()
            .contains("part line 1")
    );
}

#[test]
fn the_second_reading_goes_by_the_name_that_was_found() {
    let text = "Match final host real\n User final\nHost web\n HostName real\nHost real\n Port 99\n";
    let found = answer(text, "web");
    assert_eq!(
        (found.user.as_str(), found.port, found.host_name.as_str()),
        ("final", 99, "real")
    );
    let found = answer(
        "CanonicalizeHostname yes\nHost web\n HostName real\nHost real\n Port 9\n",
        "web",
    );
    assert_eq!((found.port, found.notes.len()), (9, 1));
}

#[test]
fn match_exec_runs_nothing_unless_asked() {
    let place = config("Match exec \"test %h = web\"\n Port 1\nMatch !exec false\n User b\n");
    let found = place.lookup("web").resolve().unwrap();
    assert_eq!((found.port, found.user.as_str()), (22, "me"));
    assert_eq!(
        found.notes.iter().map(|note| note.line).collect::<Vec<_>>(),
        [1, 3]
    );
    let found = place
        .lookup("web")
        .with_match_exec(MatchExec::Run)
        .resolve()
        .unwrap();
    assert_eq!((found.port, found.user.as_str(), found.notes.len()), (1, "b", 0));
}

#[test]
fn match_knows_its_criteria() {
    for (criteria, expected) in [
        ("host web", true),
        ("host WEB,x", true),
        ("host !web,*", false),
        ("!host web", false),
        ("originalhost web user me", true),
        ("localuser me", true),
        ("localuser you", false),
        ("tagged t*", true),
        ("tagged x", false),
        ("all", true),
        ("!all", false),
        ("host=\"web\" # comment", true),
        ("canonical", false),
        ("!canonical all", true),
        ("localnetwork 10.0.0.0/8", false),
        ("!localnetwork 10.0.0.0/8", false),
    ] {
        let found = answer(&format!("Tag tea\nMatch {criteria}\n Port 1\n"), "web");
        assert_eq!(found.port == 1, expected, "{criteria}");
    }
}

#[test]
fn what_is_not_followed_is_noted_once_with_its_place() {
    let text = "Compression yes\nAddressFamily inet\nBindAddress 10.0.0.1\nGSSAPIAuthentication yes\n\
                Compression no\nControlMaster auto\nVerifyHostKeyDNS no\nMatch final\n";
    let found = answer(text, "web");
    assert_eq!(
        found.notes.iter().map(|note| note.line).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert!(found.notes[0].text.contains("not compressed"));
    assert!(
        answer("Compression no\nCompression yes\n", "web")
            .notes
            .is_empty()
    );
}

#[test]
fn the_rest_of_what_a_login_needs() {
    let text = "ConnectTimeout 1m\nServerAliveInterval 15\nServerAliveCountMax 2\nTCPKeepAlive no\nBatchMode yes\n\
                PreferredAuthentications publickey,password\nNumberOfPasswordPrompts 1\nHashKnownHosts yes\n\
                RevokedHostKeys ~/revoked\nCiphers +aes128-cbc\nMACs hmac-sha2-256\nKexAlgorithms ^curve25519-sha256\n\
                HostKeyAlgorithms -ssh-rsa\nRequiredRSASize 3072\nStrictHostKeyChecking accept-new\n\
                UserKnownHostsFile none\nGlobalKnownHostsFile /a /b\nHostKeyAlias KEY\nIdentityAgent none\n\
                ChallengeResponseAuthentication no\nPubkeyAuthentication host-bound\n";
    let place = config(text);
    let found = place.lookup("web").resolve().unwrap();
    assert_eq!(found.connect_timeout, Some(Duration::from_secs(60)));
    assert_eq!(
        (found.server_alive_interval, found.server_alive_count_max),
        (Some(Duration::from_secs(15)), 2)
    );
    assert!(!found.tcp_keep_alive && found.batch_mode && found.hash_known_hosts);
    assert_eq!(
        found.preferred_authentications,
        Some(vec!["publickey".to_owned(), "password".to_owned()])
    );
    assert_eq!((found.password_prompts, found.required_rsa_size), (1, Some(3072)));
    assert_eq!(found.revoked_host_keys, Some(place.path("home/revoked")));
    assert_eq!(found.algorithms.ciphers.as_deref(), Some("+aes128-cbc"));
    assert_eq!(
        found.algorithms.key_exchange.as_deref(),
        Some("^curve25519-sha256")
    );
    assert_eq!(found.host_key_checking, HostKeyChecking::AcceptNew);
    assert!(found.user_known_hosts.is_empty());
    assert_eq!(found.global_known_hosts, [Path::new("/a"), Path::new("/b")]);
    assert_eq!(
        (found.host_key_alias.as_deref(), found.identity_agent),
        (Some("key"), None)
    );
    assert!(!found.kbd_interactive_authentication && found.pubkey_authentication);
}

#[test]
fn hosts_and_users_that_a_shell_could_misread_are_refused() {
    let place = Place::new();
    for host in ["", "-oProxyCommand=x", "a b", "a;b", "$(a)", "a\nb"] {
        let error = place.lookup(host).resolve().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{host:?}");
    }
    for user in ["", "-x", "a;b", "a\\", "a -b", "`a`"] {
        let error = place.lookup("web").with_user(user).resolve().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{user:?}");
    }
    let both = place
        .lookup("web")
        .with_proxy_command("x")
        .with_proxy_jump(Vec::new());
    assert_eq!(both.resolve().unwrap_err().kind(), ErrorKind::InvalidArgument);
}

#[test]
fn odd_bytes_are_refused_outside_of_comments() {
    let place = Place::new();
    fs::write(place.path("home/.ssh/config"), b"# caf\xe9\nPort 1\n").unwrap();
    assert_eq!(place.lookup("web").resolve().unwrap().port, 1);
    fs::write(place.path("home/.ssh/config"), b"User caf\xe9\n").unwrap();
    assert!(
        place
            .lookup("web")
            .resolve()
            .unwrap_err()
            .to_string()
            .contains("line 1")
    );
}

#[test]
fn connections_may_be_refused_by_the_files() {
    let error = config("Host web\n RefuseConnection \"use the other one\"\n")
        .lookup("web")
        .resolve()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.to_string().contains("use the other one"), "{error}");
}
