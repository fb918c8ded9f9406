//! What can be asked of a simulator beside its API: faults, and what it has been called.

use super::super::error::{LiveError, Result};
use super::calls::Calls;
use serde::Deserialize;
use std::fmt::Display;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The control of a running simulator.
///
/// Every method fails with [`LiveError`] when the simulator does not answer, or does not know what is named to it.
#[derive(Debug, Clone)]
pub struct Control {
    address: String,
}

/// An answer that was given to a question.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct GivenAnswer {
    /// The name of the machine.
    pub machine: String,
    /// The id of the question.
    pub question: String,
    /// The key of the choice.
    pub choice: String,
}

/// A device of a machine, as the simulator's library has it: whatever was asked for through the API.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ToldDevice {
    /// The API's name of its type.
    pub kind: String,
    /// Its key.
    pub key: i32,
    /// The key of its controller; 0 for none.
    pub controller: i32,
    /// Its unit there.
    pub unit: Option<i32>,
    /// The API's name of the type of what it is made of, or connected to.
    pub backing: String,
    /// The file, the network, the host's device or the address that it is made of, or connected to.
    pub name: String,
    /// The address of a card.
    pub address: String,
    /// The size of a disk, in bytes.
    pub capacity: i64,
    /// Whether it is connected.
    pub connected: bool,
}

