//! Tasks that take their time, and questions.

use crate::host;
use std::time::Duration;

#[tokio::test]
async fn a_slow_task_tells_how_far_it_is_and_can_be_cancelled() {
    let Some((simulator, client)) = host().await else {
        return;
    };
    let machines = client.machines().await;
    let machine = ("VirtualMachine", machines[0].as_str());
    let control = simulator.control();
    let slow = Duration::from_millis(800);
    control
        .slow_down("PowerOffVM_Task", slow)
        .await
        .expect("a control");
    let task = client
        .call("PowerOffVM_Task", machine, "")
        .await
        .value("returnval");
    tokio::time::sleep(slow / 4).await;
    let running = client.task_info(&task).await;
    assert_eq!(running.value("state"), "running");
    assert_eq!(running.value("cancelable"), "true");
    assert!(running.value("progress").parse::<u32>().expect("a number") < 60);
    assert_eq!(client.call("CancelTask", ("Task", &task), "").await.status, 200);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let cancelled = client.task_info(&task).await;
    assert_eq!(cancelled.value("state"), "error");
    assert!(cancelled.text().contains("RequestCanceled"));
    assert_eq!(client.property(machine, "runtime.powerState").await, "poweredOn");
    assert_eq!(
        client.call("CancelTask", ("Task", &task), "").await.fault(),
        "InvalidState"
    );
    // What is not cancelled is done.
    control
        .slow_down("PowerOffVM_Task", Duration::from_millis(100))
        .await
        .expect("a control");
    let task = client
        .call("PowerOffVM_Task", machine, "")
        .await
        .value("returnval");
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(client.task_info(&task).await.value("state"), "success");
    assert_eq!(client.property(machine, "runtime.powerState").await, "poweredOff");
}

#[tokio::test]
async fn a_question_waits_for_its_answer() {
    let Some((simulator, client)) = host().await else {
        return;
    };
    let machines = client.machines().await;
    let machine = ("VirtualMachine", machines[1].as_str());
    let control = simulator.control();
    let id = control
        .ask("ha-host_VM1", "Moved or copied?", &["moved", "copied"])
        .await
        .expect("a question");
    let question = client.properties(machine, &["runtime.question"]).await;
    assert_eq!(question.value("text"), "Moved or copied?");
    assert_eq!(question.values("key"), ["0", "1"]);
    let answer = |id: &str, choice: &str| {
        format!("<questionId>{id}</questionId><answerChoice>{choice}</answerChoice>")
    };
    let wrong = client.call("AnswerVM", machine, &answer("nope", "0")).await;
    assert_eq!(wrong.fault(), "InvalidArgument");
    let wrong = client.call("AnswerVM", machine, &answer(&id, "7")).await;
    assert_eq!(wrong.fault(), "InvalidArgument");
    let right = client.call("AnswerVM", machine, &answer(&id, "1")).await;
    assert_eq!(right.status, 200);
    assert_eq!(client.property(machine, "runtime.question").await, "");
    let given = control.answers().await.expect("the answers");
    assert_eq!(given.len(), 1);
    assert_eq!(
        (given[0].machine.as_str(), given[0].choice.as_str()),
        ("ha-host_VM1", "1")
    );
}

#[tokio::test]
async fn a_task_goes_on_once_its_question_is_answered() {
    let Some((simulator, client)) = host().await else {
        return;
    };
    let machines = client.machines().await;
    let machine = ("VirtualMachine", machines[0].as_str());
    simulator
        .control()
        .ask_during("ResetVM_Task", "ha-host_VM0", "Really?", &["yes", "no"])
        .await
        .expect("a control");
    let task = client.call("ResetVM_Task", machine, "").await.value("returnval");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(client.task_info(&task).await.value("state"), "running");
    let question = client.properties(machine, &["runtime.question"]).await;
    let words = format!(
        "<questionId>{}</questionId><answerChoice>0</answerChoice>",
        question.value("id")
    );
    client.call("AnswerVM", machine, &words).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(client.task_info(&task).await.value("state"), "success");
}
