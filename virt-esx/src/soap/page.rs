//! Plain HTTP: what is fetched and sent by a target that the server has told, or that is known.

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::header::{CONTENT_TYPE, COOKIE, HOST, USER_AGENT};
use hyper::http::request::Builder;
use hyper::{Method, Request, Response};

use super::client::{SoapClient, lost};
use super::connect::{Body, whole};
use super::error::{SoapError, Stage};

/// What is sent with a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Badge {
    /// Our session.
    Session,
    /// Nothing: the target itself is allowed to whoever has it.
    None,
}

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) content: Vec<u8>,
    /// Whether there is more.
    pub(crate) is_cut: bool,
}

impl SoapClient {
    /// Fetches what is at a target, up to `most` bytes of it.
    pub(crate) async fn get_page(&self, target: &str, badge: Badge, most: usize) -> Result<Page, SoapError> {
        self.exchange_page(Method::GET, target, Bytes::new(), badge, most)
            .await
    }

    /// Sends something to a target.
    pub(crate) async fn put_page(&self, target: &str, badge: Badge, content: Bytes) -> Result<(), SoapError> {
        self.exchange_page(Method::PUT, target, content, badge, 0)
            .await
            .map(drop)
    }

    async fn exchange_page(
        &self,
        method: Method,
        target: &str,
        content: Bytes,
        badge: Badge,
        most: usize,
    ) -> Result<Page, SoapError> {
        let request = self.plain_request(method, target, badge);
        let (_sender, answer) = self.send_plain(request, whole(content)).await?;
        let status = answer.status();
        if !status.is_success() {
            return Err(SoapError::Status(status.as_u16()));
        }
        let mut body = answer.into_body();
        let mut page = Page {
            content: Vec::new(),
            is_cut: false,
        };
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|error| lost(Stage::Sent, error))?.into_data() else {
                continue;
            };
            let room = most.saturating_sub(page.content.len());
            page.content.extend_from_slice(data.get(..room).unwrap_or(&data));
            if data.len() > room {
                page.is_cut = true;
                break;
            }
        }
        Ok(page)
    }

    /// A request by plain HTTP; what is written is bytes.
    pub(super) fn plain_request(&self, method: Method, target: &str, badge: Badge) -> Builder {
        let writes = method == Method::PUT;
        let mut request = Request::builder()
            .method(method)
            .uri(target)
            .header(HOST, self.authority())
            .header(USER_AGENT, "virt-sdk");
        if writes {
            request = request.header(CONTENT_TYPE, "application/octet-stream");
        }
        match self.session_cookie().filter(|_| badge == Badge::Session) {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }

    /// Sends one over a connection of its own, which is there for as long as the answer comes.
    pub(super) async fn send_plain(
        &self,
        request: Builder,
        body: Body,
    ) -> Result<(SendRequest<Body>, Response<Incoming>), SoapError> {
        let request = request.body(body).map_err(|error| lost(Stage::NotSent, error))?;
        let mut sender = self.fresh().await?;
        let answer = sender.send_request(request).await;
        Ok((sender, answer.map_err(|error| lost(Stage::Sent, error))?))
    }
}
