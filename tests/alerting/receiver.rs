//! Somebody on loopback who is called.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use serde_json::Value;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_mins(1);

/// Answers every request with the next of its answers, and with the last one from then on.
pub(crate) struct Ear {
    pub(crate) url: String,
    heard: Receiver<Heard>,
}

/// A request.
#[derive(Debug)]
pub(crate) struct Heard {
    /// Method and target.
    pub(crate) line: String,
    pub(crate) body: String,
}

impl Ear {
    /// `answers` are a status line's rest and a body.
    pub(crate) fn open(answers: &'static [(&'static str, &'static str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hush", listener.local_addr().unwrap());
        let (tell, heard) = mpsc::channel();
        std::thread::spawn(move || {
            let mut answers = answers.iter();
            let mut answer = &("200 OK", "");
            while let Ok((mut stream, _)) = listener.accept() {
                let Some(request) = read(&mut stream) else { continue };
                answer = answers.next().unwrap_or(answer);
                let (status, body) = answer;
                let length = body.len();
                drop(write!(
                    stream,
                    "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                ));
                if tell.send(request).is_err() {
                    return;
                }
            }
        });
        Self { url, heard }
    }

    /// The next request, which must come.
    pub(crate) fn next(&self) -> Heard {
        self.heard.recv_timeout(PATIENCE).expect("nobody called")
    }

    /// What has come and nobody asked for yet.
    pub(crate) fn rest(&self) -> Vec<Heard> {
        self.heard.try_iter().collect()
    }
}

impl Heard {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

fn read(stream: &mut TcpStream) -> Option<Heard> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).ok()?;
        bytes.extend_from_slice(&buffer[..count]);
        let request = String::from_utf8_lossy(&bytes).into_owned();
        let whole = request.split_once("\r\n\r\n").and_then(|(head, body)| {
            let length = head.to_lowercase().lines().find_map(|line| {
                line.strip_prefix("content-length: ").and_then(|it| it.parse::<usize>().ok())
            });
            let line = head.lines().next().unwrap_or_default().to_owned();
            (body.len() >= length.unwrap_or(0)).then(|| Heard { line, body: body.to_owned() })
        });
        if whole.is_some() || count == 0 {
            return whole;
        }
    }
}
