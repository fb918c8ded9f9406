//! Calls to one server.

use std::sync::{Arc, Mutex, PoisonError};

use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::header::{
    ACCEPT_ENCODING, CONTENT_TYPE, COOKIE, HOST, HeaderMap, HeaderValue, SET_COOKIE, USER_AGENT,
};
use hyper::{Method, Request, Response};
use tokio::sync::Semaphore;
use virt_core::Result;
use virt_core::xml::Element;

use super::connect::{Body, Connector, whole};
use super::endpoint::Endpoint;
use super::envelope::{unwrap, wrap};
use super::error::{SoapError, Stage};
use super::incoming::{read, read_parts};
use super::parts::Take;
use super::pool::Pool;

/// Where a server takes calls.
const SDK: &str = "/sdk";
/// The cookie by which a server knows a session.
const SESSION_COOKIE: &str = "vmware_soap_session";
/// How many calls are under way at a time: a host's management service has few workers. Others wait here.
const AT_A_TIME: usize = 16;

/// Calls to one server, with the cookie of a session.
pub(crate) struct SoapClient {
    endpoint: Arc<Endpoint>,
    authority: HeaderValue,
    pool: Pool,
    places: Semaphore,
    cookie: Mutex<Option<HeaderValue>>,
    /// The version of the API in which the server is to speak.
    action: Mutex<HeaderValue>,
}

impl std::fmt::Debug for SoapClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SoapClient")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

impl SoapClient {
    /// Calls to that server; nothing is sent yet. It reads this machine's certificates, where they count.
    pub(crate) fn new(endpoint: Endpoint) -> Result<Self> {
        let endpoint = Arc::new(endpoint);
        let authority = HeaderValue::try_from(endpoint.authority()).map_err(|error| {
            let message = format!("{:?} is no name of a machine", endpoint.host);
            virt_core::Error::new(virt_core::ErrorKind::InvalidArgument, message).with_source(error)
        })?;
        Ok(Self {
            pool: Pool::new(Connector::to(Arc::clone(&endpoint))?),
            endpoint,
            authority,
            places: Semaphore::new(AT_A_TIME),
            cookie: Mutex::default(),
            action: Mutex::new(HeaderValue::from_static("urn:vim25")),
        })
    }

    /// The server.
    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// From here on the server is to speak this version of the API, such as `6.5`.
    pub(crate) fn speak(&self, version: &str) {
        if let Ok(action) = HeaderValue::try_from(format!("urn:vim25/{version}")) {
            *self.action.lock().unwrap_or_else(PoisonError::into_inner) = action;
        }
    }

    /// Forgets the session.
    pub(crate) fn forget_session(&self) {
        *self.cookie() = None;
    }

    /// Closes the connections that nobody uses.
    pub(crate) fn close(&self) {
        self.pool.clear();
    }

    /// A call by which a session is entered: the cookie that comes with its answer is that session's. Any other answer may
    /// bring one that is not ours.
    pub(crate) async fn enter(&self, call: &str) -> std::result::Result<Element, SoapError> {
        let sender = self.pool.take().await.map_err(SoapError::Connect)?;
        self.exchange(sender, call, true).await
    }

    /// A call: the element of a method with its arguments, to the element of its answer.
    pub(crate) async fn call(&self, call: &str) -> std::result::Result<Element, SoapError> {
        let Ok(_place) = self.places.acquire().await else {
            return Err(SoapError::Lost(Stage::NotSent, "the client is closed".into()));
        };
        let sender = self.pool.take().await.map_err(SoapError::Connect)?;
        self.exchange(sender, call, false).await
    }

    /// One that may take minutes, over a connection of its own: it takes no place from others.
    pub(crate) async fn long_call(&self, call: &str) -> std::result::Result<Element, SoapError> {
        self.exchange(self.fresh().await?, call, false).await
    }

