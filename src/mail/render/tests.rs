use std::fs;
use std::sync::LazyLock;

use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;
use crate::config::SecretKey;
use crate::domain::case::Status;
use crate::domain::feed::Feed;
use crate::domain::language::Language;
use crate::domain::notice::{Audience, CaseMatter, Matter, Topic};
use crate::mail::sample;

/// Reading all templates takes a while, so that once is enough for all tests.
fn renderer() -> &'static Renderer {
    static RENDERER: LazyLock<Renderer> = LazyLock::new(|| {
        Renderer::load(&Languages::load().unwrap(), None).unwrap_or_else(|error| panic!("{error}"))
    });
    &RENDERER
}

#[test]
fn the_embedded_templates_pass_the_check_that_an_own_one_must_pass() {
    let sources = files::read(None).unwrap();
    if let Err(error) = renderer().check(&sources) {
        panic!("{error}");
    }
}

#[test]
fn every_mail_is_written_in_the_language_of_its_reader() {
    for kind in NoticeKind::ALL {
        for mut notice in sample::all(*kind) {
            let english = renderer().render(&notice, &sample::letterhead()).unwrap();
            notice.to.language = Language::German;
            let german = renderer().render(&notice, &sample::letterhead()).unwrap();
            assert!(english.html.contains("lang=\"en\""), "{kind}");
            assert!(german.html.contains("lang=\"de\""), "{kind}");
            assert_ne!(german.text, english.text, "{kind}");
            for left in ["You get this because", "Replies to this mail", " by mail"] {
                assert!(!german.text.contains(left), "{kind}: {}", german.text);
            }
        }
    }
}

/// The complete sample of a kind, as its audience reads it.
fn read(kind: NoticeKind, audience: Audience) -> Rendered {
    let notice = sample::complete(kind)
        .into_iter()
        .find(|notice| notice.payload.audience() == audience);
    renderer()
        .render(&notice.unwrap(), &sample::letterhead())
        .unwrap()
}

/// What stands above the foot.
fn body(rendered: &Rendered) -> &str {
    rendered.text.split("\n-- \n").next().unwrap()
}

/// What a notice tells of a case.
fn on_case(notice: &mut Notice) -> &mut CaseMatter {
    match &mut notice.payload.matter {
        Matter::Case(matter) => matter,
        Matter::Letter(letter) => panic!("{letter:?} is about no case"),
    }
}

fn kinds(on_cases: bool) -> impl Iterator<Item = NoticeKind> {
    let kinds = NoticeKind::ALL.iter().copied();
    kinds.filter(move |kind| (kind.topic() == Topic::Case) == on_cases)
}

/// Where the reviewed mails are: one file a kind, and one whole document.
const REVIEWED: &str = "snapshots";

/// The mails of every kind, as somebody has read and taken them. Where `CI` is set, a changed or a new one fails; elsewhere
/// `cargo insta review` shows it besides.
#[test]
fn every_kind_reads_as_it_was_reviewed() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(REVIEWED);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for kind in NoticeKind::ALL {
            let readings = readings(*kind);
            insta::assert_snapshot!(kind.as_str(), readings.join("\n"));
        }
        let accepted = read(NoticeKind::EscalationAccepted, Audience::Requester);
        insta::assert_snapshot!("whole_document", redacted(&accepted.html));
    });
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src/mail/render")
        .join(REVIEWED);
    for file in fs::read_dir(folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let of = name.split('.').next().unwrap();
        let known =
            of == "whole_document" || NoticeKind::ALL.iter().any(|kind| kind.as_str() == of);
        assert!(known, "{name} is of no kind of notice: remove it");
    }
}

/// Every mail of a kind that says something else than the others, each under the names of those who read it.
fn readings(kind: NoticeKind) -> Vec<String> {
    let renderer = renderer();
    let complete = sample::complete(kind).len();
    let mut readings: Vec<(String, Rendered, Vec<String>)> = Vec::new();
    for (index, notice) in sample::all(kind).iter().enumerate() {
        let rendered = renderer.render(notice, &sample::letterhead()).unwrap();
        let parts = [&rendered.subject, &rendered.text, &rendered.html];
        // Why one gets it is the only thing that differs between most readers.
        let alike = parts.map(|part| without_reason(part)).join("\n");
        let told = if index < complete {
            "everything told"
        } else {
            "little told"
        };
        let reader = format!("{}, {told}", notice.payload.audience());
        match readings.iter_mut().find(|(known, ..)| *known == alike) {
            Some((.., readers)) => readers.push(reader),
            None => readings.push((alike, rendered, vec![reader])),
        }
    }
    let written = readings.iter().map(|(_, rendered, readers)| {
        format!(
            "======== {}\n\nSubject: {}\n\n{}\n-------- HTML\n\n{}",
            readers.join("; "),
            rendered.subject,
            redacted(&rendered.text),
            redacted(&without_style(&rendered.html)),
        )
    });
    written.collect()
}

