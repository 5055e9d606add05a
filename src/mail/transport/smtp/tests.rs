use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::mail::sample;

fn asked(url: &str) -> Result<Privacy, SmtpUrlError> {
    privacy(&Url::parse(url).unwrap())
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
        "http://a",
    ] {
        assert!(asked(wrong).is_err(), "{wrong}");
    }
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

#[test]
fn only_what_concerns_the_recipient_is_final() {
    for (code, answer) in [
        (
            550,
            "permanent error (550): 5.1.1 <x@y.example>: Recipient address rejected",
        ),
        (550, "permanent error (550): no such user here"),
        (552, "5.2.2 mailbox full"),
        (553, "5.1.3 bad address"),
        (554, "5.7.1 message refused"),
        (550, "5.6.0 content"),
    ] {
        assert!(refuses_recipient(code, answer), "{code} {answer}");
    }
    for (code, answer) in [
        (421, "4.3.2 shutting down"),
        (450, "4.2.0 greylisted"),
        (530, "5.7.0 Must issue a STARTTLS command first"),
        (535, "5.7.8 Authentication credentials invalid"),
        (550, "5.7.0 authentication required"),
        (553, "5.1.8 sender domain not found"),
        (554, "5.3.0 no mail service here"),
        (503, "bad sequence"),
    ] {
        assert!(!refuses_recipient(code, answer), "{code} {answer}");
    }
}

/// A mail server that says its lines.
#[derive(Clone, Copy)]
struct Lines {
    greeting: &'static str,
    ehlo: &'static str,
    recipient: &'static str,
    end_of_data: &'static str,
}

const WILLING: Lines = Lines {
    greeting: "220 here",
    ehlo: "250 here",
    recipient: "250 ok",
    end_of_data: "250 taken",
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
        answer = match line.split([' ', ':']).next().unwrap_or_default() {
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
        matches!(&refused, Err(SendError::Permanent(why)) if why.contains("no such user")),
        "{refused:?}"
    );
    assert!(taken.lock().unwrap().is_empty());
}

#[tokio::test]
async fn everything_else_is_a_matter_of_time() {
    let lines = [
        Lines {
            recipient: "450 4.2.0 greylisted",
            ..WILLING
        },
        Lines {
            recipient: "421 4.3.2 shutting down",
            ..WILLING
        },
        // It refuses everybody, at the door.
        Lines {
            greeting: "554 5.7.1 not you",
            ..WILLING
        },
        Lines {
            greeting: "554 no service here",
            ..WILLING
        },
        // It hangs up before it says whether it took the letter: the repeat bears the same message id.
        Lines {
            end_of_data: "",
            ..WILLING
        },
        Lines {
            end_of_data: "451 disk full",
            ..WILLING
        },
        Lines {
            end_of_data: "garbage",
            ..WILLING
        },
    ];
    for lines in lines {
        let (port, _) = server(lines).await;
        let refused = send(port, "").await;
        assert!(
            matches!(refused, Err(SendError::Temporary(_))),
            "{refused:?}"
        );
    }
    // Nobody is there.
    let refused = send(1, "").await;
    assert!(
        matches!(refused, Err(SendError::Temporary(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_server_without_starttls_gets_nothing_where_it_is_required() {
    let (port, taken) = server(WILLING).await;
    let refused = send(port, "?tls=required").await;
    assert!(
        matches!(refused, Err(SendError::Temporary(_))),
        "{refused:?}"
    );
    assert!(taken.lock().unwrap().is_empty());
    assert_eq!(send(port, "?tls=opportunistic").await, Ok(()));
    assert_eq!(taken.lock().unwrap().len(), 1);
}
