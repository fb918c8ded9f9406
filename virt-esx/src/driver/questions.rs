//! Questions of virtual machines: what stands still until somebody answers.

use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::EsxDriver;
use crate::inventory::Machine;
use crate::vim::{AnswerVm, ManagedObjectReference, VirtualMachineQuestionInfo};

impl EsxDriver {
    /// Waits for work on a machine; a question that it asks meanwhile is answered, where the connection may
    /// (`auto_answer=1`), else it is told.
    pub(super) async fn answering<T>(
        &self,
        call: &CallContext,
        machine: &ManagedObjectReference,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let asked = async {
            loop {
                self.server.inventory.until_asked(machine).await;
                let question = self.server.inventory.question(machine);
                let Some((name, question)) = question else {
                    continue;
                };
                if let Err(error) = self.answer(call, machine, &name, &question).await {
                    return error;
                }
                self.server
                    .inventory
                    .until(machine, |machine| is_answered(machine, &question))
                    .await;
            }
        };
        tokio::select! {
            biased;
            done = work => done,
            error = asked => Err(error),
        }
    }

    async fn answer(
        &self,
        call: &CallContext,
        machine: &ManagedObjectReference,
        name: &str,
        question: &VirtualMachineQuestionInfo,
    ) -> Result<()> {
        let choices = &question.choice.choice_info;
        let default = question
            .choice
            .default_index
            .and_then(|index| usize::try_from(index).ok())
            .and_then(|index| choices.get(index));
        let Some(default) = default.filter(|_| self.server.parameters.auto_answer) else {
            let listed: Vec<&str> = choices.iter().map(|choice| choice.label.as_str()).collect();
            let way_out = if self.server.parameters.auto_answer {
                "the server says no answer by default: give one there"
            } else {
                "give one at the server, or open the connection with auto_answer=1"
            };
            let message = format!(
                "the machine asks {:?} ({}) and waits for an answer: {way_out}",
                question.text.trim(),
                listed.join(", ")
            );
            return Err(Error::new(ErrorKind::Busy, message)
                .with_outcome(Outcome::Unknown)
                .with_subject(Subject::Domain(name.to_owned())));
        };
        tracing::info!(domain = name, question = %question.text, answer = %default.label, "a question is answered");
        let answer = AnswerVm {
            this: machine.clone(),
            question_id: question.id.clone(),
            answer_choice: default.key.clone(),
        };
        self.server.act(call, &answer).await
    }
}

fn is_answered(machine: Option<&Machine>, question: &VirtualMachineQuestionInfo) -> bool {
    machine
        .and_then(|machine| machine.question.as_ref())
        .is_none_or(|asked| asked.id != question.id)
}
