//! The way through a proxy: HTTP's CONNECT (RFC 9110, 9.3.6), SOCKS 4, 4a and 5 (RFC 1928).

use std::io;
use std::net::IpAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::endpoint::{Proxy, ProxyKind, bracketed};

/// How much of a proxy's answer is read before it is none.
const LONGEST_ANSWER: usize = 16 * 1024;

/// Has the proxy at the other end of this stream connect us to a server.
pub(super) async fn pass(stream: &mut TcpStream, proxy: &Proxy, host: &str, port: u16) -> io::Result<()> {
    match proxy.kind {
        ProxyKind::Http => connect(stream, host, port).await,
        ProxyKind::Socks4 => {
            let address =
                tokio::net::lookup_host((host, port))
                    .await?
                    .find_map(|address| match address.ip() {
                        IpAddr::V4(address) => Some(address),
                        IpAddr::V6(_) => None,
                    });
            let address = address.ok_or_else(|| {
                io::Error::other("SOCKS 4 knows IPv4 only, and the server has no such address")
            })?;
            socks4(stream, address.octets(), None, port).await
        }
        // An address that cannot be one says that a name follows.
        ProxyKind::Socks4a => socks4(stream, [0, 0, 0, 1], Some(host), port).await,
        ProxyKind::Socks5 => socks5(stream, host, port).await,
    }
}

async fn connect(stream: &mut TcpStream, host: &str, port: u16) -> io::Result<()> {
    let to = format!("{}:{port}", bracketed(host));
    let request = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    // Byte by byte: what follows the answer is the server's.
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() >= LONGEST_ANSWER {
            return Err(io::Error::other("the proxy's answer has no end"));
        }
        answer.push(stream.read_u8().await?);
    }
    let line = String::from_utf8_lossy(&answer);
    let line = line.lines().next().unwrap_or_default();
    let status = line.split_ascii_whitespace().nth(1).unwrap_or_default();
    if line.starts_with("HTTP/1.") && status.starts_with('2') {
        return Ok(());
    }
    Err(io::Error::other(format!("the proxy answers {line:?}")))
}

async fn socks4(stream: &mut TcpStream, address: [u8; 4], name: Option<&str>, port: u16) -> io::Result<()> {
    let mut request = vec![4, 1];
    request.extend(port.to_be_bytes());
    request.extend(address);
    // Nobody's name, and its end.
    request.push(0);
    if let Some(name) = name {
        request.extend(name.as_bytes());
        request.push(0);
    }
    stream.write_all(&request).await?;
    let mut answer = [0; 8];
    stream.read_exact(&mut answer).await?;
    match answer {
        [0, 90, ..] => Ok(()),
        [_, code, ..] => Err(io::Error::other(format!(
            "the proxy refuses (SOCKS 4 code {code})"
        ))),
    }
}

async fn socks5(stream: &mut TcpStream, host: &str, port: u16) -> io::Result<()> {
    // One way to log in: none.
    stream.write_all(&[5, 1, 0]).await?;
    let mut answer = [0; 2];
    stream.read_exact(&mut answer).await?;
    if answer != [5, 0] {
        return Err(io::Error::other("the proxy is no SOCKS 5, or wants a login"));
    }
    let mut request = vec![5, 1, 0];
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => {
            request.push(1);
            request.extend(address.octets());
        }
        Ok(IpAddr::V6(address)) => {
            request.push(4);
            request.extend(address.octets());
        }
        Err(_) => {
            let length = u8::try_from(host.len())
                .map_err(|_| io::Error::other("the server's name is too long for SOCKS 5"))?;
            request.extend([3, length]);
            request.extend(host.as_bytes());
        }
    }
    request.extend(port.to_be_bytes());
    stream.write_all(&request).await?;
    let mut head = [0; 4];
    stream.read_exact(&mut head).await?;
    let [version, code, _, kind] = head;
    if version != 5 || code != 0 {
        return Err(io::Error::other(format!(
            "the proxy refuses (SOCKS 5 code {code})"
        )));
    }
    let length = match kind {
        1 => 4,
        4 => 16,
        _ => usize::from(stream.read_u8().await?),
    };
    // The address it uses itself, and its port.
    let mut rest = vec![0; length + 2];
    stream.read_exact(&mut rest).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// A proxy that expects this, answers that, and then says what the server would.
    async fn proxy(expects: &'static [u8], answers: &'static [u8]) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; expects.len()];
            stream.read_exact(&mut asked).await.unwrap();
            assert_eq!(asked, expects);
            stream.write_all(answers).await.unwrap();
            stream.write_all(b"server").await.unwrap();
        });
        port
    }

    async fn through(kind: ProxyKind, port: u16) -> io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        let proxy = Proxy {
            kind,
            host: "127.0.0.1".to_owned(),
            port,
        };
        pass(&mut stream, &proxy, "far", 443).await?;
        let mut said = [0; 6];
        stream.read_exact(&mut said).await?;
        Ok(String::from_utf8_lossy(&said).into_owned())
    }

    #[tokio::test]
    async fn http_and_socks4a_pass_on_what_the_server_says() {
        let port = proxy(
            b"CONNECT far:443 HTTP/1.1\r\nHost: far:443\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nVia: x\r\n\r\n",
        )
        .await;
        assert_eq!(through(ProxyKind::Http, port).await.unwrap(), "server");
        let port = proxy(b"\x04\x01\x01\xbb\0\0\0\x01\0far\0", b"\0\x5a\0\0\0\0\0\0").await;
        assert_eq!(through(ProxyKind::Socks4a, port).await.unwrap(), "server");
    }

    #[tokio::test]
    async fn socks5_passes_on_what_the_server_says() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut hello = [0; 3];
            stream.read_exact(&mut hello).await.unwrap();
            stream.write_all(&[5, 0]).await.unwrap();
            let mut asked = [0; 10];
            stream.read_exact(&mut asked).await.unwrap();
            assert_eq!(&asked, b"\x05\x01\0\x03\x03far\x01\xbb");
            stream
                .write_all(b"\x05\0\0\x01\x7f\0\0\x01\0\x50server")
                .await
                .unwrap();
        });
        assert_eq!(through(ProxyKind::Socks5, port).await.unwrap(), "server");
    }

    #[tokio::test]
    async fn a_refusal_is_told() {
        let port = proxy(b"CONNECT", b"HTTP/1.1 403 Forbidden\r\n\r\n").await;
        let error = through(ProxyKind::Http, port).await.unwrap_err();
        assert!(error.to_string().contains("403"), "{error}");
        let port = proxy(b"\x04", b"\0\x5b\0\0\0\0\0\0").await;
        let error = through(ProxyKind::Socks4a, port).await.unwrap_err();
        assert!(error.to_string().contains("91"), "{error}");
    }
}
