//! The sshd of the tests, seen by OpenSSH's own client: each ability once.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Command;
use virt_testkit::live::proxy::Proxy;
use virt_testkit::live::sshd::{
    CertificateOptions, Chain, HostLine, KeyKind, KeyPair, SshAgent, Sshd, Sudo, TestUser,
};
use virt_testkit::skip;

macro_rules! need_sshd {
    () => {
        if let Some(missing) = virt_testkit::live::sshd::missing() {
            skip!("{missing}");
        }
    };
}

/// What a login needs: a directory with a key and a `known_hosts`.
struct Client {
    directory: tempfile::TempDir,
    key: KeyPair,
}

impl Client {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let key = KeyPair::generate(directory.path(), "key", KeyKind::Ed25519).expect("a key");
        Self { directory, key }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn knows(&self, lines: &str) {
        std::fs::write(self.path().join("known_hosts"), lines).expect("known_hosts");
    }

    /// `ssh` to `server`, strict, with nothing of this machine's configuration.
    fn ssh(&self, server: &Sshd, user: &str, options: &[&str]) -> Command {
        let mut command = Command::new("ssh");
        command
            .args(["-F", "none", "-o", "StrictHostKeyChecking=yes"])
            // Of two values the first counts.
            .args(options)
            .args(["-o", "GlobalKnownHostsFile=none", "-o", "IdentitiesOnly=yes"])
            .args([
                "-o",
                &format!("UserKnownHostsFile={}/known_hosts", self.path().display()),
            ])
            .args(["-p", &server.address().port().to_string()])
            .arg(format!("{user}@{}", server.address().ip()))
            .env_remove("SSH_AUTH_SOCK")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    fn with_key(&self) -> [String; 2] {
        ["-i".to_owned(), self.key.private().display().to_string()]
    }
}

/// Whether it ended well, and what it said.
async fn run(command: &mut Command) -> (bool, String) {
    let output = command.output().await.expect("ssh");
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

async fn login(client: &Client, server: &Sshd, user: &str) -> (bool, String) {
    let [option, key] = client.with_key();
    run(client
        .ssh(server, user, &[&option, &key, "-o", "BatchMode=yes"])
        .arg("whoami"))
    .await
}

#[tokio::test]
async fn a_key_logs_in_and_the_machine_is_known_plain_hashed_and_revoked() {
    need_sshd!();
    let client = Client::new();
    let server = Sshd::builder()
        .host_keys(&[KeyKind::Ed25519, KeyKind::Ecdsa, KeyKind::Rsa])
        .authorize(&client.key)
        .start()
        .await
        .expect("an sshd");
    for form in [HostLine::Plain, HostLine::Hashed] {
        client.knows(&server.known_hosts(form).expect("lines"));
        assert_eq!(login(&client, &server, "root").await, (true, "root\n".to_owned()));
    }
    client.knows(&server.known_hosts(HostLine::Revoked).expect("lines"));
    let (worked, said) = login(&client, &server, "root").await;
    assert!(!worked && said.contains("revoked"), "{said}");
    assert!(
        server.log().contains("Accepted publickey for root"),
        "{}",
        server.log()
    );
    let fingerprint = server
        .host_keys()
        .first()
        .expect("a key")
        .fingerprint()
        .expect("a fingerprint");
    assert!(fingerprint.starts_with("SHA256:"), "{fingerprint}");
}

#[tokio::test]
async fn certificates_stand_for_users_and_for_the_machine() {
    need_sshd!();
    let client = Client::new();
    let users = KeyPair::generate(client.path(), "users", KeyKind::Ed25519).expect("a key");
    let hosts = KeyPair::generate(client.path(), "hosts", KeyKind::Ecdsa).expect("a key");
    let server = Sshd::builder()
        .user_authority(&users)
        .host_authority(&hosts, &["127.0.0.1"])
        .start()
        .await
        .expect("an sshd");
    client.knows(&format!(
        "@cert-authority * {}\n",
        hosts.public_key().expect("a key")
    ));
    assert!(!login(&client, &server, "root").await.0);
    let past = CertificateOptions::user(&["root"]).validity("-2d:-1d");
    client.key.certify(&users, &past).expect("a certificate");
    assert!(!login(&client, &server, "root").await.0);
    client
        .key
        .certify(&users, &CertificateOptions::user(&["root"]))
        .expect("a certificate");
    assert_eq!(login(&client, &server, "root").await, (true, "root\n".to_owned()));
}

#[tokio::test]
async fn an_encrypted_key_in_an_agent_logs_in() {
    need_sshd!();
    let client = Client::new();
    let locked = KeyPair::generate_encrypted(client.path(), "locked", KeyKind::Ed25519, "open sesame");
    let locked = locked.expect("a key");
    let server = Sshd::builder().authorize(&locked).start().await.expect("an sshd");
    client.knows(&server.known_hosts(HostLine::Plain).expect("lines"));
    let agent = SshAgent::start().await.expect("an agent");
    assert!(agent.add(&locked, Some("wrong")).is_err());
    agent.add(&locked, Some("open sesame")).expect("a loaded key");
    let options = ["-o", "BatchMode=yes", "-o", "IdentitiesOnly=no"];
    let mut command = client.ssh(&server, "root", &options);
    let (worked, said) = run(command.env("SSH_AUTH_SOCK", agent.socket()).arg("whoami")).await;
    assert!(worked, "{said}");
}

#[tokio::test]
async fn a_user_logs_in_by_password_and_by_answer_and_does_as_root_what_it_may() {
    need_sshd!();
    let client = Client::new();
    let user = TestUser::create(Sudo::WithPassword).expect("a user");
    let askpass = client.path().join("askpass");
    std::fs::write(&askpass, format!("#!/bin/sh\necho {}\n", user.password())).expect("a script");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(&askpass, executable).expect("a script");
    let by_password = Sshd::builder().password().start().await.expect("an sshd");
    let by_answer = Sshd::builder()
        .keyboard_interactive()
        .start()
        .await
        .expect("an sshd");
    for (server, method) in [(&by_password, "password"), (&by_answer, "keyboard-interactive")] {
        client.knows(&server.known_hosts(HostLine::Plain).expect("lines"));
        let options = ["-o", &format!("PreferredAuthentications={method}")];
        let mut command = client.ssh(server, user.name(), &options);
        command
            .env("SSH_ASKPASS", &askpass)
            .env("SSH_ASKPASS_REQUIRE", "force");
        let as_root = format!(
            "echo {} | sudo -S -p '' whoami; sudo -n true || echo refused",
            user.password()
        );
        let (worked, said) = run(command.arg(as_root)).await;
        assert!(
            worked && said.starts_with("root\n"),
            "{method}: {said}\n{}",
            server.log()
        );
    }
}

#[tokio::test]
async fn a_user_is_root_without_a_password_and_nothing_of_it_stays() {
    need_sshd!();
    let client = Client::new();
    let user = TestUser::create(Sudo::NoPassword).expect("a user");
    let server = Sshd::builder()
        .authorize(&client.key)
        .start()
        .await
        .expect("an sshd");
    client.knows(&server.known_hosts(HostLine::Plain).expect("lines"));
    let name = user.name().to_owned();
    assert_eq!(login(&client, &server, &name).await, (true, format!("{name}\n")));
    let [option, key] = client.with_key();
    let (_, said) = run(client.ssh(&server, &name, &[&option, &key]).arg("sudo -n whoami")).await;
    assert_eq!(said, "root\n");
    let home = user.home();
    assert!(home.exists());
    drop(user);
    let users = std::fs::read_to_string("/etc/passwd").expect("users");
    assert!(!users.contains(&name) && !home.exists());
    assert!(!Path::new("/etc/sudoers.d").join(&name).exists());
}

#[tokio::test]
async fn it_restarts_with_its_keys_and_with_new_ones() {
    need_sshd!();
    let client = Client::new();
    let mut server = Sshd::builder()
        .authorize(&client.key)
        .start()
        .await
        .expect("an sshd");
    client.knows(&server.known_hosts(HostLine::Plain).expect("lines"));
    server.restart().await.expect("an sshd");
    assert!(login(&client, &server, "root").await.0);
    server.restart_with_new_keys().await.expect("an sshd");
    let (worked, said) = login(&client, &server, "root").await;
    assert!(!worked && said.contains("IDENTIFICATION HAS CHANGED"), "{said}");
    server.kill_listener().await.expect("an end");
    let (worked, said) = login(&client, &server, "root").await;
    assert!(!worked && said.contains("refused"), "{said}");
}

#[tokio::test]
async fn sessions_outlive_the_listener_until_they_are_killed() {
    need_sshd!();
    let client = Client::new();
    let mut server = Sshd::builder()
        .authorize(&client.key)
        .start()
        .await
        .expect("an sshd");
    client.knows(&server.known_hosts(HostLine::Plain).expect("lines"));
    assert_eq!(server.kill_sessions(), 0);
    let [option, key] = client.with_key();
    let mut command = client.ssh(&server, "root", &[&option, &key]);
    command.arg("echo up; exec sleep 1000").stdout(Stdio::piped());
    let mut session = command.spawn().expect("ssh");
    let mut line = String::new();
    let mut stdout = BufReader::new(session.stdout.take().expect("a pipe"));
    stdout.read_line(&mut line).await.expect("a line");
    assert_eq!(line, "up\n");
    server.kill_listener().await.expect("an end");
    assert!(
        session.try_wait().expect("a state").is_none(),
        "the session stands"
    );
    assert!(server.kill_sessions() > 0);
    let ended = session.wait().await.expect("an end");
    assert!(!ended.success());
    let directory = server.directory().to_owned();
    drop(server);
    assert!(!directory.exists());
}

#[tokio::test]
async fn what_is_forbidden_is_refused() {
    need_sshd!();
    let client = Client::new();
    let server = Sshd::builder()
        .authorize(&client.key)
        .without_stream_local()
        .max_sessions(0)
        .start()
        .await
        .expect("an sshd");
    client.knows(&server.known_hosts(HostLine::Plain).expect("lines"));
    let (worked, said) = login(&client, &server, "root").await;
    assert!(!worked && said.contains("open failed"), "{said}");
    let [option, key] = client.with_key();
    let socket = client.path().join("socket");
    let forward = format!("{}:/run/none", socket.display());
    let mut command = client.ssh(&server, "root", &["-v", &option, &key, "-N", "-L", &forward]);
    let mut tunnel = command.stderr(Stdio::piped()).spawn().expect("ssh");
    let mut said = BufReader::new(tunnel.stderr.take().expect("a pipe")).lines();
    let mut asked = None;
    loop {
        let line = said.next_line().await.expect("a line").expect("an answer");
        if line.contains("Local forwarding listening") {
            let connected = tokio::net::UnixStream::connect(&socket).await;
            asked = Some(connected.expect("a connection"));
        }
        // sshd 9.2 gives the reason of a socket where nobody listens: only its log tells.
        if line.contains("open failed") {
            break;
        }
    }
    assert!(asked.is_some());
    assert!(server.log().contains("refused streamlocal"), "{}", server.log());
}

#[tokio::test]
async fn what_is_behind_two_jump_hosts_is_reached_through_them_only() {
    need_sshd!();
    let client = Client::new();
    let chain = Chain::create(3).expect("a chain");
    let mut servers = Vec::new();
    for number in 0..3 {
        let (namespace, address) = chain.link(number).expect("a link");
        let started = Sshd::builder()
            .authorize(&client.key)
            .place(namespace, address)
            .start()
            .await;
        servers.push(started.expect("an sshd"));
    }
    let [first, second, last] = servers.as_slice() else {
        panic!("three were made");
    };
    let lines: String = servers
        .iter()
        .map(|server| server.known_hosts(HostLine::Plain).expect("lines"))
        .collect();
    client.knows(&lines);
    assert!(login(&client, first, "root").await.0);
    for hidden in [second, last] {
        // That there is a connection says nothing: there are networks whose gateway takes all.
        let direct = async {
            let mut stream = tokio::net::TcpStream::connect(hidden.address()).await?;
            stream.read_u8().await
        };
        let reached = tokio::time::timeout(std::time::Duration::from_millis(500), direct).await;
        assert!(
            !matches!(reached, Ok(Ok(_))),
            "{} is reached directly",
            hidden.address()
        );
    }
    // Options of the command line do not reach the jumps: a file does.
    let config = format!(
        "Host *\nIdentityFile {}\nIdentitiesOnly yes\nBatchMode yes\nUserKnownHostsFile {}/known_hosts\nStrictHostKeyChecking yes\n",
        client.key.private().display(),
        client.path().display()
    );
    let file = client.path().join("config");
    std::fs::write(&file, config).expect("a file");
    let jumps = format!("root@{},root@{}", first.address().ip(), second.address().ip());
    let mut command = Command::new("ssh");
    command
        .arg("-F")
        .arg(&file)
        .args(["-J", &jumps, &format!("root@{}", last.address().ip()), "whoami"])
        .stdin(Stdio::null());
    assert_eq!(run(&mut command).await, (true, "root\n".to_owned()));
}

#[tokio::test]
async fn a_line_to_it_counts_the_round_trips_of_a_login() {
    need_sshd!();
    let client = Client::new();
    let server = Sshd::builder()
        .authorize(&client.key)
        .start()
        .await
        .expect("an sshd");
    let line = Proxy::start(server.address()).await.expect("a line");
    client.knows(&server.known_hosts_as("far", HostLine::Plain).expect("lines"));
    let [option, key] = client.with_key();
    let port = line.address().port().to_string();
    // Of two ports the first counts.
    let options = [&*option, &*key, "-o", "HostKeyAlias=far", "-p", &port];
    let (worked, said) = run(client.ssh(&server, "root", &options).arg("whoami")).await;
    assert!(worked, "{said}");
    let counted = line.counters();
    assert_eq!(counted.connections, 1);
    assert!((3..30).contains(&counted.round_trips), "{counted:?}");
}
