//! A daemon that does not keep to SASL: every answer that is wrong ends the login, and none is taken for a success.

use tokio::net::TcpListener;
use virt_core::ErrorKind;
use virt_remote::protocol::remote::auth::{
    AuthList, AuthListRet, AuthSaslInit, AuthSaslInitRet, AuthSaslStart, AuthSaslStartArgs, AuthSaslStartRet,
    AuthSaslStep, AuthSaslStepRet, AuthType,
};
use virt_remote::protocol::{ProcedureInfo, xdr};
use virt_testkit::fake_daemon::{FakeDaemon, FakeReply, REMOTE};

use super::{chain, connect, somebody};

const CHALLENGE: &[u8] =
    b"nonce=\"n\",realm=\"r\",qop=\"auth-conf\",cipher=\"rc4\",algorithm=md5-sess,charset=utf-8";

/// What the daemon says to a mechanism: whether it is content, and the message.
type Says = (i32, Option<&'static [u8]>);

fn on<T: xdr::Xdr>(daemon: &FakeDaemon, procedure: &ProcedureInfo, answer: &T) {
    let answer = xdr::to_bytes(answer).expect("bytes");
    daemon.on(REMOTE, procedure.number, move |_| {
        FakeReply::Return(answer.clone())
    });
}

/// A daemon with these mechanisms, which answers so to the start and to each step.
fn daemon(mechanisms: &str, start: Says, step: Says) -> FakeDaemon {
    let daemon = FakeDaemon::new();
    on(
        &daemon,
        AuthList::INFO,
        &AuthListRet {
            types: vec![AuthType::SASL],
        },
    );
    on(
        &daemon,
        AuthSaslInit::INFO,
        &AuthSaslInitRet {
            mechlist: mechanisms.into(),
        },
    );
    let data = |said: Option<&'static [u8]>| said.unwrap_or_default().to_vec().into();
    on(
        &daemon,
        AuthSaslStart::INFO,
        &AuthSaslStartRet {
            complete: start.0,
            nil: i32::from(start.1.is_none()),
            data: data(start.1),
        },
    );
    on(
        &daemon,
        AuthSaslStep::INFO,
        &AuthSaslStepRet {
            complete: step.0,
            nil: i32::from(step.1.is_none()),
            data: data(step.1),
        },
    );
    daemon
}

/// Its TCP port.
async fn listen(daemon: &FakeDaemon) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    let daemon = daemon.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            daemon.serve(stream);
        }
    });
    port
}

async fn refused(daemon: &FakeDaemon) -> virt_core::Error {
    let uri = format!("test+tcp://127.0.0.1:{}/default", listen(daemon).await);
    connect(&uri, &somebody("fred", "hunter2"))
        .await
        .expect_err("an error")
}

#[tokio::test]
async fn a_daemon_that_proves_nothing_is_not_believed() {
    for (start, step, part) in [
        // Content at once, without a challenge.
        ((1, None), (1, None), "does not prove"),
        // Content after our response, without its proof.
        ((0, Some(CHALLENGE)), (1, None), "does not prove"),
        (
            (0, Some(CHALLENGE)),
            (1, Some(&b"rspauth=00000000000000000000000000000000"[..])),
            "does not prove",
        ),
        (
            (0, Some(CHALLENGE)),
            (0, Some(b"rspauth=00000000000000000000000000000000")),
            "does not prove",
        ),
        ((0, Some(CHALLENGE)), (0, Some(CHALLENGE)), "no rspauth"),
        ((0, Some(b"\xff\xfe garbage")), (1, None), "malformed"),
        ((0, Some(b"")), (1, None), "no nonce"),
        ((0, None), (1, None), "no nonce"),
        (
            (0, Some(b"nonce=n,algorithm=md5-sess,qop=auth")),
            (1, None),
            "take TLS or SSH",
        ),
    ] {
        let daemon = daemon("DIGEST-MD5", start, step);
        let error = refused(&daemon).await;
        let told = chain(&error);
        assert!(told.contains(part), "{start:?} {step:?}: {told}");
        assert!(
            matches!(
                error.kind(),
                ErrorKind::AuthenticationFailed | ErrorKind::Unsupported
            ),
            "{told}"
        );
        assert!(!told.contains("hunter2"));
        let said = daemon
            .calls()
            .iter()
            .all(|call| !call.args.windows(7).any(|bytes| bytes == b"hunter2"));
        assert!(said, "the password was said");
    }
}

#[tokio::test]
async fn nothing_is_begun_where_no_mechanism_keeps_the_line() {
    let daemon = daemon("PLAIN,SCRAM-SHA-256 ANONYMOUS", (1, None), (1, None));
    let error = refused(&daemon).await;
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("take TLS or SSH"), "{error}");
    assert!(
        !daemon
            .calls()
            .iter()
            .any(|call| call.number == AuthSaslStart::INFO.number)
    );
}

#[tokio::test]
async fn a_refusal_is_one() {
    let daemon = daemon("DIGEST-MD5", (0, Some(CHALLENGE)), (0, None));
    daemon.on(REMOTE, AuthSaslStep::INFO.number, |_| {
        FakeReply::error(45, 7, "authentication failed")
    });
    let error = refused(&daemon).await;
    assert_eq!(error.kind(), ErrorKind::AuthenticationFailed);
    assert!(
        chain(&error).contains("authentication failed"),
        "{}",
        chain(&error)
    );
    let started = daemon
        .calls()
        .into_iter()
        .find(|call| call.number == AuthSaslStart::INFO.number);
    let args: AuthSaslStartArgs = xdr::from_bytes(&started.expect("a start").args).expect("arguments");
    assert_eq!(
        (args.mech.text().as_ref(), args.nil, args.data.0.len()),
        ("DIGEST-MD5", 1, 0)
    );
}
