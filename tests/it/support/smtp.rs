//! A real mail server that keeps what it is given, and can be in any of the moods that mail servers have.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use mailin::response::{AUTH_OK, INVALID_CREDENTIALS, OK};
use mailin::{Action, AuthMechanism, Handler, Response, Session, SessionBuilder};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::authority::Vouched;
use super::waiting::until_changed;

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Not at all, and nobody needs to say who they are.
    None,
    /// `STARTTLS`, then authentication.
    StartTls,
    /// TLS from the first byte, then authentication.
    Implicit,
}

/// What the server makes of a letter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// Takes it.
    #[default]
    Accepting,
    /// Takes none now: 450.
    Busy,
    /// Knows nobody of that name: 550.
    Refusing,
    /// Takes it and hangs up before saying so.
    HangingUp,
}

/// A letter as it arrived.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The sender of the envelope.
    pub from: String,
    /// The recipients of the envelope.
    pub to: Vec<String>,
    /// The message itself.
    pub data: Vec<u8>,
    /// Who had signed in.
    pub signed_in: Option<String>,
    /// Whether the connection was encrypted.
    pub encrypted: bool,
}

/// The server: listening from the start, gone with its last handle.
pub struct MailServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// The certificate of the authority that signed the server's, as PEM.
    pub authority: String,
    listening: Mutex<Option<JoinHandle<()>>>,
}

/// The name and the password that the server knows.
pub const CREDENTIALS: (&str, &str) = ("desk", "p@ss:word/1");

struct Shared {
    protection: Protection,
    tls: Arc<ServerConfig>,
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Default)]
struct State {
    mood: Mood,
    letters: Vec<Letter>,
    /// Connections tried, whatever came of them.
    connections: usize,
    /// Letters answered with an error.
    refused: usize,
    open: Vec<TcpStream>,
    /// Counts the times that the server went down; a listener of an earlier count stops.
    downs: usize,
}

impl MailServer {
    /// Starts a server on a free port.
    pub fn start(protection: Protection) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let (tls, authority) = certificates();
        let shared = Shared {
            protection,
            tls,
            state: Mutex::default(),
            arrived: Condvar::new(),
        };
        let address = listener.local_addr().expect("an address");
        let server = Self {
            address,
            shared: Arc::new(shared),
            authority,
            listening: Mutex::default(),
        };
        server.listen(listener);
        server
    }

    /// What to set `CASEBELL_MAIL_URL` to.
    pub fn url(&self) -> String {
        let (user, password) = CREDENTIALS;
        let password = password
            .replace('@', "%40")
            .replace(':', "%3A")
            .replace('/', "%2F");
        let port = self.address.port();
        match self.shared.protection {
            Protection::None => format!("smtp://127.0.0.1:{port}"),
            Protection::StartTls => {
                format!("smtp://{user}:{password}@localhost:{port}?tls=required")
            }
            Protection::Implicit => format!("smtps://{user}:{password}@localhost:{port}"),
        }
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Writes the authority's certificate into `folder`, for `SSL_CERT_FILE`.
    pub fn authority_in(&self, folder: &Path) -> std::path::PathBuf {
        let path = folder.join("mail-authority.pem");
        std::fs::write(&path, &self.authority).expect("the certificate is written");
        path
    }

    /// Changes what the server makes of the next letters.
    pub fn set_mood(&self, mood: Mood) {
        self.shared.state().mood = mood;
    }

    /// Stops listening and hangs up on everybody, in the middle of whatever they say.
    pub fn go_down(&self) {
        let open = {
            let mut state = self.shared.state();
            state.downs += 1;
            std::mem::take(&mut state.open)
        };
        for connection in open {
            let _ = connection.shutdown(Shutdown::Both);
        }
        // Wakes the listener, which then sees that its time is over.
        let _ = TcpStream::connect(self.address);
        let listening = self
            .listening
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let _ = listening.map(JoinHandle::join);
    }

    /// Listens again on the same port.
    pub fn come_back(&self) {
        self.listen(TcpListener::bind(self.address).expect("the port is still ours"));
    }

    /// The letters that have arrived.
    pub fn letters(&self) -> Vec<Letter> {
        self.shared.state().letters.clone()
    }

    /// Waits until `count` letters have arrived in all.
    pub fn wait_for(&self, count: usize) -> Vec<Letter> {
        self.wait(&format!("{count} letters"), |state| {
            state.letters.len() >= count
        })
        .letters
        .clone()
    }

    /// Waits until `count` letters have been refused in all.
    pub fn wait_for_refusals(&self, count: usize) {
        drop(self.wait(&format!("{count} refusals"), |state| state.refused >= count));
    }

    /// Waits until somebody has connected `count` times in all.
    pub fn wait_for_connections(&self, count: usize) {
        drop(self.wait(&format!("{count} connections"), |state| {
            state.connections >= count
        }));
    }

    fn wait(&self, what: &str, done: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        until_changed(self.shared.state(), &self.shared.arrived, done, |state| {
            let (arrived, refused) = (state.letters.len(), state.refused);
            format!("{what}, but {arrived} letters and {refused} refusals")
        })
    }

    fn listen(&self, listener: TcpListener) {
        let shared = self.shared.clone();
        let mine = shared.state().downs;
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                {
                    let mut state = shared.state();
                    if state.downs != mine {
                        return;
                    }
                    state.connections += 1;
                    shared.arrived.notify_all();
                    state.open.extend(stream.try_clone());
                }
                let (shared, handle) = (shared.clone(), stream.try_clone());
                std::thread::spawn(move || {
                    // A conversation may break off at any point; that is the other side's to notice.
                    let _ = shared.converse(stream);
                    // Other handles of the connection do not keep it open.
                    let _ = handle.and_then(|handle| handle.shutdown(Shutdown::Both));
                });
            }
        });
        *self
            .listening
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(thread);
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.go_down();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn converse(self: &Arc<Self>, stream: TcpStream) -> io::Result<()> {
        let mut builder = SessionBuilder::new("mail.casebell.test");
        if self.protection != Protection::None {
            builder
                .enable_auth(AuthMechanism::Plain)
                .enable_auth(AuthMechanism::Login);
        }
        if self.protection == Protection::StartTls {
            builder.enable_start_tls();
        } else if self.protection == Protection::Implicit {
            // The session does not know that it is inside TLS from the start.
            builder.insecure_enable_plaintext_auth();
        }
        let encrypted = Arc::new(AtomicBool::new(self.protection == Protection::Implicit));
        let clerk = Clerk {
            shared: self.clone(),
            encrypted: encrypted.clone(),
            signed_in: None,
            letter: None,
        };
        let mut session = builder.build(IpAddr::V4(Ipv4Addr::LOCALHOST), clerk);
        if self.protection == Protection::Implicit {
            let mut stream = self.encrypt(stream)?;
            reply(&mut stream, &session.greeting())?;
            return Self::exchange(&mut session, &mut BufReader::new(stream)).map(drop);
        }
        let mut stream = BufReader::new(stream);
        reply(stream.get_mut(), &session.greeting())?;
        if Self::exchange(&mut session, &mut stream)? {
            let mut stream = BufReader::new(self.encrypt(stream.into_inner())?);
            encrypted.store(true, Ordering::SeqCst);
            session.tls_active();
            Self::exchange(&mut session, &mut stream)?;
        }
        Ok(())
    }

    fn encrypt(&self, stream: TcpStream) -> io::Result<StreamOwned<ServerConnection, TcpStream>> {
        let connection = ServerConnection::new(self.tls.clone()).map_err(io::Error::other)?;
        Ok(StreamOwned::new(connection, stream))
    }

    /// Talks until the end (`false`) or until the connection is to be encrypted (`true`).
    fn exchange<S: Read + Write>(
        session: &mut Session<Clerk>,
        stream: &mut BufReader<S>,
    ) -> io::Result<bool> {
        let mut line = Vec::new();
        loop {
            line.clear();
            if stream.read_until(b'\n', &mut line)? == 0 {
                return Ok(false);
            }
            let response = session.process(&line);
            if response.code == HANGS_UP {
                return Ok(false);
            }
            if response.action != Action::NoReply {
                reply(stream.get_mut(), &response)?;
            }
            match response.action {
                Action::Close => return Ok(false),
                Action::UpgradeTls => return Ok(true),
                Action::Reply | Action::NoReply => {}
            }
        }
    }
}

