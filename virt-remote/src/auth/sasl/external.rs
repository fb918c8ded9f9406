//! EXTERNAL (RFC 4422, appendix A): the daemon knows who we are from the way we came.

use super::fault::SaslFault;
use super::mechanism::Exchange;

/// A login by EXTERNAL.
#[derive(Debug)]
pub(super) struct External {
    acts_as: Option<String>,
    sent: bool,
}

impl External {
    pub(super) fn new(acts_as: Option<String>) -> Self {
        Self { acts_as, sent: false }
    }
}

impl Exchange for External {
    fn begin(&mut self) -> Result<Option<Vec<u8>>, SaslFault> {
        self.sent = true;
        Ok(Some(self.acts_as.clone().unwrap_or_default().into_bytes()))
    }

    fn answer(&mut self, said: &[u8]) -> Result<Option<Vec<u8>>, SaslFault> {
        match said {
            [] if self.sent => Ok(None),
            _ => Err(SaslFault::OutOfOrder),
        }
    }

    fn is_done(&self) -> bool {
        self.sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_whom_to_act_as_or_nothing() {
        let mut external = External::new(None);
        assert_eq!(external.begin(), Ok(Some(Vec::new())));
        assert_eq!(external.answer(b""), Ok(None));
        assert!(external.is_done());
        assert_eq!(
            External::new(Some("fred".to_owned())).begin(),
            Ok(Some(b"fred".to_vec()))
        );
    }
}