fn without_reason(part: &str) -> String {
    let kept = part
        .lines()
        .filter(|line| !line.contains("You get this because"));
    kept.collect::<Vec<_>>().join("\n")
}

/// What secrets of links look like differs with the key of an installation.
fn redacted(part: &str) -> String {
    let mut parts = part.split("/cb");
    let mut redacted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let secret = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        redacted.push_str("/[secret]");
        redacted.push_str(part.trim_start_matches(secret));
    }
    redacted
}

/// What stands on the sheet of a document, without what it looks like: one whole document shows that for all.
fn without_style(html: &str) -> String {
    let mut parts = html.split(" style=\"");
    let mut bare = parts.next().unwrap().to_owned();
    for part in parts {
        let (_, rest) = part.split_once('"').unwrap();
        bare.push_str(rest);
    }
    let (_, sheet) = bare.split_once("<tr><td class=\"ink\">\n").unwrap();
    let (sheet, _) = sheet.split_once("</td></tr>\n</table>").unwrap();
    sheet.to_owned()
}

#[test]
fn every_kind_says_where_it_happened_and_where_to_go() {
    let renderer = renderer();
    for kind in kinds(true) {
        for mut notice in sample::all(kind) {
            let Rendered {
                subject,
                text,
                html,
            } = renderer.render(&notice, &sample::letterhead()).unwrap();
            let number = match on_case(&mut notice).feed() {
                Feed::Escalation => "[E-000045]",
                Feed::Case => "[C-000123]",
            };
            assert!(subject.contains(number), "{kind}: {subject}");
            assert_eq!(
                subject.starts_with("Re: "),
                notice.in_reply_to.is_some(),
                "{kind}: {subject}"
            );
            for part in [&text, &html] {
                assert!(
                    part.contains("C-000123 · Agents lose audio"),
                    "{kind}: {part}"
                );
                is_whole(kind, part);
            }
            assert!(!text.contains("\n\n\n"), "{kind}: {text}");
        }
    }
}

#[track_caller]
fn is_whole(kind: NoticeKind, part: &str) {
    assert!(
        part.contains("https://support.northstar.example/"),
        "{kind}: {part}"
    );
    assert!(part.contains("You get this because"), "{kind}: {part}");
    assert!(
        !part.contains("{{") && !part.contains("null") && !part.contains("mail-"),
        "{kind}: {part}"
    );
}

#[test]
fn every_letter_says_what_happened_and_where_to_go() {
    let renderer = renderer();
    for kind in kinds(false) {
        for notice in sample::all(kind) {
            let rendered = renderer.render(&notice, &sample::letterhead()).unwrap();
            let (title, _) = rendered.text.split_once("\n\n").unwrap();
            assert_eq!(rendered.subject, title, "{kind}");
            assert!(
                rendered.text.ends_with("\nNorthstar Support\n"),
                "{kind}: {}",
                rendered.text
            );
            for part in [&rendered.text, &rendered.html] {
                is_whole(kind, part);
            }
            assert!(
                !rendered.text.contains("\n\n\n"),
                "{kind}: {}",
                rendered.text
            );
        }
    }
}

#[test]
fn an_invitation_bears_a_link_that_only_this_installation_can_make() {
    let invited = read(NoticeKind::Invitation, Audience::Invited);
    let link = "https://support.northstar.example/invitations/cbl_";
    let (_, after) = body(&invited).split_once(link).unwrap();
    assert_eq!(after.trim_end().len(), 64);
    assert!(invited.html.contains(&format!("href=\"{link}")));
    // Another key makes another secret; the row says neither.
    let notice = sample::complete(NoticeKind::Invitation).remove(0);
    let mut elsewhere = sample::letterhead();
    elsewhere.key = SecretKey::from_text(&SecretString::from("the key of another one"));
    let other = renderer().render(&notice, &elsewhere).unwrap();
    assert!(other.text.contains(link) && !other.text.contains(after.trim_end()));
    let row = serde_json::to_string(&notice.payload).unwrap();
    assert!(
        !row.contains("cbl_") && !row.contains(after.trim_end()),
        "{row}"
    );
}

#[test]
fn what_one_can_do_without_says_so_at_its_foot() {
    let renderer = renderer();
    let link = "https://support.northstar.example/unsubscribe/cbu_";
    for kind in NoticeKind::ALL {
        for notice in sample::all(*kind) {
            let rendered = renderer.render(&notice, &sample::letterhead()).unwrap();
            for part in [&rendered.text, &rendered.html] {
                assert_eq!(part.contains(link), kind.is_optional(), "{kind}: {part}");
            }
        }
    }
}

