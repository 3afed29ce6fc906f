//! A running `pacto dashboard`, and a client that can ask it in every wrong way.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test without its server must fail, and say why")]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_mins(1);
/// Between two looks at something that tells nothing.
const LOOK: Duration = Duration::from_millis(20);
/// How long an event is waited for before it is looked anyway: numbers and diagnostics change without one.
const SILENCE: Duration = Duration::from_millis(500);

/// A server; it ends with the value.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: String,
    // In a lock only so that threads may share a server.
    lines: Mutex<Receiver<String>>,
    seen: Vec<String>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status; 0 where the connection was closed without an answer.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of a name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {}", String::from_utf8_lossy(&self.body)))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Server {
    /// Starts `command`, which is `pacto dashboard` with its arguments; a port of its own is added.
    ///
    /// # Panics
    /// When it does not start, with what it said.
    pub fn start(mut command: Command) -> Self {
        command.args(["--port", "0"]);
        Self::start_as_it_is(command)
    }

    /// Starts `command`, which says which port it takes.
    ///
    /// # Panics
    /// When it does not start, with what it said.
    pub fn start_as_it_is(mut command: Command) -> Self {
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let mut server = Self { child, address: String::new(), lines: Mutex::new(lines), seen: Vec::new() };
        let running = server.line("running at http://");
        let url = running.split("http://").nth(1).unwrap().trim();
        let url = url.split('/').next().unwrap_or(url);
        server.address = url.replace("localhost", "127.0.0.1").replace("0.0.0.0", "127.0.0.1");
        server
    }

    /// Waits for a line on stderr that contains `text`.
    ///
    /// # Panics
    /// When there is none in time.
    pub fn line(&mut self, text: &str) -> String {
        if let Some(known) = self.seen.iter().find(|line| line.contains(text)) {
            return known.clone();
        }
        let until = Instant::now() + PATIENCE;
        while let Ok(line) =
            self.lines.get_mut().unwrap().recv_timeout(until.saturating_duration_since(Instant::now()))
        {
            self.seen.push(line.clone());
            if line.contains(text) {
                return line;
            }
        }
        panic!("no line with {text:?} came; there were:\n{}", self.seen.join("\n"));
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks with GET.
    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    /// Asks with POST and a JSON body.
    pub fn post(&self, path: &str, body: &str) -> Answer {
        self.ask("POST", path, &[("content-type", "application/json")], body)
    }

    /// Asks; a `host` among the headers stands instead of the right one.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "host") {
            let _ = write!(request, "host: {}\r\n", self.address);
        }
        for (name, value) in headers {
            let _ = write!(request, "{name}: {value}\r\n");
        }
        if !body.is_empty() {
            let _ = write!(request, "content-length: {}\r\n", body.len());
        }
        self.raw(format!("{request}\r\n{body}").as_bytes())
    }

    /// Sends bytes as they are, and reads until the server closes.
    ///
    /// # Panics
    /// When the server cannot be reached, or does not close in time.
    pub fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect();
        // A server that refuses in the middle of a request closes while we still write.
        let _ = stream.write_all(request);
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        parse(&bytes)
    }

    /// A connection.
    ///
    /// # Panics
    /// When there is none.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Asks until `is_there` is satisfied with the JSON of an answer.
    ///
    /// # Panics
    /// When it never is, with the last answer.
    pub fn wait(&self, path: &str, is_there: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + PATIENCE;
        let mut events = self.events();
        loop {
            let answer = self.get(path);
            if answer.status == 200 {
                let value = answer.json();
                if is_there(&value) {
                    return value;
                }
            }
            assert!(Instant::now() < until, "{path} never was as it should be: {}", answer.text());
            events.wait_for_any();
        }
    }

    /// Listens to events.
    pub fn events(&self) -> Events {
        let mut stream = self.connect();
        let request = format!("GET /api/events HTTP/1.1\r\nhost: {}\r\n\r\n", self.address);
        stream.write_all(request.as_bytes()).unwrap();
        Events { reader: BufReader::new(stream) }
    }

    /// Sends a signal, such as `TERM`, and waits for the end: the exit code, if it ended by itself.
    ///
    /// # Panics
    /// When it does not end.
    pub fn stop(&mut self, signal: &str) -> Option<i32> {
        let killed =
            Command::new("kill").args([&format!("-{signal}"), &self.child.id().to_string()]).status();
        assert!(killed.unwrap().success());
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < until, "the server does not end");
            // The system tells of the end of a child only to who waits without a limit.
            std::thread::sleep(LOOK);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A stream of events.
#[derive(Debug)]
pub struct Events {
    reader: BufReader<TcpStream>,
}

impl Events {
    /// The next event of a name; others are passed over.
    ///
    /// # Panics
    /// When none comes in time.
    pub fn next(&mut self, name: &str) -> Value {
        let mut current = String::new();
        let mut line = String::new();
        loop {
            line.clear();
            let read = self.reader.read_line(&mut line).unwrap();
            assert!(read > 0, "the stream ended before an event {name}");
            if let Some(event) = line.strip_prefix("event: ") {
                event.trim().clone_into(&mut current);
            }
            if let Some(data) = line.strip_prefix("data: ").filter(|_| current == name) {
                return serde_json::from_str(data).unwrap();
            }
        }
    }

    /// Waits until something is told, or for a while.
    fn wait_for_any(&mut self) {
        // What comes late is seen by the look that follows.
        let _ = self.reader.get_ref().set_read_timeout(Some(SILENCE));
        let told = self.reader.fill_buf().map(<[u8]>::len);
        match told {
            // A server that tells nothing: no listener more, or none without a token.
            Ok(0) => std::thread::sleep(LOOK),
            Ok(length) => self.reader.consume(length),
            Err(_) => {}
        }
    }

    /// Whether the server has ended the stream.
    pub fn is_over(&mut self) -> bool {
        let mut rest = Vec::new();
        self.reader.read_to_end(&mut rest).is_ok()
    }
}

fn parse(bytes: &[u8]) -> Answer {
    let split = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let Some(split) = split else { return Answer { status: 0, headers: Vec::new(), body: bytes.to_vec() } };
    let head = String::from_utf8_lossy(&bytes[..split]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap_or(0);
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let is_chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = &bytes[split + 4..];
    let body = if is_chunked { unchunk(body) } else { body.to_vec() };
    Answer { status, headers, body }
}

fn unchunk(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = body.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(String::from_utf8_lossy(&body[..end]).trim(), 16).unwrap_or(0);
        if size == 0 || body.len() < end + 2 + size {
            break;
        }
        whole.extend_from_slice(&body[end + 2..end + 2 + size]);
        body = body.get(end + 4 + size..).unwrap_or_default();
    }
    whole
}
