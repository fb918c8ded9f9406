//! One client's connection to the fake.

use std::io;
use std::sync::Mutex;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::answer::{envelope, fault, message};
use super::{State, VsphereAnswer, built_in, locked};

/// How long a request may be, in bytes.
const LONGEST: usize = 16 << 20;

/// The cookie of the only session there is.
const COOKIE: &str = "vmware_soap_session=\"fake\"";

/// A request.
struct Asked {
    method: String,
    has_session: bool,
    text: String,
}

/// Serves the client until either side closes.
pub(super) async fn serve(stream: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    while let Some(asked) = request(&mut stream).await? {
        let (answer, gives_cookies) = {
            let mut state = locked(state);
            state.now += 1;
            state.most_at_once = state.most_at_once.max(state.now);
            let answer = state.decide(&asked.method, asked.has_session, &asked.text);
            (answer, !state.has_no_cookies)
        };
        let goes_on = send(&mut stream, answer, &asked, gives_cookies).await;
        locked(state).now -= 1;
        if !goes_on? {
            return Ok(());
        }
    }
    Ok(())
}

/// Reads a request; `None` where there is none any more.
async fn request(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Asked>> {
    let (mut first, mut length, mut has_session) = (None, 0, false);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or_default(),
            "cookie" => has_session = value.trim() == COOKIE,
            _ => {}
        }
        first.get_or_insert_with(|| line.to_owned());
    }
    let mut body = vec![0; length.min(LONGEST)];
    stream.read_exact(&mut body).await?;
    let text = String::from_utf8_lossy(&body).into_owned();
    let first = first.unwrap_or_default();
    // Files are named by how they are asked for: `GET /folder`.
    let method = match first.strip_prefix("POST /sdk") {
        Some(_) => called(&text).to_owned(),
        None => first.split(['?', ' ']).take(2).collect::<Vec<_>>().join(" "),
    };
    Ok(Some(Asked {
        method,
        has_session,
        text,
    }))
}

/// The name of the element in a request's body.
fn called(text: &str) -> &str {
    let inside = text.split_once("Body>").map_or("", |(_, inside)| inside);
    let name = inside.trim_start_matches('<');
    name.split([' ', '>', '/']).next().unwrap_or_default()
}

/// Sends an answer; `false` where nothing more comes over this connection.
async fn send(
    stream: &mut BufReader<TcpStream>,
    answer: VsphereAnswer,
    asked: &Asked,
    gives_cookies: bool,
) -> io::Result<bool> {
    let headers: Vec<String> = match asked.method.as_str() {
        "Login" if gives_cookies => vec![format!("Set-Cookie: {COOKIE}; Path=/; HttpOnly")],
        _ => Vec::new(),
    };
    let bytes = match answer {
        VsphereAnswer::Soap(inside) => message(200, &headers, &envelope(&inside)),
        VsphereAnswer::Fault(name, said) => message(500, &[], &envelope(&fault(&name, &said))),
        VsphereAnswer::Text(text) => message(200, &headers, &text),
        VsphereAnswer::Status(status, more, text) => message(status, &more, &text),
        VsphereAnswer::Raw(bytes) => {
            stream.write_all(&bytes).await?;
            stream.shutdown().await?;
            // What the client says to that is of no interest, but it is not cut off.
            gone(stream).await?;
            return Ok(false);
        }
        VsphereAnswer::Stalls(bytes) => {
            stream.write_all(&bytes).await?;
            gone(stream).await?;
            return Ok(false);
        }
        VsphereAnswer::Endless(head, piece) => {
            stream.write_all(&head).await?;
            loop {
                stream.write_all(&piece).await?;
            }
        }
        VsphereAnswer::Trickle(pause) => {
            let usual = built_in::answer(&asked.method, asked.has_session, &asked.text);
            let VsphereAnswer::Soap(inside) = usual else {
                return Ok(false);
            };
            for byte in message(200, &headers, &envelope(&inside)) {
                stream.write_all(&[byte]).await?;
                tokio::time::sleep(pause).await;
            }
            return Ok(true);
        }
        VsphereAnswer::AsUsual | VsphereAnswer::Close => return Ok(false),
        VsphereAnswer::Silence => {
            gone(stream).await?;
            return Ok(false);
        }
    };
    stream.write_all(&bytes).await?;
    Ok(true)
}

/// Waits until the client has gone.
async fn gone(stream: &mut BufReader<TcpStream>) -> io::Result<()> {
    const LONG: Duration = Duration::from_secs(600);
    let mut nothing = Vec::new();
    drop(tokio::time::timeout(LONG, stream.read_to_end(&mut nothing)).await);
    Ok(())
}