impl Control {
    pub(super) fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
        }
    }

    /// Ends all sessions, as time or an administrator would; how many there were. Whoever waits for updates is told.
    ///
    /// # Errors
    /// As all of them.
    pub async fn end_sessions(&self) -> std::result::Result<u64, LiveError> {
        self.post("end-sessions", &[]).await
    }

    /// Has sessions that nobody uses last so long, from now on; for ever where it is zero. Whoever only waits for updates
    /// does not use one.
    ///
    /// # Errors
    /// As all of them.
    pub async fn end_idle_sessions_after(&self, time: Duration) -> std::result::Result<(), LiveError> {
        self.tell("idle", &[("ms", &time.as_millis())]).await
    }

    /// Answers the next `calls` with 503.
    ///
    /// # Errors
    /// As all of them.
    pub async fn be_unavailable(&self, calls: u32) -> std::result::Result<(), LiveError> {
        self.tell("unavailable", &[("n", &calls)]).await
    }

    /// Resets the connection of each of the next `calls`, before it is looked at.
    ///
    /// # Errors
    /// As all of them.
    pub async fn reset_connections(&self, calls: u32) -> std::result::Result<(), LiveError> {
        self.tell("reset", &[("n", &calls)]).await
    }

    /// Delays the next call of this method. Said twice, it is of the next two.
    ///
    /// # Errors
    /// As all of them.
    pub async fn delay(&self, method: &str, time: Duration) -> std::result::Result<(), LiveError> {
        self.tell("delay", &[("method", &method), ("ms", &time.as_millis())])
            .await
    }

    /// Locks an account: it cannot log in, even with the right password.
    ///
    /// # Errors
    /// As all of them.
    pub async fn lock(&self, user: &str) -> std::result::Result<(), LiveError> {
        self.tell("lock", &[("user", &user)]).await
    }

    /// Unlocks it.
    ///
    /// # Errors
    /// As all of them.
    pub async fn unlock(&self, user: &str) -> std::result::Result<(), LiveError> {
        self.tell("unlock", &[("user", &user)]).await
    }

    /// Has the task of the next call of this method, such as `PowerOnVM_Task`, run so long; it tells how far it is, and
    /// can be cancelled. Said twice, it is of the next two.
    ///
    /// # Errors
    /// As all of them.
    pub async fn slow_down(&self, method: &str, time: Duration) -> std::result::Result<(), LiveError> {
        self.tell("slow", &[("method", &method), ("ms", &time.as_millis())])
            .await
    }

    /// Cuts the next update that tells of more than one object after its first; the rest comes with the next call.
    ///
    /// # Errors
    /// As all of them.
    pub async fn truncate_next_update(&self) -> std::result::Result<(), LiveError> {
        self.tell("truncate", &[]).await
    }

    /// Crashes the handler of the next call that asks for this property, `HostSystem.capability`: the connection ends
    /// without an answer.
    ///
    /// # Errors
    /// As all of them.
    pub async fn crash_at(&self, property: &str) -> std::result::Result<(), LiveError> {
        self.tell("crash", &[("property", &property)]).await
    }

    /// From here on there is room for so many bytes: a file that is larger is refused, and so is a disk that takes its room
    /// at once.
    ///
    /// # Errors
    /// As all of them.
    pub async fn leave_room(&self, bytes: u32) -> std::result::Result<(), LiveError> {
        self.tell("room", &[("bytes", &bytes)]).await
    }

    /// Ends the connection of the next file that is read after so many bytes. Said twice, it is of the next two.
    ///
    /// # Errors
    /// As all of them.
    pub async fn cut_next_file(&self, bytes: u32) -> std::result::Result<(), LiveError> {
        self.tell("cut", &[("bytes", &bytes)]).await
    }

    /// Refuses questions about the performance of more machines than these at once, as a vCenter does that is so configured;
    /// 0 for any number.
    ///
    /// # Errors
    /// As all of them.
    pub async fn measure_at_most(&self, machines: u32) -> std::result::Result<(), LiveError> {
        self.tell("most-measured", &[("n", &machines)]).await
    }

    /// Puts a question to a machine, and returns the question's id. The keys of the choices are `0` and on.
    ///
    /// # Errors
    /// As all of them.
    pub async fn ask(
        &self,
        machine: &str,
        text: &str,
        choices: &[&str],
    ) -> std::result::Result<String, LiveError> {
        let choices = choices.join(",");
        self.post(
            "question",
            &[("vm", &machine), ("text", &text), ("choices", &choices)],
        )
        .await
    }

    /// Puts a question to a machine when this method is called next: its task goes on once the question is answered.
    ///
    /// # Errors
    /// As all of them.
    pub async fn ask_during(
        &self,
        method: &str,
        machine: &str,
        text: &str,
        choices: &[&str],
    ) -> std::result::Result<(), LiveError> {
        let choices = choices.join(",");
        let parameters: [(&str, &(dyn Display + Sync)); 4] = [
            ("method", &method),
            ("vm", &machine),
            ("text", &text),
            ("choices", &choices),
        ];
        self.tell("question", &parameters).await
    }

    /// The answers that were given to questions, the oldest first.
    ///
    /// # Errors
    /// As all of them.
    pub async fn answers(&self) -> std::result::Result<Vec<GivenAnswer>, LiveError> {
        self.post("answers", &[]).await
    }

    /// What was struck at a machine's keyboard, in order: numbers of USB with the modifiers that were held before them,
    /// such as `leftControl+0x4c`; `nmi` for that button.
    ///
    /// # Errors
    /// As all of them.
    pub async fn keys(&self, machine: &str) -> std::result::Result<Vec<String>, LiveError> {
        self.post("keys", &[("vm", &machine)]).await
    }

    /// From here on there are no pictures by `/screen`.
    ///
    /// # Errors
    /// As all of them.
    pub async fn take_no_pictures_by_url(&self) -> std::result::Result<(), LiveError> {
        self.tell("no-screens", &[]).await
    }

    /// Takes the tools from a machine's guest, as if they had never been installed.
    ///
    /// # Errors
    /// As all of them.
    pub async fn remove_tools(&self, machine: &str) -> std::result::Result<(), LiveError> {
        self.tell("tools", &[("vm", &machine), ("running", &false)]).await
    }

    /// Gives them back.
    ///
    /// # Errors
    /// As all of them.
    pub async fn restore_tools(&self, machine: &str) -> std::result::Result<(), LiveError> {
        self.tell("tools", &[("vm", &machine), ("running", &true)]).await
    }

    /// Makes a disk of that many KiB, which no machine has: `[datastore] dir/file.vmdk`.
    ///
    /// # Errors
    /// As all of them.
    pub async fn make_disk(&self, path: &str, kib: u64) -> std::result::Result<(), LiveError> {
        self.tell("make-disk", &[("path", &path), ("kib", &kib)]).await
    }

    /// Makes a file of that many bytes, all of them 0.
    ///
    /// # Errors
    /// As all of them.
    pub async fn make_file(&self, path: &str, bytes: u64) -> std::result::Result<(), LiveError> {
        self.tell("make-file", &[("path", &path), ("bytes", &bytes)])
            .await
    }

    /// Removes a file.
    ///
    /// # Errors
    /// As all of them.
    pub async fn remove_file(&self, path: &str) -> std::result::Result<(), LiveError> {
        self.tell("remove-file", &[("path", &path)]).await
    }

    /// Whether a file is there.
    ///
    /// # Errors
    /// As all of them.
    pub async fn has_file(&self, path: &str) -> std::result::Result<bool, LiveError> {
        self.post("has-file", &[("path", &path)]).await
    }

    /// The devices of a machine.
    ///
    /// # Errors
    /// As all of them.
    pub async fn devices(&self, machine: &str) -> std::result::Result<Vec<ToldDevice>, LiveError> {
        self.post("devices", &[("vm", &machine)]).await
    }

    /// How many calls there were.
    ///
    ///
    /// # Errors
    /// As all of them.
    pub async fn calls(&self) -> std::result::Result<Calls, LiveError> {
        let said = self.request("GET", "counts", &[]).await?;
        let counts = serde_json::from_str(&said);
        counts.map(Calls::new).map_err(|_| unexpected("counts", &said))
    }

    /// Begins to count from nothing, and returns what was counted until now.
    ///
    /// # Errors
    /// As all of them.
    pub async fn reset_calls(&self) -> std::result::Result<Calls, LiveError> {
        let said = self.request("POST", "reset-counts", &[]).await?;
        let counts = serde_json::from_str(&said);
        counts
            .map(Calls::new)
            .map_err(|_| unexpected("reset-counts", &said))
    }

    async fn tell(&self, name: &str, parameters: &[(&str, &(dyn Display + Sync))]) -> Result<()> {
        self.request("POST", name, parameters).await.map(drop)
    }

    async fn post<T: serde::de::DeserializeOwned>(
        &self,
        name: &str,
        parameters: &[(&str, &(dyn Display + Sync))],
    ) -> Result<T> {
        let said = self.request("POST", name, parameters).await?;
        serde_json::from_str(&said).map_err(|_| unexpected(name, &said))
    }

    async fn request(
        &self,
        method: &str,
        name: &str,
        parameters: &[(&str, &(dyn Display + Sync))],
    ) -> Result<String> {
        let query: Vec<String> = parameters
            .iter()
            .map(|(name, value)| format!("{name}={}", escaped(&value.to_string())))
            .collect();
        let request = format!(
            "{method} /control/{name}?{} HTTP/1.0\r\nHost: {}\r\nContent-Length: 0\r\n\r\n",
            query.join("&"),
            self.address
        );
        let said = self.exchange(&request).await.map_err(|error| {
            LiveError::Unexpected(format!("the simulator's control does not answer: {error}"))
        })?;
        let (head, body) = said.split_once("\r\n\r\n").unwrap_or((&said, ""));
        match head.split(' ').nth(1) {
            Some("200") => Ok(body.to_owned()),
            _ => Err(unexpected(name, body)),
        }
    }

    async fn exchange(&self, request: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(&self.address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut said = String::new();
        stream.read_to_string(&mut said).await?;
        Ok(said)
    }
}

fn unexpected(name: &str, said: &str) -> LiveError {
    LiveError::Unexpected(format!(
        "the simulator's control {name} answered: {}",
        said.trim()
    ))
}

/// A value as it stands in a query.
fn escaped(value: &str) -> String {
    let mut out = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_for_a_query() {
        assert_eq!(escaped("a b&c=ä"), "a%20b%26c%3D%C3%A4");
    }
}
