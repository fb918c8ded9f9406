//! One client's connection to the fake.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

use super::message::{self, CALL, CONTINUE, ERROR, FakeHeader, MESSAGE, OK, REPLY, STREAM, STREAM_HOLE};
use super::{FakeCall, FakeDaemon, FakePiece, FakeReply, KEEPALIVE};

/// What is to be done on the client's connection.
#[derive(Debug)]
pub(super) enum Out {
    Bytes(Vec<u8>),
    CloseWriting,
    Close,
}

type Sender = mpsc::UnboundedSender<Out>;

/// Serves the client until either side closes.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
    fake: &FakeDaemon,
    stream: S,
    (out, mut outgoing): (Sender, mpsc::UnboundedReceiver<Out>),
) {
    let (mut read, mut write) = tokio::io::split(stream);
    let writing = async {
        while let Some(out) = outgoing.recv().await {
            let written = match out {
                Out::Bytes(bytes) => write.write_all(&bytes).await,
                Out::CloseWriting => write.shutdown().await,
                Out::Close => return,
            };
            if written.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = writing => {}
        () = listen(fake, &mut read, &out) => {}
    }
}

async fn listen<R: AsyncRead + Unpin>(fake: &FakeDaemon, read: &mut R, out: &Sender) {
    let mut reading = fake.inner.reading.subscribe();
    loop {
        if reading.wait_for(|reading| *reading).await.is_err() {
            return;
        }
        let Some((header, payload)) = message::read(read).await else {
            return;
        };
        // A message that was already on its way when the fake froze waits, too.
        if reading.wait_for(|reading| *reading).await.is_err() {
            return;
        }
        match (header.program, header.kind) {
            (KEEPALIVE, MESSAGE) => keepalive(fake, out, &header),
            (_, CALL) => {
                let reply = decide(fake, &header, payload);
                act(fake, out, &header, reply);
            }
            (_, STREAM | STREAM_HOLE) => piece(fake, out, &header, &payload),
            _ => return,
        }
    }
}

fn keepalive(fake: &FakeDaemon, out: &Sender, header: &FakeHeader) {
    let mut state = fake.state();
    if header.number != 1 {
        state.pongs += 1;
        return;
    }
    state.pings += 1;
    if !state.deaf_to_pings {
        send(out, &FakeHeader::event(KEEPALIVE, 2), &[]);
    }
}

fn decide(fake: &FakeDaemon, header: &FakeHeader, args: Vec<u8>) -> FakeReply {
    let number = (header.program, header.number);
    let handler = {
        let mut state = fake.state();
        state.in_flight += 1;
        state.most_in_flight = state.most_in_flight.max(state.in_flight);
        state.calls.push(FakeCall {
            program: header.program,
            number: header.number,
            serial: header.serial,
            args: args.clone(),
        });
        let once = state.once.get_mut(&number);
        if let Some(reply) = once.and_then(std::collections::VecDeque::pop_front) {
            return reply;
        }
        state.handlers.get(&number).map(Arc::clone)
    };
    // Called without the lock: a handler may use the fake.
    match handler {
        Some(handler) => handler(&args),
        None => FakeReply::Error(39, 7, format!("unknown procedure: {}", header.number)),
    }
}

fn act(fake: &FakeDaemon, out: &Sender, header: &FakeHeader, reply: FakeReply) {
    let ok = header.answering(REPLY, OK);
    match reply {
        FakeReply::After(delay, reply) => {
            let (fake, out, header) = (fake.clone(), out.clone(), header.clone());
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                act(&fake, &out, &header, *reply);
            });
            return;
        }
        FakeReply::Events(events, reply) => {
            for (program, number, payload) in events {
                send(out, &FakeHeader::event(program, number), &payload);
            }
            return act(fake, out, header, *reply);
        }
        FakeReply::Then(reply, events) => {
            act(fake, out, header, *reply);
            for (program, number, payload) in events {
                send(out, &FakeHeader::event(program, number), &payload);
            }
            return;
        }
        FakeReply::Silence => return,
        _ => fake.state().in_flight -= 1,
    }
    match reply {
        FakeReply::Return(result) => send(out, &ok, &result),
        FakeReply::Error(code, domain, text) => {
            send(
                out,
                &header.answering(REPLY, ERROR),
                &message::error(code, domain, &text),
            );
        }
        FakeReply::Refusal(error) => send(out, &header.answering(REPLY, ERROR), &error),
        FakeReply::Twice(result) => {
            send(out, &ok, &result);
            send(out, &ok, &result);
        }
        FakeReply::WrongSerial(result) => {
            let serial = header.serial.wrapping_add(1_000_000);
            send(out, &FakeHeader { serial, ..ok.clone() }, &result);
            send(out, &ok, &result);
        }
        FakeReply::WrongProcedure(result) => {
            let number = header.number + 1;
            send(out, &FakeHeader { number, ..ok }, &result);
        }
        FakeReply::Stream(result, pieces) => {
            send(out, &ok, &result);
            for piece in pieces {
                send_piece(out, header, piece);
            }
        }
        FakeReply::Bytes(bytes) => pass(out, Out::Bytes(bytes)),
        FakeReply::CloseInMessage => {
            let reply = message::encode(&ok, &[0; 8]);
            pass(out, Out::Bytes(reply.get(..20).unwrap_or_default().to_vec()));
            pass(out, Out::Close);
        }
        _ => pass(out, Out::Close),
    }
}

fn send_piece(out: &Sender, header: &FakeHeader, piece: FakePiece) {
    let going_on = header.answering(STREAM, CONTINUE);
    match piece {
        FakePiece::Data(data) => send(out, &going_on, &data),
        FakePiece::Hole(length) => {
            let hole = [length.to_be_bytes().as_slice(), &[0; 4]].concat();
            send(out, &header.answering(STREAM_HOLE, CONTINUE), &hole);
        }
        FakePiece::End => send(out, &going_on, &[]),
        FakePiece::Finish => send(out, &header.answering(STREAM, OK), &[]),
        FakePiece::Abort(code, domain, text) => send(
            out,
            &header.answering(STREAM, ERROR),
            &message::error(code, domain, &text),
        ),
    }
}

fn piece(fake: &FakeDaemon, out: &Sender, header: &FakeHeader, payload: &[u8]) {
    let piece = match (header.kind, header.status) {
        (STREAM_HOLE, _) => FakePiece::Hole(
            payload
                .first_chunk()
                .map(|length| u64::from_be_bytes(*length))
                .unwrap_or_default(),
        ),
        (_, CONTINUE) => FakePiece::Data(payload.to_vec()),
        (_, OK) => FakePiece::Finish,
        _ => FakePiece::Abort(0, 0, String::new()),
    };
    if matches!(piece, FakePiece::Finish | FakePiece::Abort(..)) {
        send(out, &header.answering(STREAM, OK), &[]);
    }
    fake.state().pieces.entry(header.serial).or_default().push(piece);
}

fn send(out: &Sender, header: &FakeHeader, payload: &[u8]) {
    pass(out, Out::Bytes(message::encode(header, payload)));
}

fn pass(out: &Sender, what: Out) {
    // Fails where the client has just gone.
    let _unheard = out.send(what);
}