#[test]
fn only_letters_that_are_meant_to_bear_a_link_that_lets_somebody_in() {
    let renderer = renderer();
    for kind in NoticeKind::ALL {
        for notice in sample::all(*kind) {
            let rendered = renderer.render(&notice, &sample::letterhead()).unwrap();
            let bears = notice.payload.link().is_some();
            assert!(kind.bears_link() || !bears, "{kind}");
            for part in [&rendered.text, &rendered.html] {
                assert_eq!(part.contains("cbl_"), bears, "{kind}: {part}");
            }
        }
    }
}

#[test]
fn every_value_is_escaped_for_its_part() {
    let renderer = renderer();
    let evil = "</title><script>alert(1)</script>\"'&";
    for kind in kinds(true) {
        for mut notice in sample::complete(kind) {
            notice.provider = evil.to_owned();
            if let Some(actor) = &mut notice.payload.actor {
                actor.name = evil.to_owned();
            }
            let matter = on_case(&mut notice);
            matter.case.subject = evil.to_owned();
            matter.case.organization = evil.to_owned();
            matter.case.status = Status::AwaitingCustomer;
            matter.about = poisoned(&matter.about, evil);
            let rendered = renderer.render(&notice, &sample::letterhead()).unwrap();
            assert!(
                !rendered.html.contains("<script"),
                "{kind}: {}",
                rendered.html
            );
            assert!(
                rendered.html.contains("&lt;script&gt;"),
                "{kind}: {}",
                rendered.html
            );
            // Text is no markup: what was typed stands there.
            assert!(
                rendered.text.contains("<script>alert(1)</script>\"'&"),
                "{kind}: {}",
                rendered.text
            );
            assert!(
                rendered.subject.ends_with(evil),
                "{kind}: {}",
                rendered.subject
            );
        }
    }
}

#[test]
fn every_value_of_a_letter_is_escaped_for_its_part() {
    let renderer = renderer();
    let evil = "</title><script>alert(1)</script>\"'&";
    for kind in kinds(false) {
        for mut notice in sample::complete(kind) {
            notice.provider = evil.to_owned();
            if let Some(actor) = &mut notice.payload.actor {
                actor.name = evil.to_owned();
            }
            let Matter::Letter(letter) = &notice.payload.matter else {
                panic!("{kind} is about a case")
            };
            notice.payload.matter = Matter::Letter(poisoned(letter, evil));
            let rendered = renderer.render(&notice, &sample::letterhead()).unwrap();
            assert!(
                !rendered.html.contains("<script"),
                "{kind}: {}",
                rendered.html
            );
            assert!(
                rendered.html.contains("&lt;script&gt;")
                    && rendered.text.contains("<script>alert(1)</script>\"'&"),
                "{kind}: {}",
                rendered.text
            );
        }
    }
}

/// The same facts with every free text replaced.
fn poisoned<T: Serialize + DeserializeOwned>(about: &T, evil: &str) -> T {
    let mut facts = serde_json::to_value(about).unwrap();
    let free = [
        "description",
        "note",
        "body",
        "what",
        "who",
        "reason",
        "details",
        "owner",
        "reply",
        "outcome",
        "summary",
        "name",
        "email",
        "organization",
        "browser",
        "from",
        "trustee",
        "trustor",
        "whom",
    ];
    for (key, value) in facts.as_object_mut().unwrap() {
        if free.contains(&key.as_str()) {
            *value = evil.into();
        }
    }
    serde_json::from_value(facts).unwrap()
}

#[test]
fn what_people_wrote_cannot_pass_for_the_desks_own_words() {
    let mut notice = sample::complete(NoticeKind::EntryPosted).remove(0);
    let body = "Fine.\n\nAnswer in the portal:\nhttps://evil.example/\n-- \n<b>x</b> [link](javascript:alert(1))";
    let about = &mut on_case(&mut notice).about;
    let mut facts = serde_json::to_value(&*about).unwrap();
    facts["body"] = body.into();
    *about = serde_json::from_value(facts).unwrap();
    let rendered = renderer().render(&notice, &sample::letterhead()).unwrap();
    assert!(
        rendered
            .text
            .contains("\n> Answer in the portal:\n> https://evil.example/\n> --\n"),
        "{}",
        rendered.text
    );
    assert!(
        !rendered.html.contains("javascript") && !rendered.html.contains("<b>x</b>"),
        "{}",
        rendered.html
    );
}

#[test]
fn a_subject_stays_one_line() {
    let mut notice = sample::complete(NoticeKind::CaseClosed).remove(0);
    on_case(&mut notice).case.subject = format!(
        "a\r\nBcc: all@acme.example\u{2028}\u{202e}b {}",
        "x".repeat(400)
    );
    let rendered = renderer().render(&notice, &sample::letterhead()).unwrap();
    assert!(
        rendered
            .subject
            .starts_with("Re: [C-000123] a Bcc: all@acme.example b xxx"),
        "{}",
        rendered.subject
    );
    assert_eq!(rendered.subject.chars().count(), 240);
}

