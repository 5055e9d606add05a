use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::domain::notice::Fault;
use crate::mail::sample;

fn asked(url: &str) -> Result<Privacy, SmtpUrlError> {
    options(&Url::parse(url).unwrap()).map(|(privacy, _)| privacy)
}

#[test]
fn nothing_goes_over_the_net_in_the_clear_unless_somebody_chose_it() {
    assert_eq!(asked("smtp://u:p@mail.example:587"), Ok(Privacy::Required));
    assert_eq!(asked("smtp://192.0.2.1"), Ok(Privacy::Required));
    assert_eq!(
        asked("smtp://localhost.mail.example"),
        Ok(Privacy::Required)
    );
    assert_eq!(asked("smtp://mail.example?tls=none"), Ok(Privacy::None));
    assert_eq!(
        asked("smtp://mail.example?tls=opportunistic"),
        Ok(Privacy::Opportunistic)
    );
    assert_eq!(asked("smtps://mail.example"), Ok(Privacy::Implicit));
    for here in [
        "smtp://localhost:2525",
        "smtp://127.0.0.1",
        "smtp://127.8.8.8:25",
        "smtp://[::1]:25",
    ] {
        assert_eq!(asked(here), Ok(Privacy::None), "{here}");
    }
    assert_eq!(
        asked("smtp://localhost?tls=required"),
        Ok(Privacy::Required)
    );
    for wrong in [
        "smtps://mail.example?tls=none",
        "smtp://mail.example?tls=no",
        "smtp://a?x=1",
        "smtp://a?timeout=0",
        "smtp://a?timeout=1000",
        "smtp://a?timeout=soon",
        "http://a",
    ] {
        assert!(asked(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_server_has_the_name_of_what_is_shared_and_no_secrets() {
    let smtp = |url: &str| Smtp::new(&SecretString::from(url)).unwrap();
    assert_eq!(
        smtp("smtp://u:secret@mail.example?timeout=2.5").name(),
        "smtp://mail.example:587"
    );
    assert_eq!(
        smtp("smtps://u:secret@mail.example").name(),
        "smtps://mail.example:465"
    );
    assert_eq!(smtp("smtp://[::1]:25").server.host, "::1");
    let shown = format!("{:?}", smtp("smtp://u:secret@mail.example"));
    assert!(!shown.contains("secret"), "{shown}");
    let patience = smtp("smtp://mail.example?timeout=2.5").server.patience;
    assert_eq!(
        (patience.step, patience.whole),
        (Duration::from_millis(2500), Duration::from_secs(15))
    );
}

#[tokio::test]
async fn a_url_with_a_password_is_taken_and_never_repeated() {
    for url in [
        "smtp://us%40er:p%3Ass@mail.example",
        "smtps://u:secret@mail.example:465",
        "smtp://127.0.0.1:1",
    ] {
        assert!(Smtp::new(&SecretString::from(url)).is_ok(), "{url}");
    }
    let error = Smtp::new(&SecretString::from(
        "smtp://u:secret@mail.example?tls=maybe",
    ))
    .unwrap_err();
    assert!(!error.to_string().contains("secret"), "{error}");
}

/// Longer than anything here may take.
const LONG: Duration = Duration::from_secs(10);

/// A mail server that says its lines.
#[derive(Clone, Copy)]
struct Lines {
    greeting: &'static str,
    ehlo: &'static str,
    recipient: &'static str,
    end_of_data: &'static str,
    /// The command at which it falls silent; none of them if empty.
    silent_at: &'static str,
}

const WILLING: Lines = Lines {
    greeting: "220 here",
    ehlo: "250 here",
    recipient: "250 ok",
    end_of_data: "250 taken",
    silent_at: "",
};

/// Starts it on a free port; what it took is in the list.
async fn server(lines: Lines) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let taken = Arc::new(Mutex::new(Vec::new()));
    let shared = taken.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, lines, shared.clone()));
        }
    });
    (port, taken)
}

