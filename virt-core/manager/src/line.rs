//! The way to a domain's owner.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use virt_core::domain::DestroyOptions;
use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};

use crate::refusal::gone;
use crate::{Closing, DestroyRequest, Inbox, Request, Ticket};

/// How many requests of one domain may wait.
const QUEUE: usize = 64;

/// The way to a domain's owner: the asking end, of which the owner's is the [`Inbox`]. `O` is what owners can do.
#[derive(Debug)]
pub struct OwnerLine<O> {
    // Boxed: a queue makes room for 32 at once, and most domains are never asked anything.
    requests: mpsc::Sender<Box<Request<O>>>,
    destroys: mpsc::Sender<Box<DestroyRequest>>,
    closing: watch::Receiver<Closing>,
}

/// What became of a question to an owner.
#[derive(Debug)]
pub(crate) enum Asked {
    /// This, as far as it can be told: by the owner, by the deadline, or by the end of the connection.
    Answered(Result<()>),
    /// It had ended, with the domain, before it began: nothing was done.
    OwnerGone,
}

impl<O> OwnerLine<O> {
    /// A new line and what its owner reads; `closing` tells why an owner is gone.
    pub(crate) fn new(closing: watch::Receiver<Closing>) -> (Self, Inbox<O>) {
        let (requests, request_queue) = mpsc::channel(QUEUE);
        let (destroys, destroy_queue) = mpsc::channel(QUEUE);
        let line = Self {
            requests,
            destroys,
            closing,
        };
        let inbox = Inbox {
            requests: request_queue,
            destroys: destroy_queue,
        };
        (line, inbox)
    }

    /// Asks the owner to do something and waits for it, until the call's deadline. What was not begun by then never
    /// is; what was goes on.
    ///
    /// # Errors
    /// What the owner answers; `Timeout`, with what became of it, at the deadline; `NotFound` when owner and domain are
    /// gone; `ConnectionLost` when the connection ends.
    ///
    /// # Cancel safety
    /// As at the deadline: dropped before it was begun it never is, later it goes on.
    pub async fn ask(&self, call: &CallContext, operation: O) -> Result<()> {
        match self.ask_owner(call, operation).await {
            Asked::Answered(result) => result,
            Asked::OwnerGone => Err(gone()),
        }
    }

    /// As [`ask`](Self::ask); tells an owner that had ended before it began apart from every answer.
    pub(crate) async fn ask_owner(&self, call: &CallContext, operation: O) -> Asked {
        let ticket = Arc::new(Ticket::default());
        let (reply, answer) = oneshot::channel();
        let request = Box::new(Request {
            call: call.clone(),
            operation,
            ticket: Arc::clone(&ticket),
            reply,
        });
        let guard = WithdrawOnDrop(ticket);
        let asked = async {
            // At once where there is room: an owner made for this very request must not be left without it.
            let sent = match self.requests.try_send(request) {
                Err(mpsc::error::TrySendError::Full(request)) => self.requests.send(request).await.is_ok(),
                sent => sent.is_ok(),
            };
            if !sent {
                return None;
            }
            answer.await.ok()
        };
        match tokio::time::timeout_at(call.deadline, asked).await {
            Ok(Some(result)) => Asked::Answered(result),
            Ok(None) => self.unanswered(guard.0.is_begun()),
            Err(_) if guard.0.withdraw() => Asked::Answered(Err(call.timeout(Outcome::NotApplied))),
            Err(_) => Asked::Answered(Err(call.timeout(Outcome::Unknown))),
        }
    }

    /// Why the owner did not answer.
    fn unanswered(&self, begun: bool) -> Asked {
        let outcome = if begun {
            Outcome::Unknown
        } else {
            Outcome::NotApplied
        };
        let closed = self.closing.borrow().error();
        if let Some(error) = closed {
            return Asked::Answered(Err(error.with_outcome(outcome)));
        }
        if begun {
            let error = Error::new(ErrorKind::Internal, "the domain's owner ended unexpectedly");
            return Asked::Answered(Err(error.with_outcome(outcome)));
        }
        Asked::OwnerGone
    }

