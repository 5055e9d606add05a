//! A mail server that does one thing wrong, at one step of the conversation, until it is told to be well.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::waiting::until_changed;

/// A step of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The connection: a server that is too busy, or lets nobody in, says so and hangs up.
    Connect,
    /// The greeting.
    Greeting,
    /// `EHLO`.
    Ehlo,
    /// `STARTTLS`, and the handshake behind it.
    StartTls,
    /// `AUTH`.
    SignIn,
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`.
    Recipient,
    /// `DATA`.
    Data,
    /// The answer to the message.
    Message,
    /// `RSET`, before the next letter on a kept connection.
    Reset,
    /// `QUIT`.
    Quit,
}

impl Step {
    /// All of them, in the order of the conversation.
    pub const ALL: [Self; 11] = [
        Self::Connect,
        Self::Greeting,
        Self::Ehlo,
        Self::StartTls,
        Self::SignIn,
        Self::Sender,
        Self::Recipient,
        Self::Data,
        Self::Message,
        Self::Reset,
        Self::Quit,
    ];
}

/// What goes wrong at the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// A refusal for now.
    Later,
    /// A refusal for good.
    Never,
    /// The connection is reset.
    Reset,
    /// Nothing is said any more.
    Silence,
}

impl How {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Later, Self::Never, Self::Reset, Self::Silence];
}

/// A letter that was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// To whom.
    pub to: String,
    /// The message.
    pub data: String,
}

impl Taken {
    /// `Message-ID`.
    pub fn id(&self) -> &str {
        let line = self
            .data
            .lines()
            .find_map(|line| line.strip_prefix("Message-ID: "));
        line.unwrap_or_default()
    }
}

/// The server, gone with this.
pub struct Scripted {
    address: SocketAddr,
    shared: Arc<Shared>,
    _stop: oneshot::Sender<()>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    wrong: Option<(Step, How)>,
    hangs_at: HashSet<String>,
    taken: Vec<Taken>,
    connections: usize,
    reached: usize,
}

impl Scripted {
    /// Starts on a free port.
    pub fn start() -> Self {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared::default());
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = shared.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).expect("a listener");
                tokio::select! {
                    () = accept(&listener, &serving) => {}
                    _ = stopped => {}
                }
            });
        });
        Self {
            address,
            shared,
            _stop: stop,
        }
    }

    /// What to set `CASEBELL_MAIL_URL` to, so that an answer is waited for as many seconds as are given.
    pub fn url(&self, timeout: f64) -> String {
        let port = self.address.port();
        format!("smtp://desk:secret@127.0.0.1:{port}?tls=opportunistic&timeout={timeout}")
    }

    /// From now on this goes wrong.
    pub fn goes_wrong(&self, step: Step, how: How) {
        self.shared.state().wrong = Some((step, how));
    }

    /// From now on nothing goes wrong.
    pub fn is_well(&self) {
        self.shared.state().wrong = None;
    }

    /// From now on nothing is said to who names this recipient.
    pub fn hangs_at(&self, recipient: &str) {
        self.shared.state().hangs_at.insert(recipient.to_owned());
    }

    /// The letters that were taken, the oldest first.
    pub fn taken(&self) -> Vec<Taken> {
        self.shared.state().taken.clone()
    }

    /// How often somebody connected.
    pub fn connections(&self) -> usize {
        self.shared.state().connections
    }

    /// Waits until so many letters were taken in all.
    pub fn wait_for(&self, count: usize) -> Vec<Taken> {
        self.wait(&format!("{count} letters"), |state| {
            state.taken.len() >= count
        })
        .taken
        .clone()
    }

    /// Waits until the step that goes wrong, or a recipient at whom it hangs, was reached so many times in all.
    pub fn wait_until_wrong(&self, count: usize) {
        drop(self.wait(&format!("{count} wrong steps"), |state| {
            state.reached >= count
        }));
    }

    fn wait(&self, what: &str, done: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        until_changed(self.shared.state(), &self.shared.changed, done, |state| {
            let (letters, wrong) = (state.taken.len(), state.reached);
            format!("{what}, but {letters} letters and {wrong} wrong steps")
        })
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What goes wrong at this step, if anything does.
    fn at(&self, step: Step) -> Option<How> {
        let mut state = self.state();
        let (wrong, how) = state.wrong?;
        if wrong != step {
            return None;
        }
        state.reached += 1;
        self.changed.notify_all();
        Some(how)
    }

    fn hangs(&self, recipient: &str) -> bool {
        let mut state = self.state();
        let hangs = state.hangs_at.contains(recipient);
        if hangs {
            state.reached += 1;
            self.changed.notify_all();
        }
        hangs
    }
}

async fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        shared.state().connections += 1;
        let shared = shared.clone();
        tokio::spawn(async move {
            // A conversation may break off at any point; that is the other side's to notice.
            let _ = converse(stream, &shared).await;
        });
    }
}

/// How a conversation ends.
enum Ends {
    /// As it should.
    Quietly,
    /// With a reset.
    Reset,
    /// Never, as far as this side is concerned.
    Silently,
}

async fn converse(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    match speak(&mut stream, shared).await? {
        Ends::Quietly => {}
        Ends::Reset => stream.get_ref().set_zero_linger()?,
        Ends::Silently => {
            // Until the other side hangs up.
            let mut line = Vec::new();
            while stream.read_until(b'\n', &mut line).await? > 0 {
                line.clear();
            }
        }
    }
    Ok(())
}

async fn speak(stream: &mut BufReader<TcpStream>, shared: &Shared) -> std::io::Result<Ends> {
    for (step, refusals) in [
        (Step::Connect, ["421 4.3.2 too busy", "554 5.7.1 not you"]),
        (
            Step::Greeting,
            ["450 4.3.2 later", "554 5.3.2 no mail here"],
        ),
    ] {
        match shared.at(step) {
            None => {}
            Some(How::Later) => return refuse(stream, step, refusals[0]).await,
            Some(How::Never) => return refuse(stream, step, refusals[1]).await,
            Some(How::Reset) => return Ok(Ends::Reset),
            Some(How::Silence) => return Ok(Ends::Silently),
        }
    }
    say(stream, "220 scripted.test").await?;
    let (mut line, mut recipient) = (String::new(), String::new());
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(Ends::Quietly);
        }
        let verb = line.split([' ', ':', '\r']).next().unwrap_or_default();
        let (step, answer) = match verb {
            "EHLO" => (Some(Step::Ehlo), ehlo(shared)),
            "STARTTLS" => (Some(Step::StartTls), "220 go ahead".to_owned()),
            "AUTH" => (Some(Step::SignIn), "235 2.7.0 welcome".to_owned()),
            "MAIL" => (Some(Step::Sender), "250 2.1.0 ok".to_owned()),
            "RCPT" => {
                recipient = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                if shared.hangs(&recipient) {
                    return Ok(Ends::Silently);
                }
                (Some(Step::Recipient), "250 2.1.5 ok".to_owned())
            }
            "DATA" => (Some(Step::Data), "354 go on".to_owned()),
            "RSET" => (Some(Step::Reset), "250 2.0.0 ok".to_owned()),
            "QUIT" => (Some(Step::Quit), "221 2.0.0 bye".to_owned()),
            _ => (None, "500 5.5.2 what?".to_owned()),
        };
        let wrong = step.and_then(|step| shared.at(step));
        let answer = match wrong {
            None => answer,
            Some(How::Later) => "451 4.3.0 later".to_owned(),
            Some(How::Never) if step == Some(Step::Recipient) => {
                format!("550 5.1.1 <{recipient}> is no user here")
            }
            Some(How::Never) => "554 5.3.0 never".to_owned(),
            // Of an encrypted connection, the handshake is what breaks.
            Some(how) if step == Some(Step::StartTls) => {
                say(stream, &answer).await?;
                return Ok(match how {
                    How::Reset => Ends::Reset,
                    _ => Ends::Silently,
                });
            }
            Some(How::Reset) => return Ok(Ends::Reset),
            Some(How::Silence) => return Ok(Ends::Silently),
        };
        say(stream, &answer).await?;
        if answer.starts_with("221") {
            return Ok(Ends::Quietly);
        }
        if answer.starts_with("354") {
            let data = message(stream).await?;
            let answer = match shared.at(Step::Message) {
                None => {
                    let mut state = shared.state();
                    let to = recipient.clone();
                    state.taken.push(Taken { to, data });
                    shared.changed.notify_all();
                    "250 2.0.0 taken"
                }
                Some(How::Later) => "452 4.3.1 disk full",
                Some(How::Never) => "554 5.7.1 looks like spam",
                Some(How::Reset) => return Ok(Ends::Reset),
                Some(How::Silence) => return Ok(Ends::Silently),
            };
            say(stream, answer).await?;
        }
    }
}

/// Encryption is offered where it is to break: this server has no certificate that anybody would trust.
fn ehlo(shared: &Shared) -> String {
    let breaks = shared
        .state()
        .wrong
        .is_some_and(|(step, _)| step == Step::StartTls);
    let starttls = if breaks { "250-STARTTLS\r\n" } else { "" };
    format!("250-scripted.test\r\n{starttls}250-8BITMIME\r\n250 AUTH PLAIN LOGIN")
}

async fn message(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let (mut data, mut line) = (String::new(), String::new());
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == ".\r\n" {
            return Ok(data);
        }
        data.push_str(&line);
    }
}

async fn refuse(
    stream: &mut BufReader<TcpStream>,
    step: Step,
    answer: &str,
) -> std::io::Result<Ends> {
    say(stream, answer).await?;
    // Who refuses at the greeting leaves the line open.
    Ok(match step {
        Step::Greeting => Ends::Silently,
        _ => Ends::Quietly,
    })
}

async fn say(stream: &mut BufReader<TcpStream>, line: &str) -> std::io::Result<()> {
    stream.write_all(format!("{line}\r\n").as_bytes()).await
}