async fn converse(stream: TcpStream, lines: Lines, taken: Arc<Mutex<Vec<String>>>) {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader).lines();
    let mut answer = lines.greeting;
    loop {
        if writer
            .write_all(format!("{answer}\r\n").as_bytes())
            .await
            .is_err()
        {
            return;
        }
        let Ok(Some(line)) = reader.next_line().await else {
            return;
        };
        let command = line.split([' ', ':']).next().unwrap_or_default();
        if command == lines.silent_at {
            return std::future::pending().await;
        }
        answer = match command {
            "EHLO" => lines.ehlo,
            "RCPT" => lines.recipient,
            "DATA" => {
                writer.write_all(b"354 go on\r\n").await.unwrap();
                let mut data = String::new();
                while let Ok(Some(line)) = reader.next_line().await {
                    if line == "." {
                        break;
                    }
                    data.push_str(&line);
                    data.push('\n');
                }
                taken.lock().unwrap().push(data);
                if lines.end_of_data.is_empty() {
                    return;
                }
                lines.end_of_data
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
    }
}

async fn send(port: u16, options: &str) -> Result<(), SendError> {
    let url = SecretString::from(format!("smtp://127.0.0.1:{port}{options}"));
    Smtp::new(&url).unwrap().send(&sample::letter()).await
}

#[tokio::test]
async fn a_willing_server_takes_letters_over_one_connection() {
    let (port, taken) = server(WILLING).await;
    let smtp = Smtp::new(&SecretString::from(format!("smtp://127.0.0.1:{port}"))).unwrap();
    for _ in 0..3 {
        smtp.send(&sample::letter()).await.unwrap();
    }
    smtp.close().await;
    let taken = taken.lock().unwrap();
    assert_eq!(taken.len(), 3);
    assert!(
        taken[0].contains("Subject: [C-000123] Agents lose audio\n"),
        "{}",
        taken[0]
    );
}

#[tokio::test]
async fn a_refused_recipient_is_final() {
    let (port, taken) = server(Lines {
        recipient: "550 5.1.1 no such user",
        ..WILLING
    })
    .await;
    let refused = send(port, "").await;
    assert!(
        matches!(&refused, Err(error) if error.fault == Fault::RecipientRefused && error.detail.contains("no such user")),
        "{refused:?}"
    );
    assert!(taken.lock().unwrap().is_empty());
}

#[tokio::test]
async fn everything_else_says_what_is_at_fault() {
    for (lines, fault) in [
        (
            Lines {
                recipient: "450 4.2.0 greylisted",
                ..WILLING
            },
            Fault::RecipientDeferred,
        ),
        (
            Lines {
                recipient: "421 4.3.2 shutting down",
                ..WILLING
            },
            Fault::RecipientDeferred,
        ),
        (
            Lines {
                recipient: "550 5.7.1 relaying denied",
                ..WILLING
            },
            Fault::RecipientBlocked,
        ),
        // It refuses everybody, at the door.
        (
            Lines {
                greeting: "554 5.7.1 not you",
                ..WILLING
            },
            Fault::ServerUnavailable,
        ),
        (
            Lines {
                ehlo: "550 no service here",
                ..WILLING
            },
            Fault::ServerUnavailable,
        ),
        // It hangs up before it says whether it took the letter: the repeat bears the same message id.
        (
            Lines {
                end_of_data: "",
                ..WILLING
            },
            Fault::Interrupted,
        ),
        (
            Lines {
                end_of_data: "451 disk full",
                ..WILLING
            },
            Fault::MessageDeferred,
        ),
        (
            Lines {
                end_of_data: "554 5.7.1 looks like spam",
                ..WILLING
            },
            Fault::MessageRefused,
        ),
        (
            Lines {
                end_of_data: "garbage",
                ..WILLING
            },
            Fault::Interrupted,
        ),
    ] {
        let (port, _) = server(lines).await;
        let refused = send(port, "").await.unwrap_err();
        assert_eq!(refused.fault, fault, "{refused}");
    }
    // Nobody is there.
    let refused = send(1, "").await.unwrap_err();
    assert_eq!(refused.fault, Fault::ServerUnreachable, "{refused}");
}

#[tokio::test]
async fn a_silent_server_is_waited_for_as_long_as_its_step_may_take() {
    let steps = [
        ("EHLO", Fault::ServerUnreachable, "the connection"),
        ("MAIL", Fault::ServerUnreachable, "MAIL FROM"),
        ("RCPT", Fault::NoAnswer, "RCPT TO"),
        ("DATA", Fault::NoAnswer, "DATA"),
    ];
    let waiting = steps.map(async |(silent_at, fault, step)| {
        let (port, _) = server(Lines {
            silent_at,
            ..WILLING
        })
        .await;
        let refused = tokio::time::timeout(LONG, send(port, "?timeout=1"))
            .await
            .expect(silent_at)
            .unwrap_err();
        assert_eq!(refused.fault, fault, "{refused}");
        let said = format!("no answer to {step} within ");
        assert!(refused.detail.starts_with(&said), "{refused}");
    });
    join_all(waiting).await;
}

#[tokio::test]
async fn nobody_waits_for_a_goodbye() {
    let (port, taken) = server(Lines {
        silent_at: "QUIT",
        ..WILLING
    })
    .await;
    let smtp = Smtp::new(&SecretString::from(format!("smtp://127.0.0.1:{port}"))).unwrap();
    smtp.send(&sample::letter()).await.unwrap();
    let closed = tokio::time::timeout(LONG, smtp.close()).await;
    assert!(closed.is_ok(), "it waits for an answer to QUIT");
    assert_eq!(taken.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_refused_recipient_leaves_the_connection_to_the_next() {
    let (port, taken) = server(Lines {
        recipient: "550 5.1.1 no such user",
        ..WILLING
    })
    .await;
    let smtp = Smtp::new(&SecretString::from(format!("smtp://127.0.0.1:{port}"))).unwrap();
    for _ in 0..3 {
        let refused = smtp.send(&sample::letter()).await.unwrap_err();
        assert_eq!(refused.fault, Fault::RecipientRefused);
    }
    assert!(taken.lock().unwrap().is_empty());
    assert!(smtp.pool.take().await.is_some(), "it is kept");
    assert!(smtp.pool.take().await.is_none(), "and there is one");
}

#[tokio::test]
async fn a_server_without_starttls_gets_nothing_where_it_is_required() {
    let (port, taken) = server(WILLING).await;
    let refused = send(port, "?tls=required").await.unwrap_err();
    assert_eq!(refused.fault, Fault::EncryptionFailed, "{refused}");
    assert!(taken.lock().unwrap().is_empty());
    assert_eq!(send(port, "?tls=opportunistic").await, Ok(()));
    assert_eq!(taken.lock().unwrap().len(), 1);
}