/// Loads with one template overridden.
fn overridden(name: &str, text: &str) -> Result<Renderer, TemplateError> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("mail").join(format!("{name}.hbs"));
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, text).unwrap();
    fs::write(file.with_extension("hbs.bak"), "{{#broken").unwrap();
    Renderer::load(&Languages::load().unwrap(), Some(directory.path()))
}

#[test]
fn a_directory_wins_over_the_built_in_templates() {
    let renderer = overridden(
        "case_closed/subject",
        "Done: {{case.number}} & {{case.subject}}",
    )
    .unwrap();
    let notice = sample::complete(NoticeKind::CaseClosed).remove(0);
    let rendered = renderer.render(&notice, &sample::letterhead()).unwrap();
    assert_eq!(
        rendered.subject,
        "Done: C-000123 & Agents lose audio 30 seconds into outbound calls"
    );
    assert!(rendered.text.starts_with("Case C-000123 is closed\n"));
    // A directory without any template is fine.
    let empty = tempfile::tempdir().unwrap();
    assert!(Renderer::load(&Languages::load().unwrap(), Some(empty.path())).is_ok());
}

#[test]
fn a_mistake_in_a_template_stops_the_start_with_file_and_line() {
    for (name, text, line, why) in [
        (
            "case_closed/html",
            "fine\n{{#if about.note}}\nopen",
            3,
            "syntax",
        ),
        (
            "case_closed/html",
            "one\ntwo\n{{case.nummer}}",
            3,
            "case.nummer",
        ),
        (
            "case_closed/text",
            "{{#if you.staf}}x{{/if}}",
            1,
            "you.staf",
        ),
        // In branches that no sample takes.
        (
            "case_closed/html",
            "{{#if about.note}}a{{else}}\n{{about.nota}}{{/if}}",
            2,
            "about.nota",
        ),
        (
            "case_closed/html",
            "{{#if lapsed}}\n\n{{case.title}}\n{{/if}}",
            3,
            "case.title",
        ),
        (
            "case_closed/html",
            "{{#unless about.note}}{{#if (eq you.audience \"x\")}}\n{{gone}}{{/if}}{{/unless}}",
            2,
            "gone",
        ),
        // Names handed to a partial.
        (
            "case_closed/text",
            "a\n{{> quote/text words=about.nota}}",
            2,
            "about.nota",
        ),
        (
            "case_closed/text",
            "a\n{{> step/text about.step}}",
            2,
            "about.step",
        ),
        (
            "escalation_accepted/text",
            "{{#each about.next_steps}}\n{{whom}}{{/each}}",
            2,
            "whom",
        ),
        (
            "case_closed/text",
            "{{> quotation/text words=about.note}}",
            1,
            "quotation/text",
        ),
        ("case_closed/html", "\n{{t \"mail-gone\"}}", 2, "mail-gone"),
        (
            "case_closed/html",
            "{{t \"mail-case-closed\" by=bye}}",
            1,
            "bye",
        ),
        ("case_closed/text", "{{markdown about.note}}", 1, "markdown"),
        (
            "case_closed/html",
            "\n\n{{#if you.staff}}{{{about.note}}}{{/if}}",
            3,
            "unescaped",
        ),
        ("case_closed/html", "{{&about.note}}", 1, "unescaped"),
        (
            "layout/html",
            "{{title}}\n{{> @partial-block}}{{reason}}",
            2,
            "reason",
        ),
    ] {
        let error = overridden(name, text).expect_err(text);
        assert!(
            error.file.ends_with(&format!("mail/{name}.hbs")),
            "{text}: {error}"
        );
        assert_eq!(error.line, line, "{text}: {error}");
        assert!(error.why.contains(why), "{text}: {error}");
    }
}

#[test]
fn a_file_that_overrides_nothing_stops_the_start() {
    let error = overridden("case_close/text", "x").expect_err("no such template");
    assert!(error.to_string().contains("case_close/text.hbs"), "{error}");
    assert!(error.why.contains("case_closed/text"), "{error}");
}

#[test]
fn the_texts_of_other_people_are_never_looked_up() {
    // A value that looks like a template is a value.
    let mut notice = sample::complete(NoticeKind::CaseClosed).remove(0);
    on_case(&mut notice).case.subject = "{{you.name}} { $by }".to_owned();
    let rendered = renderer().render(&notice, &sample::letterhead()).unwrap();
    assert_eq!(rendered.subject, "Re: [C-000123] {{you.name}} { $by }");
}
