//! What is fetched and sent by a target that the server has told, or that is known: by plain HTTP.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::header::{CONTENT_TYPE, COOKIE, HOST, USER_AGENT};
use hyper::{Method, Request};

use super::client::SoapClient;
use super::connect::Body;
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
        let mut request = Request::builder()
            .method(method.clone())
            .uri(target)
            .header(HOST, self.authority())
            .header(USER_AGENT, "virt-sdk");
        if let Some(cookie) = self.session_cookie().filter(|_| badge == Badge::Session) {
            request = request.header(COOKIE, cookie);
        }
        if method == Method::PUT {
            request = request.header(CONTENT_TYPE, "application/octet-stream");
        }
        let body: Body = Full::new(content).map_err(|never| match never {}).boxed();
        let request = request
            .body(body)
            .map_err(|error| SoapError::Lost(Stage::NotSent, Box::new(error)))?;
        let lost = |error: hyper::Error| SoapError::Lost(Stage::Sent, Box::new(error));
        let mut sender = self.fresh().await?;
        let answer = sender.send_request(request).await.map_err(lost)?;
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
            let Ok(data) = frame.map_err(lost)?.into_data() else {
                continue;
            };
            let room = most.saturating_sub(page.content.len());
            page.content.extend(data.iter().take(room));
            if data.len() > room {
                page.is_cut = true;
                break;
            }
        }
        Ok(page)
    }
}
