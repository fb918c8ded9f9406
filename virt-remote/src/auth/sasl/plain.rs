//! PLAIN (RFC 4616): the password as it is.

use zeroize::Zeroizing;

use super::fault::SaslFault;
use super::mechanism::{Exchange, SaslUser};

/// A login by PLAIN.
#[derive(Debug)]
pub(super) struct Plain {
    user: SaslUser,
    sent: bool,
}

impl Plain {
    pub(super) fn new(user: SaslUser) -> Self {
        Self { user, sent: false }
    }
}

impl Exchange for Plain {
    fn begin(&mut self) -> Result<Option<Vec<u8>>, SaslFault> {
        let user = &self.user;
        let acts_as = user.acts_as.as_deref().unwrap_or_default();
        let message = Zeroizing::new(format!("{acts_as}\0{}\0{}", user.name, *user.password));
        if message.matches('\0').count() != 2 {
            return Err(SaslFault::Unusable(
                "a user's name or the password holds a NUL character".to_owned(),
            ));
        }
        self.sent = true;
        Ok(Some(message.as_bytes().to_vec()))
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

    fn user(password: &str) -> SaslUser {
        SaslUser {
            name: "tim".to_owned(),
            password: password.to_owned().into(),
            ..SaslUser::default()
        }
    }

    #[test]
    fn the_message_is_that_of_the_rfc() {
        let mut plain = Plain::new(user("tanstaaftanstaaf"));
        assert!(!plain.is_done());
        let message = plain.begin().expect("a message").expect("a message");
        assert_eq!(message, b"\0tim\0tanstaaftanstaaf");
        assert!(plain.is_done());
        let mut plain = Plain::new(SaslUser {
            acts_as: Some("Ursel".to_owned()),
            ..user("xipj3plmq")
        });
        let message = plain.begin().expect("a message").expect("a message");
        assert_eq!(message, b"Ursel\0tim\0xipj3plmq");
        assert_eq!(plain.answer(b"more"), Err(SaslFault::OutOfOrder));
    }

    #[test]
    fn a_nul_does_not_become_another_users_name() {
        let fault = Plain::new(user("a\0b")).begin().expect_err("a refusal");
        assert!(matches!(fault, SaslFault::Unusable(_)));
    }
}
