//! What is fetched and sent beside the calls: pictures of screens, files of guests.

use bytes::Bytes;
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::{Session, said};
use crate::soap::{Badge, Page, Place, SoapClient, SoapError};

impl Session {
    /// A page of the server's own, for which the session counts: up to `most` bytes. `None` where the server has no such
    /// page.
    pub(crate) async fn get_page(
        &self,
        call: &CallContext,
        target: &str,
        most: usize,
    ) -> Result<Option<Page>> {
        let page = call.bound(Outcome::NotApplied, async {
            let ask = || self.client.get_page(target, Badge::Session, most);
            match self.ask_plainly(ask).await? {
                Ok(page) => Ok(Some(page)),
                Err(SoapError::Status(400 | 404 | 405 | 500 | 501 | 503)) => Ok(None),
                Err(SoapError::Status(401 | 403)) => Err(Error::new(
                    ErrorKind::Denied,
                    "the server does not give this to the user that is logged in",
                )),
                Err(error) => Err(said(error, self.host())),
            }
        });
        page.await
    }

    /// Where a URL that the server has told leads to.
    pub(crate) fn place_of(&self, url: &str) -> Result<Place> {
        Place::of(url, self.client.endpoint()).ok_or_else(|| {
            let message = "the server tells a place for a file that is no URL of HTTP, or not safe to go to";
            Error::new(ErrorKind::Corrupt, message).with_subject(Subject::Host(self.host().to_owned()))
        })
    }

    /// Fetches what the server has told a place for: up to `most` bytes. The session is not shown.
    pub(crate) async fn fetch(&self, call: &CallContext, place: &Place, most: usize) -> Result<Page> {
        let page = call.bound(Outcome::NotApplied, async {
            let other = client_of(place)?;
            let client = other.as_ref().unwrap_or(&self.client);
            let page = client.get_page(&place.target, Badge::None, most).await;
            page.map_err(|error| of_place(error, place))
        });
        page.await
    }

    /// Sends something to where the server has told a place for. The session is not shown.
    pub(crate) async fn send(&self, call: &CallContext, place: &Place, content: Bytes) -> Result<()> {
        let sent = call.bound(Outcome::Unknown, async {
            let other = client_of(place)?;
            let client = other.as_ref().unwrap_or(&self.client);
            let sent = client.put_page(&place.target, Badge::None, content).await;
            sent.map_err(|error| of_place(error, place))
        });
        sent.await
    }
}

/// Calls to a place that is not the server itself: they know nothing of the session.
fn client_of(place: &Place) -> Result<Option<SoapClient>> {
    if place.is_ours {
        return Ok(None);
    }
    SoapClient::new(place.endpoint.clone()).map(Some)
}

fn of_place(error: SoapError, place: &Place) -> Error {
    let host = place.endpoint.host.as_str();
    match error {
        SoapError::Status(status) => Error::new(
            ErrorKind::Failed,
            format!("the host does not carry the file to or from the guest (HTTP status {status})"),
        )
        .with_outcome(Outcome::Unknown)
        .with_subject(Subject::Host(host.to_owned())),
        other => said(other, host),
    }
}