    /// The same, with an answer that is a long list: `take` gets the elements at `path`, from the outermost element on, one
    /// by one as they come; they are left out of what is returned. Whoever took some may still get an error.
    pub(crate) async fn long_call_in_parts(
        &self,
        call: &str,
        path: &[&str],
        take: &mut Take<'_>,
    ) -> std::result::Result<Element, SoapError> {
        let (sender, answer) = self.ask(self.fresh().await?, call).await?;
        if !answer.status().is_success() {
            return self.understand(sender, answer).await;
        }
        let text = read_parts(answer, path, take).await?;
        self.pool.give_back(sender);
        unwrap(&text)
    }

    async fn exchange(
        &self,
        sender: SendRequest<Body>,
        call: &str,
        enters: bool,
    ) -> std::result::Result<Element, SoapError> {
        let (sender, answer) = self.ask(sender, call).await?;
        if enters {
            self.keep_cookie(answer.headers());
        }
        self.understand(sender, answer).await
    }

    async fn ask(
        &self,
        mut sender: SendRequest<Body>,
        call: &str,
    ) -> std::result::Result<(SendRequest<Body>, Response<Incoming>), SoapError> {
        let request = self.request(wrap(call))?;
        let answer = match sender.try_send_request(request).await {
            Ok(answer) => answer,
            Err(mut error) => match error.take_message() {
                // The server had closed the connection meanwhile, and has nothing of it.
                Some(request) => {
                    sender = self.fresh().await?;
                    sender
                        .send_request(request)
                        .await
                        .map_err(|error| lost(Stage::Sent, error))?
                }
                None => return Err(lost(Stage::Sent, error.into_error())),
            },
        };
        Ok((sender, answer))
    }

    async fn understand(
        &self,
        sender: SendRequest<Body>,
        answer: Response<Incoming>,
    ) -> std::result::Result<Element, SoapError> {
        let status = answer.status();
        let text = read(answer).await?;
        self.pool.give_back(sender);
        // A fault comes with status 500.
        if status.is_success() || status.as_u16() == 500 {
            unwrap(&text)
        } else {
            Err(SoapError::Status(status.as_u16()))
        }
    }

    /// A connection of its own, for what takes its time.
    pub(super) async fn fresh(&self) -> std::result::Result<SendRequest<Body>, SoapError> {
        self.pool.fresh().await.map_err(SoapError::Connect)
    }

    pub(super) fn authority(&self) -> HeaderValue {
        self.authority.clone()
    }

    pub(super) fn session_cookie(&self) -> Option<HeaderValue> {
        self.cookie().clone()
    }

    fn request(&self, text: String) -> std::result::Result<Request<Body>, SoapError> {
        let action = self.action.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(SDK)
            .header(HOST, self.authority.clone())
            .header(USER_AGENT, "virt-sdk")
            .header(CONTENT_TYPE, "text/xml; charset=utf-8")
            .header(ACCEPT_ENCODING, "gzip")
            .header("SOAPAction", action);
        if let Some(cookie) = self.cookie().clone() {
            request = request.header(COOKIE, cookie);
        }
        let request = request.body(whole(text.into()));
        request.map_err(|error| lost(Stage::NotSent, error))
    }

    fn keep_cookie(&self, headers: &HeaderMap) {
        for cookie in headers.get_all(SET_COOKIE) {
            let text = cookie.to_str().unwrap_or_default();
            let pair = text.split(';').next().unwrap_or_default().trim();
            if pair
                .split_once('=')
                .is_some_and(|(name, _)| name == SESSION_COOKIE)
                && let Ok(mut pair) = HeaderValue::from_str(pair)
            {
                pair.set_sensitive(true);
                *self.cookie() = Some(pair);
            }
        }
    }

    fn cookie(&self) -> std::sync::MutexGuard<'_, Option<HeaderValue>> {
        self.cookie.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn lost(stage: Stage, error: impl std::error::Error + Send + Sync + 'static) -> SoapError {
    SoapError::Lost(stage, Box::new(error))
}