    /// Asks the owner to end the domain, ahead of everything else.
    ///
    /// # Errors
    /// As [`ask`](Self::ask); what became of it is unknown wherever the owner did not answer.
    ///
    /// # Cancel safety
    /// Once sent, the domain is ended whether or not anybody waits for it.
    pub async fn destroy(&self, call: &CallContext, options: DestroyOptions) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        let unanswered = || match self.unanswered(false) {
            Asked::Answered(Err(error)) => error.with_outcome(Outcome::Unknown),
            _ => gone(),
        };
        let asked = async {
            self.destroys
                .send(Box::new(DestroyRequest {
                    call: call.clone(),
                    options,
                    reply,
                }))
                .await
                .map_err(|_| unanswered())?;
            answer.await.map_err(|_| unanswered())?
        };
        call.bound(Outcome::Unknown, asked).await
    }
}

/// A caller that goes away while its request still waits takes it back: nobody is left who wants it.
struct WithdrawOnDrop(Arc<Ticket>);

impl Drop for WithdrawOnDrop {
    fn drop(&mut self) {
        self.0.withdraw();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use virt_core::CallClass;

    fn call() -> CallContext {
        CallContext::new("test", CallClass::Change, Duration::from_secs(1))
    }

    fn line() -> (OwnerLine<u8>, Inbox<u8>, watch::Sender<Closing>) {
        let closing = watch::Sender::new(Closing::Open);
        let (line, inbox) = OwnerLine::new(closing.subscribe());
        (line, inbox, closing)
    }

    fn failure(result: Result<()>) -> (ErrorKind, Outcome) {
        let error = result.unwrap_err();
        (error.kind(), error.outcome())
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_not_begun_by_the_deadline_never_is() {
        let (line, mut inbox, _closing) = line();
        let late = failure(line.ask(&call(), 1).await);
        assert_eq!(late, (ErrorKind::Timeout, Outcome::NotApplied));
        assert!(!inbox.requests.recv().await.unwrap().ticket.begin());
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_begun_goes_on_past_the_deadline() {
        let (line, mut inbox, _closing) = line();
        let owner = async {
            let request = inbox.requests.recv().await.unwrap();
            assert!(request.ticket.begin());
            request
        };
        let call = call();
        let (late, request) = tokio::join!(line.ask(&call, 1), owner);
        assert_eq!(failure(late), (ErrorKind::Timeout, Outcome::Unknown));
        assert!(request.ticket.is_begun());
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_takes_back_what_still_waits() {
        let (line, mut inbox, _closing) = line();
        let call = call();
        tokio::select! {
            biased;
            _ = line.ask(&call, 1) => {}
            () = std::future::ready(()) => {}
        }
        assert!(!inbox.requests.recv().await.unwrap().ticket.begin());
    }

    #[tokio::test]
    async fn an_owner_that_had_ended_is_told_apart_from_one_that_ends_with_its_connection() {
        let (line, inbox, closing) = line();
        drop(inbox);
        assert!(matches!(line.ask_owner(&call(), 1).await, Asked::OwnerGone));
        assert_eq!(failure(line.ask(&call(), 1).await).0, ErrorKind::NotFound);
        closing.send_replace(Closing::Closed);
        let closed = failure(line.ask(&call(), 1).await);
        assert_eq!(closed, (ErrorKind::ConnectionLost, Outcome::NotApplied));
        let destroyed = failure(line.destroy(&call(), DestroyOptions::default()).await);
        assert_eq!(destroyed, (ErrorKind::ConnectionLost, Outcome::Unknown));
    }

    #[tokio::test]
    async fn an_owner_that_ends_in_the_middle_leaves_it_open_what_became_of_a_request() {
        let (line, mut inbox, _closing) = line();
        let owner = async {
            assert!(inbox.requests.recv().await.unwrap().ticket.begin());
        };
        let call = call();
        let (answer, ()) = tokio::join!(line.ask(&call, 1), owner);
        assert_eq!(failure(answer), (ErrorKind::Internal, Outcome::Unknown));
    }
}
