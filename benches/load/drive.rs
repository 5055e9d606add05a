//! Asking again and again: by `wrk`, or by clients of this program where each request is another.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::arguments::WARMING;
use crate::installation::with_client;

/// How many requests of each client do not count, where each is sent once.
const FIRST: usize = 4;

/// What came of it: answers a second, and within how many milliseconds 99 of 100 came.
#[derive(Clone, Copy, Debug)]
pub struct Driven {
    pub rate: f64,
    pub p99: f64,
}

/// The program, installed from Debian's packages if it is missing and may be.
pub fn have(program: &str, argument: &str, package: &str) {
    let there = || Command::new(program).arg(argument).output().is_ok();
    if !there() {
        let _ = Command::new("apt-get")
            .args(["install", "-y", package])
            .output();
    }
    assert!(
        there(),
        "{program} is missing: install it, such as by `apt-get install {package}`"
    );
}

/// What `wrk` is to ask for.
pub struct Asked {
    address: String,
    header: String,
    script: Option<String>,
    each: Duration,
}

impl Asked {
    pub fn get(address: String, header: &str, each: Duration) -> Self {
        Self {
            address,
            header: header.to_owned(),
            script: None,
            each,
        }
    }

    /// The same body to one of these paths after the other.
    pub fn post(origin: &str, paths: &[String], header: &str, body: &str, each: Duration) -> Self {
        let script = format!(
            "wrk.method = 'POST'\nwrk.body = [==[{body}]==]\nwrk.headers['Content-Type'] = 'application/json'\n\
             local paths, n = {{'{}'}}, 0\n\
             function request()\n  n = n + 1\n  return wrk.format(nil, paths[(n - 1) % #paths + 1])\nend\n",
            paths.join("','")
        );
        Self {
            script: Some(script),
            ..Self::get(origin.to_owned(), header, each)
        }
    }

    /// How many bytes the answer has.
    pub fn size(&self) -> usize {
        with_client(async |client| {
            let (name, value) = self.header.split_once(": ").expect("a header");
            let asked = client.get(&self.address).header(name, value);
            let answer = asked.send().await.expect("an answer");
            let status = answer.status();
            assert!(status.is_success(), "{}: {status}", self.address);
            answer.bytes().await.expect("all of it").len()
        })
    }

    /// What is refused is no answer that counts.
    pub fn rate(&self, connections: usize) -> Driven {
        self.asked_for(WARMING, connections);
        self.asked_for(self.each, connections)
    }

    fn asked_for(&self, time: Duration, connections: usize) -> Driven {
        let mut command = Command::new("wrk");
        command.args(["-t1", "--latency", &format!("-c{connections}")]);
        command.args([
            format!("-d{}s", time.as_secs()),
            "-H".to_owned(),
            self.header.clone(),
        ]);
        let script = self.script.as_ref().map(|script| {
            let mut file = tempfile::NamedTempFile::new().expect("a file");
            let counts = "function done(summary)\n  io.write('Failed: ', summary.errors.status, '\\n')\nend\n";
            write!(file, "{script}{counts}").expect("written");
            file
        });
        if let Some(script) = &script {
            command.arg("-s").arg(script.path());
        }
        let output = command.arg(&self.address).output().expect("wrk runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let figure = |name: &str| {
            let line = said
                .lines()
                .map(str::trim)
                .find_map(|line| line.strip_prefix(name));
            line.map(str::trim)
        };
        let rate: f64 = (figure("Requests/sec:").and_then(|rate| rate.parse().ok()))
            .unwrap_or_else(|| panic!("{said}{}", String::from_utf8_lossy(&output.stderr)));
        let failed: f64 = figure("Failed:")
            .or(figure("Non-2xx or 3xx responses:"))
            .and_then(|count| count.parse().ok())
            .unwrap_or(0.0);
        let failed = failed / time.as_secs_f64();
        assert!(
            failed <= rate / 2.0,
            "most of what was asked at {} is refused: {said}",
            self.address
        );
        Driven {
            rate: rate - failed,
            p99: figure("99%").map_or(f64::NAN, milliseconds),
        }
    }
}

/// What `wrk` calls `1.25ms`, `800us` or `1.20s`.
fn milliseconds(text: &str) -> f64 {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number: f64 = text.trim_end_matches(unit).parse().unwrap_or(f64::NAN);
    match unit {
        "us" => number / 1000.0,
        "ms" => number,
        "s" => number * 1000.0,
        _ => f64::NAN,
    }
}

/// A request that is sent once.
pub struct Once {
    pub path: String,
    pub token: String,
}

/// Sends each of these with the same body, `clients` at a time, until all are sent or the time is over. The first of each
/// client do not count. Each has to be answered with 201.
pub fn send_each(
    address: &str,
    requests: &[Once],
    body: &str,
    clients: usize,
    most: Duration,
) -> Driven {
    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    let mut took: Vec<(Instant, Duration)> = std::thread::scope(|scope| {
        let sending: Vec<_> = (0..clients)
            .map(|_| {
                scope.spawn(|| {
                    let mut connection = Connection::to(address);
                    let mut took = Vec::new();
                    while begun.elapsed() < WARMING + most {
                        let Some(once) = requests.get(next.fetch_add(1, Ordering::Relaxed)) else {
                            break;
                        };
                        let sent = Instant::now();
                        connection.posts(once, body);
                        took.push((sent, sent.elapsed()));
                    }
                    took.split_off(FIRST.min(took.len()))
                })
            })
            .collect();
        sending
            .into_iter()
            .flat_map(|client| client.join().expect("no panic"))
            .collect()
    });
    let counted = took.iter().map(|(sent, _)| *sent).min();
    let all = counted.unwrap_or(begun).elapsed().as_secs_f64();
    took.sort_unstable_by_key(|(_, time)| *time);
    let slow = took.get(took.len() * 99 / 100);
    Driven {
        rate: took.len() as f64 / all,
        p99: slow.map_or(f64::NAN, |(_, time)| time.as_secs_f64() * 1000.0),
    }
}

/// A connection that is kept from one request to the next.
struct Connection<'a> {
    address: &'a str,
    stream: BufReader<TcpStream>,
}

impl<'a> Connection<'a> {
    fn to(address: &'a str) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_nodelay(true).expect("it can be told so");
        Self {
            address,
            stream: BufReader::new(stream),
        }
    }

    fn posts(&mut self, once: &Once, body: &str) {
        let request = format!(
            "POST {} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            once.path,
            self.address,
            once.token,
            body.len()
        );
        let stream = self.stream.get_mut();
        stream.write_all(request.as_bytes()).expect("sent");
        let mut status = String::new();
        self.stream.read_line(&mut status).expect("an answer");
        let (mut length, mut ends) = (0, false);
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).expect("a header");
            let line = line.trim().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(text) = line.strip_prefix("content-length:") {
                length = text.trim().parse().expect("a length");
            }
            ends |= line == "connection: close";
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer).expect("all of it");
        assert!(
            status.starts_with("HTTP/1.1 201"),
            "{}: {status}{}",
            once.path,
            String::from_utf8_lossy(&answer)
        );
        if ends {
            *self = Self::to(self.address);
        }
    }
}
