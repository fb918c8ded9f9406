//! A real libvirtd: logging in, opening its test driver, lists, information, refusals, events.
#![cfg(feature = "rpc")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use tokio::time::{Instant, timeout};
use virt_core::connection::AccessMode;
use virt_core::{ConnectUri, Error, ErrorKind};
use virt_remote::protocol::qemu::{DomainMonitorCommandWithFiles, DomainMonitorCommandWithFilesArgs};
use virt_remote::protocol::remote::connect::{
    ConnectGetHostname, ConnectGetLibVersion, ConnectGetType, ConnectListAllDomains,
    ConnectListAllDomainsArgs,
};
use virt_remote::protocol::remote::domain::{
    DomainGetInfo, DomainGetInfoArgs, DomainGetXmlDesc, DomainGetXmlDescArgs, DomainLookupByName,
    DomainLookupByNameArgs,
};
use virt_remote::protocol::remote::domain_device::{
    DomainOpenGraphicsFd, DomainOpenGraphicsFdArgs, DomainScreenshot, DomainScreenshotArgs,
};
use virt_remote::protocol::remote::domain_event_callback::DomainEventCallbackLifecycle;
use virt_remote::protocol::remote::domain_lifecycle::{
    DomainCreateWithFlags, DomainCreateWithFlagsArgs, DomainCreateXml, DomainCreateXmlArgs,
    DomainDefineXmlFlags, DomainDefineXmlFlagsArgs, DomainDestroy, DomainDestroyArgs,
};
use virt_remote::protocol::remote::event_registration::{
    ConnectDomainEventCallbackRegisterAny, ConnectDomainEventCallbackRegisterAnyArgs,
};
use virt_remote::protocol::remote::object::Domain;
use virt_remote::rpc::{KeepalivePolicy, RpcEventItem, RpcEvents, StreamItem};
use virt_remote::session::{Feature, Session, SessionOptions, supports};
use virt_remote::transport::unix::{self, Caller};
use virt_testkit::live::libvirtd::Libvirtd;

