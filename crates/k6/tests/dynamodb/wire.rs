//! A wire is an endpoint that notes every request and answers as a test says.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// What was asked: the headers as they came, and the body.
#[derive(Clone, Debug)]
pub struct Asked {
    pub headers: String,
    pub body: Value,
}

/// An endpoint on a thread of its own, which ends with the process.
pub struct Wire {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Wire {
    /// Gives these answers in turn, the last of them for ever.
    pub fn answering(answers: &[(u16, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let answers: VecDeque<_> =
            answers.iter().map(|(status, body)| (*status, (*body).to_owned())).collect();
        let (notes, answers) = (asked.clone(), Arc::new(Mutex::new(answers)));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (notes, answers) = (notes.clone(), answers.clone());
                std::thread::spawn(move || serve(stream.unwrap(), &notes, &answers));
            }
        });
        Self { url, asked }
    }

    /// Answers everything with 200 and nothing in it.
    pub fn empty() -> Self {
        Self::answering(&[(200, "{}")])
    }

    /// All that was asked.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, notes: &Mutex<Vec<Asked>>, answers: &Mutex<VecDeque<(u16, String)>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let mut headers = String::new();
        while !headers.ends_with("\r\n\r\n") {
            if lines.read_line(&mut headers).unwrap_or(0) == 0 {
                return;
            }
        }
        let length = headers.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length").then(|| value.parse().unwrap())
        });
        let mut body = vec![0; length.unwrap_or(0)];
        lines.read_exact(&mut body).unwrap();
        notes.lock().unwrap().push(Asked { headers, body: serde_json::from_slice(&body).unwrap() });
        let mut answers = answers.lock().unwrap();
        let (status, body) =
            if answers.len() > 1 { answers.pop_front().unwrap() } else { answers[0].clone() };
        drop(answers);
        let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n", body.len());
        if stream.write_all(format!("{head}{body}").as_bytes()).is_err() {
            return;
        }
    }
}
