//! SOAP by hand: as much of a client as these tests need.

use std::io;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use virt_testkit::live::vsphere::Simulator;

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// What is in the first element of this name.
    pub(crate) fn value(&self, element: &str) -> String {
        values(&self.text(), element)
            .into_iter()
            .next()
            .unwrap_or_default()
    }

    /// What is in each element of this name.
    pub(crate) fn values(&self, element: &str) -> Vec<String> {
        values(&self.text(), element)
    }

    /// The fault that it is, `InvalidLogin`.
    pub(crate) fn fault(&self) -> String {
        assert_eq!(self.status, 500, "{}", self.text());
        let text = self.text();
        let detail = text.split("<detail>").nth(1).unwrap_or_default();
        let name = detail.trim_start_matches('<').split([' ', '>']).next();
        name.unwrap_or_default().trim_end_matches("Fault").to_owned()
    }
}

fn values(text: &str, element: &str) -> Vec<String> {
    let begins = |rest: &str| rest.starts_with([' ', '>']);
    text.split(&format!("<{element}"))
        .skip(1)
        .filter(|rest| begins(rest))
        .filter_map(|rest| rest.split_once('>'))
        .filter_map(|(_, rest)| rest.split(&format!("</{element}>")).next())
        .map(str::to_owned)
        .collect()
}

/// One that calls a simulator, with a connection for each call.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    address: String,
    pub(crate) cookie: Option<String>,
}

impl Client {
    pub(crate) fn of(simulator: &Simulator) -> Self {
        Self {
            address: simulator.host_port().to_owned(),
            cookie: None,
        }
    }

    pub(crate) async fn login(&mut self, simulator: &Simulator) -> Answer {
        self.login_as(simulator.user(), simulator.password()).await
    }

    pub(crate) async fn login_as(&mut self, user: &str, password: &str) -> Answer {
        let content = self
            .call(
                "RetrieveServiceContent",
                ("ServiceInstance", "ServiceInstance"),
                "",
            )
            .await;
        let manager = content.value("sessionManager");
        let words = format!("<userName>{user}</userName><password>{password}</password>");
        let answer = self.call("Login", ("SessionManager", &manager), &words).await;
        let cookie = answer
            .head
            .lines()
            .find_map(|line| line.strip_prefix("Set-Cookie: "))
            .and_then(|line| line.split(';').next());
        self.cookie = cookie.map(str::to_owned).or(self.cookie.take());
        answer
    }

    /// Calls a method of an object: its type and value.
    pub(crate) async fn call(&self, method: &str, (kind, value): (&str, &str), arguments: &str) -> Answer {
        self.try_call(method, (kind, value), arguments)
            .await
            .expect("an answer")
    }

    pub(crate) async fn try_call(
        &self,
        method: &str,
        (kind, value): (&str, &str),
        arguments: &str,
    ) -> io::Result<Answer> {
        let body = format!(
            "<?xml version=\"1.0\"?><e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><e:Body><{method} xmlns=\"urn:vim25\">\
             <_this type=\"{kind}\">{value}</_this>{arguments}</{method}></e:Body></e:Envelope>"
        );
        self.http("POST", "/sdk", "SOAPAction: urn:vim25/6.5\r\n", body.as_bytes())
            .await
    }

    pub(crate) async fn http(&self, method: &str, path: &str, more: &str, body: &[u8]) -> io::Result<Answer> {
        let cookie = self.cookie.as_ref();
        let cookie = cookie
            .map(|cookie| format!("Cookie: {cookie}\r\n"))
            .unwrap_or_default();
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: {}\r\n{cookie}{more}Content-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        let mut stream = TcpStream::connect(&self.address).await?;
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body).await?;
        let mut said = Vec::new();
        stream.read_to_end(&mut said).await?;
        let end = said.windows(4).position(|window| window == b"\r\n\r\n");
        let (head, rest) = said.split_at(end.ok_or(io::ErrorKind::UnexpectedEof)?);
        let head = String::from_utf8_lossy(head).into_owned();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Ok(Answer {
            status: status.ok_or(io::ErrorKind::InvalidData)?,
            head,
            body: rest.get(4..).unwrap_or_default().to_vec(),
        })
    }

    /// The properties of one object.
    pub(crate) async fn properties(&self, (kind, value): (&str, &str), paths: &[&str]) -> Answer {
        let objects = format!("<objectSet><obj type=\"{kind}\">{value}</obj></objectSet>");
        self.retrieve(&specification(kind, paths, &objects), "").await
    }

    /// One property of one object.
    pub(crate) async fn property(&self, object: (&str, &str), path: &str) -> String {
        self.properties(object, &[path]).await.value("val")
    }

    pub(crate) async fn retrieve(&self, specification: &str, options: &str) -> Answer {
        let words = format!("<specSet>{specification}</specSet><options>{options}</options>");
        self.call("RetrievePropertiesEx", COLLECTOR, &words).await
    }

    /// What finds all objects of a type, below the root of a host, and these properties of them.
    pub(crate) async fn all(&self, kind: &str, paths: &[&str]) -> String {
        let words = format!(
            "<container type=\"Folder\">ha-folder-root</container><type>{kind}</type><recursive>true</recursive>"
        );
        let made = self
            .call("CreateContainerView", ("ViewManager", "ViewManager"), &words)
            .await;
        let objects = format!(
            "<objectSet><obj type=\"ContainerView\">{}</obj><skip>true</skip>\
             <selectSet xsi:type=\"TraversalSpec\"><name>v</name><type>ContainerView</type><path>view</path>\
             </selectSet></objectSet>",
            made.value("returnval")
        );
        specification(kind, paths, &objects)
    }

    /// The references of all machines of a host, in the order of their names.
    pub(crate) async fn machines(&self) -> Vec<String> {
        let all = self.all("VirtualMachine", &["name"]).await;
        let found = self.retrieve(&all, "").await;
        let mut named: Vec<(String, String)> =
            found.values("val").into_iter().zip(found.values("obj")).collect();
        named.sort();
        named.into_iter().map(|(_, reference)| reference).collect()
    }

    /// Calls a method that makes a task, and waits for nothing: what has become of it, as `state`, `result`, `error`.
    pub(crate) async fn task(&self, method: &str, object: (&str, &str), arguments: &str) -> Answer {
        let made = self.call(method, object, arguments).await;
        assert_eq!(made.status, 200, "{method}: {}", made.text());
        self.task_info(&made.value("returnval")).await
    }

    pub(crate) async fn task_info(&self, task: &str) -> Answer {
        self.properties(("Task", task), &["info"]).await
    }
}

/// The collector of a host's sessions.
pub(crate) const COLLECTOR: (&str, &str) = ("PropertyCollector", "ha-property-collector");

fn specification(kind: &str, paths: &[&str], objects: &str) -> String {
    let paths: String = paths
        .iter()
        .map(|path| format!("<pathSet>{path}</pathSet>"))
        .collect();
    format!("<propSet><type>{kind}</type>{paths}</propSet>{objects}")
}