/// A private daemon; `None`, loudly, where there is no libvirtd.
async fn daemon() -> Option<Libvirtd> {
    let asked = tokio::process::Command::new("libvirtd").arg("--version").output();
    if asked.await.is_err() {
        virt_testkit::skip::declare("libvirtd is not installed: `cargo xtask install libvirt` installs it");
        return None;
    }
    Some(Libvirtd::start().await.expect("a private libvirtd"))
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

async fn open(
    daemon: &Libvirtd,
    uri: &str,
    options: SessionOptions,
) -> virt_core::Result<(Session, RpcEvents)> {
    let uri = format!("{uri}?socket={}", daemon.socket().display());
    let uri: ConnectUri = uri.parse().expect("a URI");
    let sockets = unix::candidates(&uri, options.access, &Caller::this_process())?;
    let stream = unix::connect(&sockets).await?;
    Session::open_unix(stream, &uri, options, soon()).await
}

async fn look_up(session: &Session, name: &str) -> Result<Domain, virt_remote::rpc::RpcError> {
    let args = DomainLookupByNameArgs { name: name.into() };
    let found = session
        .connection()
        .call::<DomainLookupByName>(&args, soon())
        .await?;
    Ok(found.dom)
}

/// One daemon for all of it: starting one takes seconds.
#[tokio::test]
async fn a_real_daemon_is_spoken_to() {
    let Some(daemon) = daemon().await else { return };
    information_is_what_the_test_driver_has(&daemon).await;
    a_start_is_told_by_an_event(&daemon).await;
    refusals_have_kinds(&daemon).await;
    a_session_that_may_only_look_changes_nothing(&daemon).await;
    many_calls_at_a_time_are_answered_at_the_daemons_own_limit(&daemon).await;
    a_screenshot_is_a_stream(&daemon).await;
    an_idle_session_is_kept_alive(&daemon).await;
    descriptors_go_to_a_guest_and_come_from_it(&daemon).await;
    a_daemon_that_ends_ends_the_session(daemon).await;
}

async fn information_is_what_the_test_driver_has(daemon: &Libvirtd) {
    let (session, _events) = open(daemon, "test+unix:///default", SessionOptions::default())
        .await
        .expect("a session");
    assert_eq!(session.uri(), "test:///default");
    let connection = session.connection();
    let version = connection.call::<ConnectGetLibVersion>(&(), soon()).await;
    assert!(version.expect("a version").lib_ver >= 7_000_000);
    let driver = connection.call::<ConnectGetType>(&(), soon()).await;
    assert_eq!(driver.expect("a type").type_, "TEST");
    let host = connection.call::<ConnectGetHostname>(&(), soon()).await;
    assert!(!host.expect("a name").hostname.is_empty());
    let args = ConnectListAllDomainsArgs {
        need_results: 1,
        flags: 0,
    };
    let listed = connection.call::<ConnectListAllDomains>(&args, soon()).await;
    let domains = listed.expect("domains").domains;
    let [test] = domains.as_slice() else {
        panic!("not one domain: {domains:?}");
    };
    assert_eq!((test.name.to_str(), test.id), (Some("test"), 1));
    let info = connection
        .call::<DomainGetInfo>(&DomainGetInfoArgs { dom: test.clone() }, soon())
        .await
        .expect("information");
    assert_eq!((info.state, info.max_mem, info.nr_virt_cpu), (1, 8_388_608, 2));
    session.shutdown(soon()).await.expect("a goodbye");
}

async fn a_start_is_told_by_an_event(daemon: &Libvirtd) {
    let (session, mut events) = open(daemon, "test+unix:///default", SessionOptions::default())
        .await
        .expect("a session");
    let connection = session.connection();
    let registered = connection
        .call::<ConnectDomainEventCallbackRegisterAny>(
            &ConnectDomainEventCallbackRegisterAnyArgs {
                event_id: 0,
                dom: None,
            },
            soon(),
        )
        .await
        .expect("a registration");
    let xml = "<domain type='test'><name>café</name><memory>1024</memory><os><type>hvm</type></os></domain>";
    let defined = connection
        .call::<DomainDefineXmlFlags>(
            &DomainDefineXmlFlagsArgs {
                xml: xml.into(),
                flags: 0,
            },
            soon(),
        )
        .await
        .expect("a domain");
    let args = DomainCreateWithFlagsArgs {
        dom: defined.dom.clone(),
        flags: 0,
    };
    connection
        .call::<DomainCreateWithFlags>(&args, soon())
        .await
        .expect("started");
    let mut told = Vec::new();
    while told.len() < 2 {
        let next = timeout(Duration::from_secs(10), events.next())
            .await
            .expect("in time");
        let Some(RpcEventItem::Event(event)) = next else {
            panic!("no event: {next:?}");
        };
        if let Some(message) = event.decode::<DomainEventCallbackLifecycle>() {
            let message = message.expect("a message");
            assert_eq!(message.callback_id, registered.callback_id);
            assert_eq!(message.msg.dom.name, "café");
            told.push(message.msg.event);
        }
    }
    // Defined, started.
    assert_eq!(told, [0, 2]);
    let dom = look_up(&session, "café").await.expect("a domain");
    let described = connection
        .call::<DomainGetXmlDesc>(&DomainGetXmlDescArgs { dom, flags: 0 }, soon())
        .await
        .expect("a document");
    assert!(described.xml.text().contains("<name>café</name>"));
    session.shutdown(soon()).await.expect("a goodbye");
}

async fn refusals_have_kinds(daemon: &Libvirtd) {
    let (session, _events) = open(daemon, "test+unix:///default", SessionOptions::default())
        .await
        .expect("a session");
    let kind = |error| Error::from(error).kind();
    let missing = look_up(&session, "no-such").await.expect_err("an error");
    assert_eq!(kind(missing), ErrorKind::NotFound);
    let malformed = DomainDefineXmlFlagsArgs {
        xml: "<domain".into(),
        flags: 0,
    };
    let malformed = session
        .connection()
        .call::<DomainDefineXmlFlags>(&malformed, soon())
        .await;
    assert_eq!(kind(malformed.expect_err("an error")), ErrorKind::InvalidConfig);
    let unknown = session
        .connection()
        .call_raw(virt_remote::protocol::remote::PROGRAM, 99_999, Vec::new(), soon())
        .await;
    assert_eq!(kind(unknown.expect_err("an error")), ErrorKind::Unsupported);
    let nowhere = open(daemon, "nosuchdriver+unix:///", SessionOptions::default()).await;
    assert_eq!(nowhere.expect_err("an error").operation(), Some("open"));
    session.shutdown(soon()).await.expect("a goodbye");
}

async fn a_session_that_may_only_look_changes_nothing(daemon: &Libvirtd) {
    // The daemon's socket for everything is used: it is the session that may only look.
    let options = SessionOptions::default().with_access(AccessMode::ReadOnly);
    let (session, _events) = open(daemon, "test+unix:///default", options)
        .await
        .expect("a session");
    let dom = look_up(&session, "test").await.expect("a domain");
    let refused = session
        .connection()
        .call::<DomainDestroy>(&DomainDestroyArgs { dom }, soon())
        .await
        .expect_err("an error");
    assert_eq!(Error::from(refused).kind(), ErrorKind::Denied);
    session.shutdown(soon()).await.expect("a goodbye");
}

async fn many_calls_at_a_time_are_answered_at_the_daemons_own_limit(daemon: &Libvirtd) {
    let (session, _events) = open(daemon, "test+unix:///default", SessionOptions::default())
        .await
        .expect("a session");
    let dom = look_up(&session, "test").await.expect("a domain");
    let callers = (0..64).map(|_| {
        let (connection, dom) = (session.connection().clone(), dom.clone());
        tokio::spawn(async move {
            for _ in 0..50 {
                let args = DomainGetInfoArgs { dom: dom.clone() };
                let info = connection
                    .call::<DomainGetInfo>(&args, soon())
                    .await
                    .expect("information");
                assert_eq!(info.state, 1);
            }
        })
    });
    for caller in futures::future::join_all(callers).await {
        caller.expect("every answer");
    }
    session.shutdown(soon()).await.expect("a goodbye");
}

async fn a_screenshot_is_a_stream(daemon: &Libvirtd) {
    let (session, _events) = open(daemon, "test+unix:///default", SessionOptions::default())
        .await
        .expect("a session");
    let dom = look_up(&session, "test").await.expect("a domain");
    let args = DomainScreenshotArgs {
        dom,
        screen: 0,
        flags: 0,
    };
    let opened = session
        .connection()
        .open_stream::<DomainScreenshot>(&args, soon())
        .await;
    let (returned, stream) = opened.expect("a stream");
    assert_eq!(
        returned.mime.as_ref().and_then(|mime| mime.to_str()),
        Some("image/png")
    );
    let mut image = Vec::new();
    while let Some(StreamItem::Data(data)) = stream.next().await.expect("data") {
        image.extend_from_slice(&data);
    }
    stream.finish(soon()).await.expect("finished");
    assert!(image.starts_with(b"\x89PNG\r\n"), "{} bytes", image.len());
    session.shutdown(soon()).await.expect("a goodbye");
}

async fn an_idle_session_is_kept_alive(daemon: &Libvirtd) {
    let policy = KeepalivePolicy::new(Duration::from_millis(100), 2);
    let options = SessionOptions::default().with_keepalive(Some(policy));
    let (session, _events) = open(daemon, "test+unix:///default", options)
        .await
        .expect("a session");
    let ended = timeout(Duration::from_secs(1), session.connection().ended()).await;
    assert!(ended.is_err(), "{ended:?}");
    look_up(&session, "test").await.expect("a domain");
    session.shutdown(soon()).await.expect("a goodbye");
}

async fn descriptors_go_to_a_guest_and_come_from_it(daemon: &Libvirtd) {
    let (session, _events) = open(daemon, "qemu+unix:///system", SessionOptions::default())
        .await
        .expect("a session");
    let connection = session.connection();
    assert!(
        supports(connection, Feature::FdPassing, soon())
            .await
            .expect("an answer")
    );
    let name = format!("fds-{}", std::process::id());
    let document = format!(
        "<domain type='qemu'><name>{name}</name><memory>32768</memory>\
         <os><type arch='x86_64' machine='q35'>hvm</type></os>\
         <devices><graphics type='vnc' autoport='yes'/><video><model type='vga'/></video></devices></domain>"
    );
    let args = DomainCreateXmlArgs {
        xml_desc: document.into(),
        // VIR_DOMAIN_START_PAUSED
        flags: 1,
    };
    let created = connection.call::<DomainCreateXml>(&args, soon()).await;
    let dom = created.expect("a guest").dom;
    let args = DomainOpenGraphicsFdArgs {
        dom: dom.clone(),
        idx: 0,
        flags: 0,
    };
    let ((), fds) = connection
        .call_with_fds::<DomainOpenGraphicsFd>(&args, Vec::new(), soon())
        .await
        .expect("a display");
    let [display] = <[_; 1]>::try_from(fds).expect("one descriptor");
    let display = std::os::unix::net::UnixStream::from(display);
    let mut greeting = [0; 4];
    let read = tokio::task::spawn_blocking(move || {
        display.set_nonblocking(false)?;
        std::io::Read::read_exact(&mut &display, &mut greeting)?;
        std::io::Result::Ok(greeting)
    });
    assert_eq!(&read.await.expect("a task").expect("a greeting"), b"RFB ");
    let args = DomainMonitorCommandWithFilesArgs {
        dom: dom.clone(),
        cmd: r#"{"execute":"getfd","arguments":{"fdname":"ours"}}"#.into(),
        flags: 0,
    };
    let null = std::fs::File::open("/dev/null").expect("a file");
    let (answer, _) = connection
        .call_with_fds::<DomainMonitorCommandWithFiles>(&args, vec![null.into()], soon())
        .await
        .expect("an answer");
    assert!(answer.result.text().contains("\"return\""), "{}", answer.result);
    let gone = connection
        .call::<DomainDestroy>(&DomainDestroyArgs { dom }, soon())
        .await;
    gone.expect("the guest's end");
    session.shutdown(soon()).await.expect("a goodbye");
}

async fn a_daemon_that_ends_ends_the_session(daemon: Libvirtd) {
    let (session, mut events) = open(&daemon, "test+unix:///default", SessionOptions::default())
        .await
        .expect("a session");
    daemon.stop().await.expect("an end");
    timeout(Duration::from_secs(10), session.connection().ended())
        .await
        .expect("in time");
    while let Some(item) = events.next().await {
        drop(item);
    }
    let error = look_up(&session, "test").await.expect_err("an error");
    assert_eq!(Error::from(error).kind(), ErrorKind::ConnectionLost);
}