/// No answer of SMTP: tells the conversation to end without one.
const HANGS_UP: u16 = 599;

fn reply(stream: &mut impl Write, response: &Response) -> io::Result<()> {
    let mut bytes = Vec::new();
    response.write_to(&mut bytes)?;
    stream.write_all(&bytes)?;
    stream.flush()
}

/// Takes down what one connection says.
struct Clerk {
    shared: Arc<Shared>,
    encrypted: Arc<AtomicBool>,
    signed_in: Option<String>,
    letter: Option<Letter>,
}

impl Clerk {
    fn sign_in(&mut self, user: &str, password: &str) -> Response {
        if (user, password) == CREDENTIALS {
            self.signed_in = Some(user.to_owned());
            AUTH_OK
        } else {
            INVALID_CREDENTIALS
        }
    }
}

impl Handler for Clerk {
    fn rcpt(&mut self, _: &str) -> Response {
        let mut state = self.shared.state();
        let refusal = match state.mood {
            Mood::Busy => Response::custom(450, "Come back later".to_owned()),
            Mood::Refusing => Response::custom(550, "No such person here".to_owned()),
            Mood::Accepting | Mood::HangingUp => return OK,
        };
        state.refused += 1;
        self.shared.arrived.notify_all();
        refusal
    }

    fn data_start(&mut self, _: &str, from: &str, _: bool, to: &[String]) -> Response {
        self.letter = Some(Letter {
            from: from.to_owned(),
            to: to.to_vec(),
            data: Vec::new(),
            signed_in: self.signed_in.clone(),
            encrypted: self.encrypted.load(Ordering::SeqCst),
        });
        OK
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(letter) = &mut self.letter {
            letter.data.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let letter = self.letter.take();
        let mut state = self.shared.state();
        state.letters.extend(letter);
        self.shared.arrived.notify_all();
        if state.mood == Mood::HangingUp {
            Response::custom(HANGS_UP, String::new())
        } else {
            OK
        }
    }

    fn auth_plain(&mut self, _: &str, user: &str, password: &str) -> Response {
        self.sign_in(user, password)
    }

    fn auth_login(&mut self, user: &str, password: &str) -> Response {
        self.sign_in(user, password)
    }
}

/// A server configuration for `localhost`, and the certificate of the authority that vouches for it.
fn certificates() -> (Arc<ServerConfig>, String) {
    let Vouched {
        authority,
        certificate,
        key,
    } = Vouched::new();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )
        .expect("a configuration");
    (Arc::new(config), authority)
}
