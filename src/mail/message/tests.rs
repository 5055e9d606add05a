use mail_parser::{HeaderValue as Parsed, MessageParser};

use super::*;
use crate::credentials::{read_mute_token, read_unsubscribe_token};
use crate::domain::notice::{Matter, NoticeKind};
use crate::mail::sample;

fn rendered() -> Rendered {
    Rendered {
        subject: "Re: [C-000123] Übertragung – 30 s".to_owned(),
        text: "Grüße\n\n=_not a boundary\n.\nFrom here\n".to_owned(),
        html: format!("<p>Grüße {}</p>\n", "x".repeat(3000)),
    }
}

fn notice() -> Notice {
    let mut notice = sample::complete(NoticeKind::EscalationAccepted).remove(0);
    notice.to.name = "Dána Cole".to_owned();
    notice
}

#[test]
fn both_parts_and_the_threading_headers_survive_the_way() {
    let notice = notice();
    let letter = Letter::new(&notice, &rendered(), &sample::letterhead()).unwrap();
    let parsed = MessageParser::default().parse(letter.bytes()).unwrap();
    assert_eq!(parsed.subject(), Some("Re: [C-000123] Übertragung – 30 s"));
    assert_eq!(
        parsed.body_text(0).unwrap().replace("\r\n", "\n"),
        rendered().text
    );
    assert_eq!(
        parsed.body_html(0).unwrap().replace("\r\n", "\n"),
        rendered().html
    );
    let to = parsed.to().unwrap().first().unwrap();
    assert_eq!(
        (to.name(), to.address()),
        (Some("Dána Cole"), Some("dana.cole@acme.example"))
    );
    assert_eq!(
        parsed.message_id(),
        Some(notice.message_id.trim_matches(['<', '>']))
    );
    let first = Parsed::Text("first@support.northstar.example".into());
    assert_eq!(parsed.in_reply_to(), &first);
    assert_eq!(parsed.references(), &first);
    assert_eq!(parsed.date().unwrap().to_rfc3339(), "2026-03-03T09:14:00Z");
    for (name, value) in [
        ("Auto-Submitted", "auto-generated"),
        ("X-Casebell-Notice", "escalation_accepted"),
    ] {
        assert_eq!(parsed.header(name).and_then(Parsed::as_text), Some(value));
    }
    assert!(
        letter
            .bytes()
            .split(|byte| *byte == b'\n')
            .all(|line| line.len() < 998),
        "a line is too long"
    );
}

#[test]
fn what_one_can_do_without_says_how_to_have_no_more_of_it() {
    let letterhead = sample::letterhead();
    for kind in NoticeKind::ALL {
        for notice in sample::all(*kind) {
            let letter = Letter::new(&notice, &rendered(), &letterhead).unwrap();
            let text = String::from_utf8(letter.bytes().to_vec()).unwrap();
            let header = |name: &str| {
                let name = format!("{name}: ");
                let mut lines = text.split("\r\n");
                lines
                    .find_map(|line| line.strip_prefix(&name))
                    .map(str::to_owned)
            };
            let (link, post) = (header("List-Unsubscribe"), header("List-Unsubscribe-Post"));
            assert_eq!(link.is_some(), kind.is_optional(), "{kind}");
            let Some(link) = link else {
                assert_eq!(post, None);
                continue;
            };
            assert_eq!(post.as_deref(), Some("List-Unsubscribe=One-Click"));
            let link = link
                .strip_prefix('<')
                .and_then(|link| link.strip_suffix('>'));
            let (site, token) = link.unwrap().rsplit_once('/').unwrap();
            assert_eq!(site, "https://support.northstar.example/unsubscribe");
            let (key, person) = (&letterhead.key, notice.to.person.unwrap());
            let named = read_unsubscribe_token(key, token);
            match &notice.payload.matter {
                // F7: of a new entry, its feed is muted.
                Matter::Case(matter) if *kind == NoticeKind::EntryPosted => {
                    let muted = (person, matter.case.number, matter.feed());
                    assert_eq!(read_mute_token(key, token), Some(muted));
                    assert_eq!(named, None);
                }
                _ => assert_eq!(named, Some((person, *kind))),
            }
        }
    }
}

#[test]
fn the_first_of_a_thread_refers_to_nothing() {
    let mut notice = notice();
    notice.in_reply_to = None;
    let letter = Letter::new(&notice, &rendered(), &sample::letterhead()).unwrap();
    let text = String::from_utf8(letter.bytes().to_vec()).unwrap();
    assert!(
        !text.contains("In-Reply-To:") && !text.contains("References:"),
        "{text}"
    );
}

#[test]
fn a_repeat_is_the_same_to_the_byte() {
    let notice = notice();
    let write = || {
        Letter::new(&notice, &rendered(), &sample::letterhead())
            .unwrap()
            .bytes()
            .to_vec()
    };
    assert_eq!(write(), write());
}

#[test]
fn nothing_that_somebody_wrote_becomes_a_header_or_a_part() {
    let mut notice = notice();
    let injection = "x\r\nBcc: all@acme.example\r\n\r\nbody";
    notice.to.name = format!("{injection} \"<other@evil.example>, ");
    let mut rendered = rendered();
    rendered.subject = injection.to_owned();
    rendered.text = format!("--=_{}--\r\n\r\nBcc: all@acme.example", notice.id);
    let mut letterhead = sample::letterhead();
    letterhead.from.name = Some(injection.to_owned());
    let letter = Letter::new(&notice, &rendered, &letterhead).unwrap();
    let parsed = MessageParser::default().parse(letter.bytes()).unwrap();
    assert!(parsed.bcc().is_none());
    assert_eq!(parsed.to().unwrap().iter().count(), 1);
    assert_eq!(
        parsed.to().unwrap().first().unwrap().address(),
        Some("dana.cole@acme.example")
    );
    assert_eq!(parsed.subject(), Some("x Bcc: all@acme.example body"));
    assert_eq!(parsed.text_body_count(), 1);
    assert_eq!(parsed.body_text(0).unwrap(), rendered.text);
    assert_eq!(letter.envelope().to().len(), 1);
}

#[test]
fn what_looks_like_an_encoded_word_is_read_as_it_was_written() {
    let word = "=?utf-8?Q?x=0D=0ABcc:_all=40acme.example?=";
    for subject in [word.to_owned(), format!("ä {} 🔔", word.repeat(5))] {
        let mut notice = notice();
        notice.to.name = word.to_owned();
        let mut rendered = rendered();
        rendered.subject = subject.clone();
        let letter = Letter::new(&notice, &rendered, &sample::letterhead()).unwrap();
        let parsed = MessageParser::default().parse(letter.bytes()).unwrap();
        assert_eq!(parsed.subject(), Some(&*subject));
        let to = parsed.to().unwrap().first().unwrap();
        assert!(!to.name().unwrap().contains('\n'), "{to:?}");
        let text = String::from_utf8_lossy(letter.bytes());
        // An address is not broken, however long.
        let mut lines = text.lines().filter(|line| !line.contains("https://"));
        assert!(lines.all(|line| line.len() <= 78), "{text}");
    }
}

#[test]
fn a_message_id_that_would_break_out_is_refused() {
    for id in [
        "",
        "a@b",
        "<a>",
        "<a@b>\r\nBcc: x",
        "<a b@c>",
        "<a@b@c>",
        "<a@b><c@d>",
        "<ä@b>",
    ] {
        let mut notice = notice();
        notice.message_id = id.to_owned();
        let refused = Letter::new(&notice, &rendered(), &sample::letterhead());
        assert!(matches!(refused, Err(MessageError::MessageId(_))), "{id:?}");
    }
}
