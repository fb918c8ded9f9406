//! Every way to log in to a far machine, with a guest that starts there; and the machines that are refused.
//!
//! The far machine is this one behind an sshd of the test's own.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use virt_sdk::credentials::{CredentialKind, CredentialRequest, Secret};
use virt_sdk::domain::{DomainFilter, StartOptions};
use virt_sdk::model::DomainType;
use virt_sdk::{Connection, DomainState, ErrorKind};
use virt_testkit::conformance::{ConsoleReader, Doing as _, Failure, refused};
use virt_testkit::live::far::FarMachine;
use virt_testkit::live::guest::READY_LINE;
use virt_testkit::live::sshd::{
    self, CertificateOptions, Chain, HostLine, KeyKind, KeyPair, SshAgent, Sshd, SshdBuilder, Sudo, TestUser,
};

use crate::fixture::{Fixture, builder, check, equal, live, soon};

live! { "ssh_logins", needs sshd::missing;
    a_password_by_callback;
    answers_to_the_servers_questions_by_callback;
    a_key_of_the_agent;
    a_certificate_of_an_authority;
    an_encrypted_key_whose_passphrase_comes_by_callback;
    two_jumps_to_a_machine_that_nothing_else_reaches;
    a_machine_whose_name_is_hashed;
    an_unknown_key_is_refused;
    a_changed_key_is_refused;
    a_revoked_key_is_refused;
    sockets_that_sshd_forbids;
    sudo_without_a_password;
    sudo_with_a_password_by_callback;
    the_systems_ssh_program;
}

/// How long a guest may take to boot beside everything else.
const BOOT: Duration = Duration::from_secs(120);

/// What the program's callback is asked for, about whom, and answers; and how often it did.
#[derive(Debug, Clone)]
struct Answers {
    wanted: fn(&CredentialKind) -> bool,
    user: String,
    secret: String,
    given: Arc<AtomicU32>,
}

impl Answers {
    fn to(wanted: fn(&CredentialKind) -> bool, user: &str, secret: &str) -> Self {
        Self {
            wanted,
            user: user.to_owned(),
            secret: secret.to_owned(),
            given: Arc::default(),
        }
    }

    async fn open(&self, uri: &str) -> virt_sdk::Result<Connection> {
        let answers = self.clone();
        let asked = move |request: CredentialRequest| {
            let is_ours = request.host == "far" && request.user.as_ref() == Some(&answers.user);
            let secret = (is_ours && (answers.wanted)(&request.kind)).then(|| {
                answers.given.fetch_add(1, Ordering::SeqCst);
                Secret::new(answers.secret.clone())
            });
            async move { secret }
        };
        builder().credentials(asked).open(uri).await
    }

    /// What was asked for was asked for once: further shells and connections use what fitted.
    fn were_given_once(&self) -> Result<(), Failure> {
        let given = self.given.load(Ordering::SeqCst);
        equal(given, 1, "answers of the callback")
    }
}

fn is_password(kind: &CredentialKind) -> bool {
    matches!(kind, CredentialKind::Password)
}

async fn far_machine(describe: impl FnOnce(SshdBuilder) -> SshdBuilder) -> Result<FarMachine, Failure> {
    FarMachine::start(describe).await.doing("starting an sshd")
}

/// A machine is defined, started, found, told something by its monitor, ended and removed; as whom its QEMU ran.
async fn a_guest_starts(fixture: &Fixture, conn: &Connection) -> Result<u32, Failure> {
    let mut config = fixture.machine("guest")?;
    // Not everybody may use KVM.
    config.kind = DomainType::Qemu;
    if let Some(owner) = owner_of_place(fixture)? {
        let disk = fixture.place().join("guest.img");
        std::os::unix::fs::chown(disk, Some(owner), None).doing("giving the disk to the user")?;
    }
    let domain = conn.define_domain(&config).await.doing("defining a machine")?;
    let paused = StartOptions::default().paused();
    domain.start_with(&paused).await.doing("starting it paused")?;
    let listed = conn.domains().await.doing("listing")?;
    equal(listed.len(), 1, "domains that are listed")?;
    equal(domain.info().await?.state, DomainState::Paused, "its state")?;
    let pid = fixture.pid_of("guest")?;
    let process = fs::metadata(format!("/proc/{pid}")).doing("looking at its QEMU")?;
    domain.resume().await.doing("resuming it")?;
    equal(domain.info().await?.state, DomainState::Running, "its state")?;
    fixture.remove_all(conn).await?;
    Ok(process.uid())
}

