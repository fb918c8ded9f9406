//! Logging in with a password, or with answers to the server's questions.

use russh::client::{KeyboardInteractiveAuthResponse, Prompt};
use russh::{MethodKind, MethodSet};
use virt_core::Result;
use virt_core::credentials::{CredentialKind, CredentialRequest, Secret};

use super::{Login, Step};

/// How many times a server may ask within one attempt: a server that asks for ever is left.
const MAX_QUESTIONS: usize = 20;

impl Login<'_> {
    /// Sends the password that fitted before, or asks for one, as often as the configuration allows.
    pub(super) async fn by_password(&mut self, mut offered: MethodSet) -> Result<Step> {
        let mut asked = 0;
        while asked < self.config.password_prompts && offered.contains(&MethodKind::Password) {
            let kept = self.target.keyring.password(self.config).filter(|_| asked == 0);
            let password = match kept {
                Some(kept) => kept,
                None => {
                    let request = self.request(CredentialKind::Password).attempt(asked);
                    asked += 1;
                    match self.ask(&request).await? {
                        Some(password) => password,
                        None => {
                            self.tried.push("password: nobody gave one".to_owned());
                            return Ok(Step::Refused(offered));
                        }
                    }
                }
            };
            let user = self.config.user.as_str();
            let answer = self.handle.authenticate_password(user, password.expose()).await;
            match self.settle(answer).await? {
                Step::Refused(methods) => {
                    self.target.keyring.forget_password(self.config);
                    offered = methods;
                }
                done => {
                    self.target.keyring.keep_password(self.config, password);
                    return Ok(done);
                }
            }
        }
        self.tried.push(times("password", asked));
        Ok(Step::Refused(offered))
    }

    /// Answers the server's questions, as often as the configuration allows.
    pub(super) async fn by_questions(&mut self, mut offered: MethodSet) -> Result<Step> {
        let mut attempt = 0;
        while attempt < self.config.password_prompts && offered.contains(&MethodKind::KeyboardInteractive) {
            let Some(step) = self.one_dialogue(attempt).await? else {
                return Ok(Step::Refused(offered));
            };
            attempt += 1;
            match step {
                Step::Refused(methods) => offered = methods,
                done => return Ok(done),
            }
        }
        self.tried.push(times("keyboard-interactive", attempt));
        Ok(Step::Refused(offered))
    }

    /// One dialogue; `None`, noted, where we have no answer.
    async fn one_dialogue(&mut self, attempt: u32) -> Result<Option<Step>> {
        let user = self.config.user.as_str();
        let mut response = self
            .handle
            .authenticate_keyboard_interactive_start(user, None)
            .await;
        let mut password = None;
        let mut declined = false;
        for _ in 0..MAX_QUESTIONS {
            let prompts = match response {
                Ok(KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. }) => prompts,
                Ok(KeyboardInteractiveAuthResponse::Success) => {
                    if let Some(password) = password {
                        self.target.keyring.keep_password(self.config, password);
                    }
                    return Ok(Some(Step::In));
                }
                Ok(KeyboardInteractiveAuthResponse::Failure {
                    remaining_methods,
                    partial_success,
                }) => {
                    if declined {
                        return Ok(None);
                    }
                    if password.is_some() {
                        self.target.keyring.forget_password(self.config);
                    }
                    let answer = russh::client::AuthResult::Failure {
                        remaining_methods,
                        partial_success,
                    };
                    return Ok(Some(self.settle(Ok(answer)).await?));
                }
                Err(error) => return Ok(Some(self.settle(Err(error)).await?)),
            };
            let mut answers = Vec::with_capacity(prompts.len());
            let alone = prompts.len() == 1;
            for prompt in prompts {
                let answer = if declined {
                    None
                } else {
                    self.answer(&prompt, attempt, alone).await?
                };
                if answer.is_none() && !declined {
                    // russh lets no other method begin before this one is answered: with nothing, then.
                    declined = true;
                    let question = prompt.prompt.trim();
                    self.tried
                        .push(format!("keyboard-interactive: nobody answered {question:?}"));
                }
                if asks_for_password(&prompt, alone) {
                    password.clone_from(&answer);
                }
                answers.push(answer.map_or_else(String::new, |answer| answer.expose().to_owned()));
            }
            response = self
                .handle
                .authenticate_keyboard_interactive_respond(answers)
                .await;
        }
        self.tried
            .push("keyboard-interactive: the server did not stop asking".to_owned());
        Ok(None)
    }

    async fn answer(&mut self, prompt: &Prompt, attempt: u32, alone: bool) -> Result<Option<Secret>> {
        let is_password = asks_for_password(prompt, alone);
        if is_password
            && attempt == 0
            && let Some(kept) = self.target.keyring.password(self.config)
        {
            return Ok(Some(kept));
        }
        let kind = CredentialKind::Answer {
            prompt: prompt.prompt.clone(),
            echo: prompt.echo,
        };
        let request = self.request(kind).attempt(attempt);
        if let Some(answer) = self.ask(&request).await? {
            return Ok(Some(answer));
        }
        if !is_password {
            return Ok(None);
        }
        // Many servers ask for the password in this way: who has one should not have to know that.
        let request = self.request(CredentialKind::Password).attempt(attempt);
        self.ask(&request).await
    }

    fn request(&self, kind: CredentialKind) -> CredentialRequest {
        CredentialRequest::new(kind, self.shared.name()).user(&self.config.user)
    }
}

/// Whether a question is for the account's password: one that stands alone, is not shown, and says so.
fn asks_for_password(prompt: &Prompt, alone: bool) -> bool {
    let text = prompt.prompt.trim().to_ascii_lowercase();
    alone
        && !prompt.echo
        && text.contains("password")
        && text.ends_with(':')
        && !text.contains("one-time")
        && !text.contains("new ")
}

fn times(what: &str, count: u32) -> String {
    match count {
        1 => format!("{what}, once"),
        count => format!("{what}, {count} times"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_question_for_the_password_is_one() {
        for (text, echo, is) in [
            ("Password: ", false, true),
            ("(root@far) Password:", false, true),
            ("Password: ", true, false),
            ("New password: ", false, false),
            ("One-time password (OATH): ", false, false),
            ("Verification code: ", false, false),
        ] {
            let prompt = Prompt {
                prompt: text.to_owned(),
                echo,
            };
            assert_eq!(asks_for_password(&prompt, true), is, "{text}");
            assert!(!asks_for_password(&prompt, false), "{text}");
        }
    }
}
