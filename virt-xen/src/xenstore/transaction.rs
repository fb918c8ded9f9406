//! Several changes at once.

use virt_core::{CallContext, Error, ErrorKind, Outcome, Result};

use super::connection::{Xenstore, said};
use super::error::{self, XenstoreErrno};
use super::message::{MessageKind, malformed, split};
use super::owner::Request;

/// How often changes are tried that others get between, as long as the call has time.
const TRIES: usize = 100;

/// Several reads and changes that are as one: what is read is as it was at its beginning, and the changes are there all at
/// once, or not at all (`XS_TRANSACTION_START`, `XS_TRANSACTION_END`).
///
/// # Cancel safety
/// Dropped before it was [committed](Self::commit), nothing has changed.
#[derive(Debug)]
pub struct Transaction {
    store: Xenstore,
    number: u32,
    is_over: bool,
}

impl Transaction {
    pub(super) async fn begin(store: &Xenstore, call: &CallContext) -> Result<Self> {
        let answer = store
            .ask(call, MessageKind::TransactionStart, 0, vec![0], "/")
            .await?;
        let words = split(&answer)?;
        let number = words.first().and_then(|word| word.parse().ok());
        let number = number.ok_or_else(|| malformed("a transaction without a number"))?;
        Ok(Self {
            store: store.clone(),
            number,
            is_over: false,
        })
    }

    /// The connection as it is within the transaction: what is asked and changed through it belongs to it.
    #[must_use]
    pub fn store(&self) -> Xenstore {
        self.store.within(self.number)
    }

    /// Makes the changes known, all at once.
    ///
    /// # Errors
    /// `Busy` when others have changed the same meanwhile: nothing has changed then, and it can be done again from its
    /// beginning. [`Xenstore::transact`] does that by itself.
    ///
    /// # Cancel safety
    /// When dropped, it is not known whether the changes were made.
    pub async fn commit(mut self, call: &CallContext) -> Result<()> {
        let ended = self
            .store
            .ask(
                call,
                MessageKind::TransactionEnd,
                self.number,
                b"T\0".to_vec(),
                "/",
            )
            .await;
        // Until it is answered it may not have been sent: then it is given up, which does nothing to one that was made known.
        self.is_over = match &ended {
            Ok(_) => true,
            Err(error) => error.native::<XenstoreErrno>().is_some(),
        };
        said(&ended?)
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        self.store.link.send_unheard(Request {
            kind: MessageKind::TransactionEnd,
            transaction: self.number,
            payload: b"F\0".to_vec(),
            answer: None,
        });
    }
}

impl Xenstore {
    /// Begins a transaction.
    ///
    /// # Errors
    /// `ResourceExhausted` when this domain has as many as it may have; `ConnectionLost`.
    pub async fn begin(&self, call: &CallContext) -> Result<Transaction> {
        Transaction::begin(self, call).await
    }

    /// Does something in a transaction, and again where others got between.
    ///
    /// # Errors
    /// What `work` fails with, and then nothing has changed; `Busy` when others got between again and again.
    ///
    /// # Cancel safety
    /// Dropped, nothing has changed, or all has.
    pub async fn transact<T, W>(&self, call: &CallContext, work: W) -> Result<T>
    where
        W: AsyncFn(&Xenstore) -> Result<T>,
    {
        for _ in 0..TRIES {
            let transaction = self.begin(call).await?;
            let result = work(&transaction.store()).await?;
            match transaction.commit(call).await {
                Ok(()) => return Ok(result),
                Err(error) if error::is(&error, "EAGAIN") => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::new(
            ErrorKind::Busy,
            "others change the same in xenstore again and again",
        )
        .with_outcome(Outcome::NotApplied))
    }
}
