//! Questions of virtual machines: what stands still until somebody answers.

use virt_core::{CallContext, Error, ErrorKind, Outcome, Result, Subject};

use super::EsxDriver;
use crate::inventory::Machine;
use crate::server::Server;
use crate::task::ANSWER;
use crate::vim::{AnswerVm, Fault, ManagedObjectReference, VirtualMachineQuestionInfo};

impl EsxDriver {
    /// As [`Server::answering`].
    pub(super) async fn answering<T>(
        &self,
        call: &CallContext,
        machine: &ManagedObjectReference,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        self.server.answering(call, machine, work, false).await
    }

    /// The same, and a guest's lock on its CD-ROM drive is overridden.
    pub(super) async fn forcing<T>(
        &self,
        call: &CallContext,
        machine: &ManagedObjectReference,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        self.server.answering(call, machine, work, true).await
    }
}

impl Server {
    /// Waits for work on a machine; a question that it asks meanwhile is answered, where the connection may
    /// (`auto_answer=1`), else it is told. `force`: a guest's lock on its CD-ROM drive is overridden.
    pub(crate) async fn answering<T>(
        &self,
        call: &CallContext,
        machine: &ManagedObjectReference,
        work: impl Future<Output = Result<T>>,
        force: bool,
    ) -> Result<T> {
        // What was answered last. The server may tell of it for a while yet.
        let mut last = String::new();
        // One that stands still already takes nothing up before it is answered.
        if let Some((name, question)) = self.inventory.question(machine) {
            let answered = self.answer(call, machine, &name, &question, force).await;
            answered.map_err(|error| error.with_outcome(Outcome::NotApplied))?;
            last = question.id;
        }
        let asked = async {
            loop {
                let inventory = &self.inventory;
                let is_new = |machine: Option<&Machine>| {
                    let question = machine.and_then(|machine| machine.question.as_ref());
                    question.is_some_and(|question| question.id != last)
                };
                inventory.when(machine, is_new).await;
                let Some((name, question)) = inventory.question(machine) else {
                    continue;
                };
                if let Err(error) = self.answer(call, machine, &name, &question, force).await {
                    // What was begun goes on, and waits for the answer.
                    return error.with_outcome(Outcome::Unknown);
                }
                last = question.id;
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
        force: bool,
    ) -> Result<()> {
        if is_of_a_locked_tray(question) {
            return self.answer_for_tray(call, machine, name, question, force).await;
        }
        let choices = &question.choice.choice_info;
        let default = question
            .choice
            .default_index
            .and_then(|index| usize::try_from(index).ok())
            .and_then(|index| choices.get(index));
        let Some(default) = default.filter(|_| self.parameters.auto_answer) else {
            let listed: Vec<&str> = choices.iter().map(|choice| choice.label.as_str()).collect();
            let way_out = if self.parameters.auto_answer {
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
        self.give_answer(call, machine, question, &default.key).await
    }

    /// Where somebody else has answered meanwhile, that counts.
    async fn give_answer(
        &self,
        call: &CallContext,
        machine: &ManagedObjectReference,
        question: &VirtualMachineQuestionInfo,
        choice: &str,
    ) -> Result<()> {
        let answer = AnswerVm {
            this: machine.clone(),
            question_id: question.id.clone(),
            answer_choice: choice.to_owned(),
        };
        let is_over = |fault: &Fault| {
            let asks = self.inventory.question(machine);
            fault.is_a("ConcurrentAccess") || asks.is_none_or(|(_, asked)| asked.id != question.id)
        };
        match self.act(&call.at_most(ANSWER), &answer).await {
            Err(error) if error.native::<Fault>().is_some_and(is_over) => Ok(()),
            given => given,
        }
    }

    /// The guest has locked its tray: it keeps the medium, unless it is forced to let go of it.
    async fn answer_for_tray(
        &self,
        call: &CallContext,
        machine: &ManagedObjectReference,
        name: &str,
        question: &VirtualMachineQuestionInfo,
        force: bool,
    ) -> Result<()> {
        let wanted = if force { "yes" } else { "no" };
        let choices = &question.choice.choice_info;
        let says = |text: &str| {
            text.trim_start_matches('&')
                .to_ascii_lowercase()
                .starts_with(wanted)
        };
        let choice = choices
            .iter()
            .find(|choice| says(&choice.label) || says(&choice.summary));
        if let Some(choice) = choice {
            self.give_answer(call, machine, question, &choice.key).await?;
        }
        if force && choice.is_some() {
            tracing::info!(
                domain = name,
                "a guest that has locked its tray lets go of the medium"
            );
            return Ok(());
        }
        let message = "the guest has locked the tray of its drive: have it let go of the medium, or force it";
        Err(Error::new(ErrorKind::Busy, message)
            .with_outcome(Outcome::Unknown)
            .with_subject(Subject::Domain(name.to_owned())))
    }
}

/// Whether it is asked if a medium may be taken out that the guest has locked.
fn is_of_a_locked_tray(question: &VirtualMachineQuestionInfo) -> bool {
    const LOCKED: &str = "cdromdisconnect.locked";
    question.text.contains(LOCKED) || question.message.iter().any(|message| message.id.contains(LOCKED))
}
