//! What the protocol's trace says, and what it keeps to itself.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::*;
use virt_remote::protocol::remote::auth::{AuthSaslStart, AuthSaslStartArgs, AuthSaslStartRet};
use virt_remote::protocol::remote::domain_guest::{DomainSetUserPassword, DomainSetUserPasswordArgs};
use virt_remote::protocol::remote::domain_lifecycle::{DomainDefineXmlFlags, DomainDefineXmlFlagsArgs};
use virt_remote::protocol::remote::secret::{
    SecretGetValue, SecretGetValueArgs, SecretGetValueRet, SecretSetValue, SecretSetValueArgs,
};

const SECRET: &str = "hunter2";

/// Keeps all that is said.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<String>>);

impl Subscriber for Said {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Writer(&mut self.0.lock().expect("a text")));
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

struct Writer<'a>(&'a mut String);

impl Visit for Writer<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        writeln!(self.0, "{field}={value:?}").expect("written");
    }
}

/// Makes calls whose arguments and results are secret, in one way or another.
async fn make_secret_calls(daemon: &FakeDaemon, connection: &RpcConnection) {
    let value = || Bytes::from_static(SECRET.as_bytes());
    daemon.once(REMOTE, SecretSetValue::INFO.number, FakeReply::done());
    let args = SecretSetValueArgs {
        value: value(),
        ..SecretSetValueArgs::default()
    };
    let set = connection.call::<SecretSetValue>(&args, soon()).await;
    set.expect("set");
    let ret = encoded(&SecretGetValueRet { value: value() });
    daemon.once(REMOTE, SecretGetValue::INFO.number, FakeReply::Return(ret));
    let got = connection
        .call::<SecretGetValue>(&SecretGetValueArgs::default(), soon())
        .await;
    assert_eq!(got.expect("a value").value, value());
    let ret = encoded(&AuthSaslStartRet {
        data: SECRET.into(),
        ..AuthSaslStartRet::default()
    });
    daemon.once(REMOTE, AuthSaslStart::INFO.number, FakeReply::Return(ret));
    let args = AuthSaslStartArgs {
        data: SECRET.into(),
        ..AuthSaslStartArgs::default()
    };
    let begun = connection.call::<AuthSaslStart>(&args, soon()).await;
    begun.expect("a step");
    let args = DomainSetUserPasswordArgs {
        password: Some(SECRET.into()),
        ..DomainSetUserPasswordArgs::default()
    };
    let refused = connection.call::<DomainSetUserPassword>(&args, soon()).await;
    refused.expect_err("an unknown procedure");
    let args = DomainDefineXmlFlagsArgs {
        xml: format!("<domain><devices><graphics type='vnc' passwd='{SECRET}'/></devices></domain>").into(),
        flags: 0,
    };
    let refused = connection.call::<DomainDefineXmlFlags>(&args, soon()).await;
    refused.expect_err("an unknown procedure");
}

#[tokio::test]
async fn the_trace_names_every_message_and_shows_no_secret() {
    let said = Said::default();
    let _guard = tracing::subscriber::set_default(said.clone());
    let (daemon, connection, _events) = connected(RpcOptions::labelled("test"));
    assert_eq!(ask(&connection).await.expect("a name"), "host");
    make_secret_calls(&daemon, &connection).await;
    let said = said.0.lock().expect("a text").clone();
    for name in [
        "REMOTE_PROC_CONNECT_GET_HOSTNAME CALL OK serial 1",
        "REMOTE_PROC_CONNECT_GET_HOSTNAME REPLY OK serial 1 \\x00\\x00\\x00\\x04host",
        "REMOTE_PROC_SECRET_SET_VALUE CALL",
        "REMOTE_PROC_SECRET_GET_VALUE REPLY",
        "REMOTE_PROC_AUTH_SASL_START REPLY",
        "REMOTE_PROC_DOMAIN_SET_USER_PASSWORD CALL",
        "REMOTE_PROC_DOMAIN_DEFINE_XML_FLAGS REPLY ERROR",
    ] {
        assert!(said.contains(name), "{name} is not in {said}");
    }
    assert!(!said.contains(SECRET), "{said}");
}
