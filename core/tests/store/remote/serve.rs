//! A server on this machine that answers as it is told, however wrongly.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

/// How a request is answered.
#[derive(Clone)]
pub(super) enum Answer {
    /// These bytes under this tag; 304 when the tag is what was asked about.
    Tagged(&'static str, Vec<u8>),
    /// These bytes under this tag, whatever was asked about.
    Always(&'static str, Vec<u8>),
    Status(u16),
    /// Nothing, and the connection stays open.
    Hang,
    /// A start of the bytes, and then nothing.
    Stall(Vec<u8>),
    /// The connection is closed half-way through the bytes.
    HalfClose(Vec<u8>),
    /// It is closed before a word is said.
    Close,
    /// The length that is said is not the length that is sent.
    Lie(usize, Vec<u8>),
    /// Without end, under the length that is said.
    Flood(usize),
}

/// A server that answers as it is told. It ends with the test.
pub(super) struct Server {
    pub(super) url: String,
    answer: Arc<Mutex<Answer>>,
    asked: Receiver<Option<String>>,
}

impl Server {
    pub(super) fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hub.bundle", listener.local_addr().unwrap());
        let (answer, (told, asked)) = (Arc::new(Mutex::new(answer)), channel());
        let shared = Arc::clone(&answer);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (answer, told) = (Arc::clone(&shared), told.clone());
                std::thread::spawn(move || serve(stream.unwrap(), &answer, &told));
            }
        });
        Self { url, answer, asked }
    }

    pub(super) fn answers(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    /// The tags that were asked about since the last time.
    pub(super) fn asked_about(&self) -> Vec<Option<String>> {
        self.asked.try_iter().collect()
    }

    /// Waits until it is asked.
    pub(super) fn wait_until_asked(&self) {
        self.asked.recv_timeout(std::time::Duration::from_secs(60)).unwrap();
    }
}

/// Answers the requests of one connection. A client that goes away ends it.
fn serve(stream: TcpStream, answer: &Mutex<Answer>, told: &Sender<Option<String>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(tag) = request(&mut reader) {
        let answer = answer.lock().unwrap().clone();
        // The test may be over.
        _ = told.send(tag.clone());
        if respond(&stream, &answer, tag.as_deref()).is_err() {
            return;
        }
    }
}

/// The tag that a request asks about; `None` when there is no request any more.
fn request(reader: &mut BufReader<TcpStream>) -> Option<Option<String>> {
    let mut tag = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            return Some(tag);
        }
        if let Some((name, value)) = line.split_once(": ")
            && name.eq_ignore_ascii_case("if-none-match")
        {
            tag = Some(value.to_owned());
        }
    }
}

fn respond(mut stream: &TcpStream, answer: &Answer, tag: Option<&str>) -> std::io::Result<()> {
    let mut ok = |tag: &str, length: usize, body: &[u8]| {
        write!(stream, "HTTP/1.1 200 OK\r\nETag: {tag}\r\nContent-Length: {length}\r\n\r\n")?;
        stream.write_all(body)
    };
    match answer {
        Answer::Tagged(now, _) if tag == Some(now) => {
            write!(stream, "HTTP/1.1 304 Not Modified\r\nETag: {now}\r\n\r\n")
        }
        Answer::Tagged(now, body) | Answer::Always(now, body) => ok(now, body.len(), body),
        Answer::Status(status) => {
            write!(stream, "HTTP/1.1 {status} So\r\nContent-Length: 0\r\n\r\n")
        }
        Answer::Hang => Ok(()),
        Answer::Stall(body) => ok("\"s\"", body.len(), &body[..body.len() / 2]),
        Answer::HalfClose(body) => {
            ok("\"h\"", body.len(), &body[..body.len() / 2])?;
            stream.shutdown(Shutdown::Both)
        }
        Answer::Close => stream.shutdown(Shutdown::Both),
        Answer::Lie(length, body) => {
            ok("\"l\"", *length, body)?;
            stream.shutdown(Shutdown::Both)
        }
        Answer::Flood(length) => {
            ok("\"f\"", *length, b"")?;
            loop {
                stream.write_all(&[b'x'; 65_536])?;
            }
        }
    }
}