/// Who has the test's directory, where that is not root.
fn owner_of_place(fixture: &Fixture) -> Result<Option<u32>, Failure> {
    let owner = fs::metadata(fixture.place())
        .doing("looking at the test's directory")?
        .uid();
    Ok((owner != 0).then_some(owner))
}

/// What sshd wrote down about a login, and that nobody is left of it.
async fn was_let_in(sshd: &Sshd, by: &str) -> Result<(), Failure> {
    check(
        sshd.log().contains(by),
        format!("sshd did not write {by:?}: {}", sshd.log()),
    )?;
    let left = async {
        while !sshd.sessions().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon("the end of the login after the connection's shutdown", left).await
}

/// A login by what the callback gives, as a user who has the root directory.
async fn by_callback(
    fixture: &Fixture,
    describe: impl FnOnce(SshdBuilder) -> SshdBuilder,
    method: &str,
    wanted: fn(&CredentialKind) -> bool,
) -> Result<(), Failure> {
    let user = TestUser::create(Sudo::No).doing("making a user")?;
    user.give(fixture.place())?;
    let far = far_machine(describe).await?;
    far.log_in_by(&["PubkeyAuthentication no", "IdentityAgent none"])?;
    let uri = far.uri_as(user.name(), &fixture.root());
    let error = refused(
        builder().open(&uri).await,
        ErrorKind::AuthenticationFailed,
        "a login that nobody answers for",
    )?;
    check(
        error.to_string().contains(method),
        format!("what the server takes is not named: {error}"),
    )?;
    let answers = Answers::to(wanted, user.name(), user.password());
    let conn = answers.open(&uri).await.doing("opening")?;
    let ran_as = a_guest_starts(fixture, &conn).await?;
    let home = fs::metadata(user.home()).doing("looking at the user's home")?;
    equal(ran_as, home.uid(), "the user of QEMU")?;
    answers.were_given_once()?;
    was_let_in(&far.sshd, &format!("Accepted {method}")).await
}

async fn a_password_by_callback(fixture: &Fixture) -> Result<(), Failure> {
    by_callback(fixture, SshdBuilder::password, "password", is_password).await
}

async fn answers_to_the_servers_questions_by_callback(fixture: &Fixture) -> Result<(), Failure> {
    let is_question = |kind: &CredentialKind| matches!(kind, CredentialKind::Answer { echo: false, .. });
    by_callback(
        fixture,
        SshdBuilder::keyboard_interactive,
        "keyboard-interactive",
        is_question,
    )
    .await
}

/// A login as root without anybody being asked.
async fn unasked(fixture: &Fixture, far: &FarMachine, by: &str) -> Result<(), Failure> {
    let conn = builder().open(&far.uri(&fixture.root())).await.doing("opening")?;
    let ran_as = a_guest_starts(fixture, &conn).await?;
    equal(ran_as, 0, "the user of QEMU")?;
    was_let_in(&far.sshd, by).await
}

async fn a_key_of_the_agent(fixture: &Fixture) -> Result<(), Failure> {
    let far = far_machine(|sshd| sshd).await?;
    let agent = SshAgent::start().await?;
    agent.add(far.key(), None)?;
    let socket = format!("IdentityAgent {}", agent.socket().display());
    far.log_in_by(&[&socket, "IdentityFile none"])?;
    unasked(fixture, &far, "Accepted publickey for root").await?;
    drop(agent);
    refused(
        builder().open(&far.uri(&fixture.root())).await,
        ErrorKind::AuthenticationFailed,
        "a login without the agent",
    )
    .map(drop)
}

async fn a_certificate_of_an_authority(fixture: &Fixture) -> Result<(), Failure> {
    let authority = KeyPair::generate(fixture.place(), "authority", KeyKind::Ed25519)?;
    let key = KeyPair::generate(fixture.place(), "certified", KeyKind::Ed25519)?;
    let far = far_machine(|sshd| sshd.user_authority(&authority)).await?;
    far.log_in_by_key(&key)?;
    refused(
        builder().open(&far.uri(&fixture.root())).await,
        ErrorKind::AuthenticationFailed,
        "a login with a key that is not certified",
    )?;
    key.certify(&authority, &CertificateOptions::user(&["root"]))?;
    unasked(fixture, &far, "ssh2: ED25519-CERT").await
}

async fn an_encrypted_key_whose_passphrase_comes_by_callback(fixture: &Fixture) -> Result<(), Failure> {
    let key = KeyPair::generate_encrypted(fixture.place(), "locked", KeyKind::Ed25519, "open up")?;
    let far = far_machine(|sshd| sshd.authorize(&key)).await?;
    far.log_in_by_key(&key)?;
    let is_passphrase =
        |kind: &CredentialKind| matches!(kind, CredentialKind::Passphrase(file) if file.ends_with("/locked"));
    let answers = Answers::to(is_passphrase, "root", "open up");
    let conn = answers.open(&far.uri(&fixture.root())).await.doing("opening")?;
    a_guest_starts(fixture, &conn).await?;
    answers.were_given_once()?;
    was_let_in(&far.sshd, &format!("ED25519 {}", key.fingerprint()?)).await
}

/// Machines one behind the other, with the client's configuration of them.
struct Row {
    near: Sshd,
    middle: Sshd,
    far: Sshd,
    /// What the machines are in: it goes after them.
    _networks: Chain,
}

impl Row {
    async fn start(fixture: &Fixture) -> Result<Self, Failure> {
        let networks = Chain::create(3).doing("making networks")?;
        let key = KeyPair::generate(fixture.place(), "key", KeyKind::Ed25519)?;
        let start = async |number| {
            let (namespace, address) = networks.link(number)?;
            let sshd = Sshd::builder().authorize(&key).place(namespace, address);
            sshd.start().await.doing("starting an sshd")
        };
        let (near, middle, far) = (start(0).await?, start(1).await?, start(2).await?);
        let mut config = String::new();
        let mut known = String::new();
        for (name, sshd) in [("near", &near), ("middle", &middle), ("far", &far)] {
            let address = sshd.address().ip();
            config.push_str(&format!(
                "Host {name}\n  HostName {address}\n  HostKeyAlias {name}\n"
            ));
            known.push_str(&sshd.known_hosts_as(name, HostLine::Plain)?);
        }
        let place = fixture.place().display();
        config.push_str(&format!(
            "Host *\n  User root\n  IdentityFile {place}/key\n  IdentitiesOnly yes\n  ConnectTimeout 5\n  \
             UserKnownHostsFile {place}/known_hosts\n  GlobalKnownHostsFile none\n"
        ));
        fs::write(fixture.place().join("known_hosts"), known).doing("writing keys down")?;
        fs::write(fixture.place().join("config"), config).doing("writing a configuration")?;
        Ok(Self {
            near,
            middle,
            far,
            _networks: networks,
        })
    }
}

async fn two_jumps_to_a_machine_that_nothing_else_reaches(fixture: &Fixture) -> Result<(), Failure> {
    let row = Row::start(fixture).await?;
    let uri = |jump: &str| {
        let config = fixture.place().join("config");
        let (root, config) = (fixture.root().display().to_string(), config.display().to_string());
        format!("qemu+ssh://far/embed?root={root}&sshconfig={config}&jump={jump}")
    };
    for short in ["none", "near"] {
        refused(
            builder().open(&uri(short)).await,
            ErrorKind::ConnectionLost,
            &format!("the way there by {short}"),
        )?;
    }
    let conn = builder().open(&uri("near,middle")).await.doing("opening")?;
    let config = fixture.machines.guest(fixture.place(), "guest")?;
    let domain = conn.define_domain(&config).await.doing("defining a guest")?;
    domain.start().await.doing("starting it")?;
    let console = domain.console().await.doing("opening its console")?;
    let mut console = ConsoleReader::new(console, BOOT);
    console.until(READY_LINE).await?;
    console.write("echo over $((40 + 2)) jumps\n").await?;
    console.until("over 42 jumps").await?;
    let rows = conn.domain_infos(&DomainFilter::all()).await.doing("listing")?;
    equal(rows.len(), 1, "domains that are listed")?;
    domain.destroy().await.doing("destroying it")?;
    console.ends().await?;
    fixture.remove_all(&conn).await?;
    for sshd in [&row.near, &row.middle, &row.far] {
        was_let_in(sshd, "Accepted publickey for root").await?;
    }
    Ok(())
}

async fn a_machine_whose_name_is_hashed(fixture: &Fixture) -> Result<(), Failure> {
    let far = far_machine(|sshd| sshd).await?;
    let known = far.sshd.known_hosts_as("far", HostLine::Hashed)?;
    check(
        known.starts_with("|1|") && !known.contains("far"),
        format!("the name is not hashed: {known}"),
    )?;
    far.write_known_hosts(&known)?;
    unasked(fixture, &far, "Accepted publickey for root").await
}

/// The machine is refused before it learns anything of us; the error has the key that it showed, and these.
async fn is_refused(fixture: &Fixture, far: &FarMachine, parts: &[&str]) -> Result<(), Failure> {
    let error = refused(
        builder().open(&far.uri(&fixture.root())).await,
        ErrorKind::AuthenticationFailed,
        "a machine with such a key",
    )?;
    let text = error.to_string();
    let mut shown = Vec::new();
    for key in far.sshd.host_keys() {
        shown.push(key.fingerprint()?);
    }
    let file = far.known_hosts().display().to_string();
    let wanted = shown.iter().map(String::as_str).chain([file.as_str()]);
    for part in wanted.chain(parts.iter().copied()) {
        check(text.contains(part), format!("{part:?} is not in {text:?}"))?;
    }
    check(
        !far.sshd.log().contains("Accepted"),
        "somebody logged in to a machine that was refused",
    )?;
    check(
        !fixture.root().exists(),
        "something was written on a machine that was refused",
    )
}

async fn an_unknown_key_is_refused(fixture: &Fixture) -> Result<(), Failure> {
    let far = far_machine(|sshd| sshd).await?;
    far.write_known_hosts("")?;
    is_refused(fixture, &far, &["is not known", "add to"]).await
}

async fn a_changed_key_is_refused(fixture: &Fixture) -> Result<(), Failure> {
    let mut far = far_machine(|sshd| sshd).await?;
    let known = far.sshd.known_hosts_as("far", HostLine::Plain)?;
    far.write_known_hosts(&format!("# one line before it\n{known}"))?;
    let mut old = String::new();
    for key in far.sshd.host_keys() {
        old = key.fingerprint()?;
    }
    far.sshd.restart_with_new_keys().await?;
    is_refused(fixture, &far, &["is not the one written down", &old, "line 2"]).await
}

async fn a_revoked_key_is_refused(fixture: &Fixture) -> Result<(), Failure> {
    let far = far_machine(|sshd| sshd).await?;
    let known = far.sshd.known_hosts_as("far", HostLine::Plain)?;
    let revoked = far.sshd.known_hosts_as("*", HostLine::Revoked)?;
    far.write_known_hosts(&format!("{known}{revoked}"))?;
    is_refused(fixture, &far, &["is revoked", "line 2"]).await
}

async fn sockets_that_sshd_forbids(fixture: &Fixture) -> Result<(), Failure> {
    let far = far_machine(SshdBuilder::without_stream_local).await?;
    unasked(fixture, &far, "refused streamlocal").await
}

/// A user who may do nothing in the test's directory but by sudo, logged in with the key.
async fn by_sudo(fixture: &Fixture, sudo: Sudo) -> Result<(), Failure> {
    let user = TestUser::create(sudo).doing("making a user")?;
    let far = far_machine(|sshd| sshd).await?;
    let uri = far.uri_as(user.name(), &fixture.root());
    refused(
        builder().open(&uri).await,
        ErrorKind::Denied,
        "opening a root that the user may not open",
    )?;
    let risen = format!("{uri}&become=sudo");
    let answers = Answers::to(is_password, user.name(), user.password());
    if sudo == Sudo::WithPassword {
        let error = refused(
            builder().open(&risen).await,
            ErrorKind::Denied,
            "sudo without its password",
        )?;
        check(
            error.to_string().contains("NOPASSWD"),
            format!("the way out is not named: {error}"),
        )?;
    }
    let conn = answers.open(&risen).await.doing("opening")?;
    let ran_as = a_guest_starts(fixture, &conn).await?;
    equal(ran_as, 0, "the user of QEMU")?;
    match sudo {
        Sudo::WithPassword => answers.were_given_once()?,
        _ => equal(answers.given.load(Ordering::SeqCst), 0, "answers of the callback")?,
    }
    was_let_in(&far.sshd, &format!("Accepted publickey for {}", user.name())).await
}

async fn sudo_without_a_password(fixture: &Fixture) -> Result<(), Failure> {
    by_sudo(fixture, Sudo::NoPassword).await
}

async fn sudo_with_a_password_by_callback(fixture: &Fixture) -> Result<(), Failure> {
    by_sudo(fixture, Sudo::WithPassword).await
}

async fn the_systems_ssh_program(fixture: &Fixture) -> Result<(), Failure> {
    let far = far_machine(|sshd| sshd).await?;
    let (program, ran) = (fixture.place().join("ssh"), fixture.place().join("ran"));
    let script = format!(
        "#!/bin/sh\necho \"$@\" >> {}\nexec /usr/bin/ssh \"$@\"\n",
        ran.display()
    );
    fs::write(&program, script).doing("writing a program")?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).doing("writing a program")?;
    let uri = format!("{}&command={}", far.uri(&fixture.root()), program.display());
    let conn = builder().open(&uri).await.doing("opening")?;
    a_guest_starts(fixture, &conn).await?;
    let ran = fs::read_to_string(ran).doing("looking at what the program was told")?;
    check(ran.contains("-- far"), format!("the program was told {ran:?}"))?;
    was_let_in(&far.sshd, "Accepted publickey for root").await
}
