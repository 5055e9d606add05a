//! Which notices people get (N4, N5): chosen when signed in, or with one click in the mail program, and never where
//! somebody's account is at stake.

use casebell::config::SecretKey;
use casebell::db::DbError;
use casebell::domain::access::Reach;
use casebell::domain::feed::Feed;
use casebell::domain::ids::{CaseNumber, PersonId};
use casebell::domain::link::LinkPurpose;
use casebell::domain::notice::{Letter, PasswordChanged, PasswordReset, PasswordWay};
use casebell::domain::text::EmailAddress;
use casebell::store::people;
use casebell::workflow::notify::write_to_person;
use casebell::workflow::one_time_link::{self, issue};
use chrono::TimeDelta;
use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::fixtures::PASSWORD;
use crate::support::mail_desk::{KEY, MailDesk, PUBLIC_URL};
use crate::support::mailbox::Mail;
use crate::support::person::{Asking, Case, Person, high};

const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

impl MailDesk {
    /// The mails to Dana that arrived since the last time.
    async fn to_dana(&self, known: &mut usize) -> Vec<Mail> {
        self.desk.mailbox().await;
        let letters = self.server.letters().split_off(*known);
        *known += letters.len();
        letters
            .iter()
            .map(|letter| Mail::parse(&letter.data))
            .filter(|mail| mail.to == "dana@acme.test")
            .collect()
    }

    /// A case of Dana's in which Eve has written, and the mail in which Dana reads of it.
    async fn told(&self, known: &mut usize) -> (Case, Mail) {
        let case = self.dana.opens(high()).await;
        self.to_dana(known).await;
        self.eve.writes(&case, "We are looking.").await;
        let mut mails = self.to_dana(known).await;
        assert_eq!(mails.len(), 1, "{mails:#?}");
        (case, mails.remove(0))
    }

    /// What is asked at a path of the portal without a session.
    async fn asks(&self, method: Method, path: &str, body: Option<(&str, String)>) -> Answer {
        let question = format!("nobody: {method} {path}");
        let mut builder = self.desk.client().request(method, self.desk.page(path));
        if let Some((content_type, body)) = body {
            builder = builder.header("content-type", content_type).body(body);
        }
        Asking::new(question, builder).await
    }

    /// Dana's delivery of each kind, as she sees it.
    async fn deliveries(&self) -> Vec<Value> {
        let page = self.dana.get("/me/notices").await.ok();
        page["items"].as_array().expect("a list").clone()
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

/// The path of the link with which a mail program has no more of these.
#[track_caller]
fn link_of(mail: &Mail) -> String {
    let header = &mail.headers["list-unsubscribe"];
    let link = header
        .strip_prefix('<')
        .and_then(|link| link.strip_suffix('>'));
    let link = link.unwrap_or_else(|| panic!("{header}"));
    let path = link.strip_prefix(PUBLIC_URL).expect("a page of the desk");
    assert!(path.starts_with("/unsubscribe/"), "{path}");
    assert_eq!(mail.headers["list-unsubscribe-post"], ONE_CLICK);
    path.to_owned()
}

on_both_databases! { MailDesk:
    one_click_on_a_new_entry_mutes_its_feed_and_no_other,
    one_click_ends_the_notices_of_a_kind_and_of_no_other,
    looking_at_the_link_changes_nothing_and_the_button_does,
    what_no_mail_of_this_desk_bears_changes_nothing,
    what_protects_an_account_cannot_be_switched_off,
}

on_both_databases! { Desk:
    people_choose_on_their_page,
    a_token_for_less_than_everything_chooses_nothing,
    who_sees_notices_does_not_see_a_link_that_lets_somebody_in,
}

async fn one_click_on_a_new_entry_mutes_its_feed_and_no_other(office: MailDesk) {
    let mut known = 0;
    let (case, mail) = office.told(&mut known).await;
    let path = link_of(&mail);
    assert!(
        mail.text
            .contains(&format!("To mute this feed, open {PUBLIC_URL}{path}")),
        "{}",
        mail.text
    );
    let other = office.dana.opens(high()).await;
    office.to_dana(&mut known).await;
    for again in 0..2 {
        let before = office.desk.rows();
        let ended = office
            .asks(Method::POST, &path, Some((FORM, ONE_CLICK.to_owned())))
            .await;
        assert!(
            ended.status == 200 && ended.text.contains(&case.number),
            "{ended:?}"
        );
        if again == 1 {
            office.desk.is_unchanged_since(&before, "the second click");
        }
    }
    office.eve.writes(&case, "Found it.").await;
    office.eve.writes(&other, "This one as well.").await;
    let mails = office.to_dana(&mut known).await;
    assert_eq!(mails.len(), 1, "{mails:#?}");
    assert!(mails[0].subject.contains(&other.number));
    let following = format!("/cases/{}/following", case.number);
    let seen = office.dana.get(&following).await.ok();
    assert_eq!(seen["case_feed"], "mute");
    assert!(
        office
            .deliveries()
            .await
            .iter()
            .all(|one| one["delivery"] == "now"),
        "no kind is switched off"
    );
    let back = json!({ "case_feed": "default" });
    office.dana.put(&following, back).await.ok();
    office.eve.writes(&case, "Rolled back.").await;
    assert_eq!(office.to_dana(&mut known).await.len(), 1);
    // The page offers the whole kind besides.
    let all = format!("{ONE_CLICK}&whole_kind=on");
    let ended = office.asks(Method::POST, &path, Some((FORM, all))).await;
    assert_eq!(ended.status, 200, "{ended:?}");
    office.eve.writes(&other, "And done.").await;
    assert!(office.to_dana(&mut known).await.is_empty());
}

async fn one_click_ends_the_notices_of_a_kind_and_of_no_other(office: MailDesk) {
    let mut known = 0;
    let (case, _) = office.told(&mut known).await;
    let promised = json!({ "what": "Look", "who": "Eve", "due_at": "2026-03-09T09:00:00Z" });
    let steps = format!("/cases/{}/next-steps", case.number);
    office.eve.post(&steps, promised).await.created();
    let mail = office.to_dana(&mut known).await.remove(0);
    let path = link_of(&mail);
    assert!(
        mail.text.contains(&format!("{PUBLIC_URL}{path}")),
        "{}",
        mail.text
    );
    // As RFC 8058 would have it: in parts, from somewhere else, with no session and no token of a page.
    let body = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    let parts = Some(("multipart/form-data; boundary=b", body.to_owned()));
    let ended = office.asks(Method::POST, &path, parts).await;
    assert_eq!(ended.status, 200, "{ended:?}");
    // Again, as a form's field: nothing is left to do.
    let before = office.desk.rows();
    let again = office
        .asks(Method::POST, &path, Some((FORM, ONE_CLICK.to_owned())))
        .await;
    assert_eq!(again.status, 200, "{again:?}");
    office.desk.is_unchanged_since(&before, "the second click");

    let step = json!({ "what": "Roll back", "who": "Eve", "due_at": "2026-03-09T09:00:00Z" });
    office.eve.post(&steps, step).await.created();
    office.eve.writes(&case, "Found it.").await;
    let mails = office.to_dana(&mut known).await;
    let kinds: Vec<&str> = mails
        .iter()
        .map(|mail| mail.headers["x-casebell-notice"].as_str())
        .collect();
    assert_eq!(kinds, ["entry_posted"]);
    // Nobody else's mail ends with it.
    let owner = json!({ "owner": "eve@bellhop.test" });
    office.eve.changes(&case, owner).await.ok();
    office.dana.writes(&case, "Thank you.").await;
    office.desk.mailbox().await;
    let letters = office.server.letters().split_off(known);
    assert!(!letters.is_empty(), "Eve still reads what Dana writes");

    // It is in the record, under her name, and it is hers to undo.
    let events = office.desk.person("ada").all("/audit-events").await;
    let event = events
        .iter()
        .find(|event| event["kind"] == "notices.chosen");
    let event = event.expect("an audited event");
    assert_eq!(
        event["after"],
        json!({ "step_promised": "none" }),
        "{event}"
    );
    assert!(event.to_string().contains("Dana Cole"), "{event}");
    let back = json!({ "step_promised": "now" });
    office.dana.patch("/me/notices", back).await.ok();
    let step = json!({ "what": "Watch it", "who": "Eve", "due_at": "2026-03-09T09:00:00Z" });
    office.eve.post(&steps, step).await.created();
    assert_eq!(office.to_dana(&mut known).await.len(), 1);
}

async fn looking_at_the_link_changes_nothing_and_the_button_does(office: MailDesk) {
    let mut known = 0;
    let (case, mail) = office.told(&mut known).await;
    let path = link_of(&mail);
    let before = office.desk.rows();
    let page = office.asks(Method::GET, &path, None).await;
    assert_eq!(page.status, 200);
    for said in [
        "Mute the case feed of C-000001?",
        "Stop all mails about new entries",
        "d…@acme.test",
        "method=\"post\"",
        ONE_CLICK.split_once('=').expect("a pair").0,
    ] {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    assert!(
        !page.text.contains("dana@acme.test"),
        "the address is masked"
    );
    // A scanner that posts everything it finds, and one that only asks for the head.
    for (method, body) in [
        (Method::HEAD, None),
        (Method::POST, None),
        (Method::POST, Some((FORM, String::new()))),
        (Method::POST, Some((FORM, "List-Unsubscribe=No".to_owned()))),
        (Method::POST, Some(("application/json", "{}".to_owned()))),
    ] {
        let answer = office.asks(method, &path, body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    office.desk.is_unchanged_since(&before, "looking");
    office.eve.writes(&case, "Still there.").await;
    assert_eq!(office.to_dana(&mut known).await.len(), 1);

    let done = office
        .asks(Method::POST, &path, Some((FORM, ONE_CLICK.to_owned())))
        .await;
    assert_eq!(done.status, 200);
    assert!(
        done.text.contains("/account/notices"),
        "how it is undone: {}",
        done.text
    );
    office.eve.writes(&case, "Not any more.").await;
    assert!(office.to_dana(&mut known).await.is_empty());
    let following = format!("/cases/{}/following", case.number);
    let seen = office.dana.get(&following).await.ok();
    assert_eq!(seen["case_feed"], "mute", "{seen}");
}

async fn what_no_mail_of_this_desk_bears_changes_nothing(office: MailDesk) {
    let mut known = 0;
    let (_, mail) = office.told(&mut known).await;
    let path = link_of(&mail);
    let key = |text: &str| SecretKey::from_text(&SecretString::from(text));
    let dana = person(&office.desk, "dana@acme.test").await;
    let token = |key: &SecretKey, kind| {
        let secret = casebell::credentials::unsubscribe_token(key, dana, kind);
        secrecy::ExposeSecret::expose_secret(&secret.text).to_owned()
    };
    use casebell::domain::notice::NoticeKind;
    let muting = {
        let (number, feed) = (CaseNumber::new(1), Feed::Case);
        let secret = casebell::credentials::mute_token(&key(KEY), dana, number, feed);
        secrecy::ExposeSecret::expose_secret(&secret.text).to_owned()
    };
    assert_eq!(path, format!("/unsubscribe/{muting}"));
    let before = office.desk.rows();
    let mut answers = std::collections::BTreeSet::new();
    for bad in [
        "x".to_owned(),
        "cbu_".to_owned(),
        format!("cbu_{}", "A".repeat(90)),
        "%00%ff".to_owned(),
        path.trim_start_matches("/unsubscribe/")[1..].to_owned(),
        path.trim_start_matches("/unsubscribe/").to_lowercase(),
        token(
            &key("the key of another desk that is as long"),
            NoticeKind::EntryPosted,
        ),
        // Signed here, but for what cannot be switched off.
        token(&key(KEY), NoticeKind::PasswordChanged),
    ] {
        for (method, body) in [
            (Method::GET, None),
            (Method::POST, Some((FORM, ONE_CLICK.to_owned()))),
        ] {
            let answer = office
                .asks(method, &format!("/unsubscribe/{bad}"), body)
                .await;
            assert_eq!(answer.status, 404, "{answer:?}");
            assert!(
                answer.text.contains("This link does not work"),
                "{answer:?}"
            );
            // The same words whatever is wrong; only the page's own address differs.
            let (_, said) = answer.text.split_once("<main").expect("a page");
            answers.insert(said.to_owned());
        }
    }
    assert_eq!(answers.len(), 1, "{answers:#?}");
    office
        .desk
        .is_unchanged_since(&before, "a link that is none");
}

async fn what_protects_an_account_cannot_be_switched_off(office: MailDesk) {
    let mut known = 0;
    office.to_dana(&mut known).await;
    let (dana, now) = (
        person(&office.desk, "dana@acme.test").await,
        office.desk.now(),
    );
    for (kind, code) in [
        ("password_changed", "not_optional"),
        ("pairing_removed", "not_optional"),
    ] {
        let refused = office
            .dana
            .patch("/me/notices", json!({ kind: "none" }))
            .await;
        refused.names_fields(&[(kind, code)]);
    }
    office
        .dana
        .patch(
            "/me/notices",
            json!({ "entry_posted": "weekly", "mood": "none" }),
        )
        .await
        .names_fields(&[("entry_posted", "not_allowed"), ("mood", "unknown_field")]);
    let fixed = office.deliveries().await;
    let fixed = fixed.iter().filter(|one| one["optional"] == false);
    let fixed: Vec<&Value> = fixed.collect();
    let named = |kind: &str| fixed.iter().any(|one| one["kind"] == kind);
    assert!(named("password_changed") && named("second_factor_changed") && named("new_device"));
    for one in &fixed {
        assert_eq!(one["delivery"], "now", "{one}");
        assert!(
            one["reason"].as_str().is_some_and(|why| !why.is_empty()),
            "{one}"
        );
    }

    // Two letters about her account, one with a link.
    let key = SecretKey::from_text(&SecretString::from(KEY));
    let made = office.desk.db().write(move |conn| -> Result<_, DbError> {
        let link = issue(
            conn,
            &key,
            LinkPurpose::PasswordReset,
            dana,
            TimeDelta::hours(1),
            now,
        )?;
        let path = one_time_link::path(&key, &link);
        let way = PasswordWay::SignedIn;
        write_to_person(
            conn,
            dana,
            &Letter::PasswordReset(PasswordReset { link }),
            None,
            now,
        )?;
        write_to_person(
            conn,
            dana,
            &Letter::PasswordChanged(PasswordChanged { way }),
            Some(dana),
            now,
        )?;
        Ok(path)
    });
    let path = made.await.expect("written");
    let mails = office.to_dana(&mut known).await;
    assert_eq!(mails.len(), 2);
    for mail in &mails {
        for header in ["list-unsubscribe", "list-unsubscribe-post"] {
            assert!(!mail.headers.contains_key(header), "{mail:#?}");
        }
        assert_eq!(mail.headers["auto-submitted"], "auto-generated");
        assert!(!mail.text.contains("/unsubscribe/"), "{}", mail.text);
    }
    assert!(
        mails[0].text.contains(&format!("{PUBLIC_URL}{path}\r\n")),
        "{}",
        mails[0].text
    );
    let secret = path.rsplit('/').next().expect("a secret").to_owned();
    for (table, rows) in office.desk.rows() {
        assert!(
            rows.iter().all(|row| !row.contains(&secret)),
            "{table} bears the secret"
        );
    }
}

/// The id of whoever has this address.
async fn person(desk: &Desk, email: &str) -> PersonId {
    let email = EmailAddress::parse(email).expect("an address");
    let found = desk.db().read(move |conn| -> Result<_, DbError> {
        let person = people::by_email(conn, &email)?.expect("somebody");
        Ok(people::find(conn, Reach::Everything, person.id)?
            .expect("the same")
            .id)
    });
    found.await.expect("read")
}

/// A browser without scripts: a cookie, and what forms carry with it.
struct Browser<'a> {
    desk: &'a Desk,
    cookie: String,
    csrf: String,
}

impl<'a> Browser<'a> {
    /// Somebody signs in.
    async fn of(desk: &'a Desk, name: &str) -> Self {
        let builder = desk.client().post(desk.api("/sessions"));
        let signed_in = Asking::new(format!("{name} signs in"), builder)
            .json(&json!({ "email": desk.person(name).email(), "password": PASSWORD }))
            .await;
        let cookie = signed_in.header("set-cookie").split(';').next();
        let cookie = cookie.unwrap_or_default().to_owned();
        let me = signed_in.created();
        Self {
            desk,
            cookie,
            csrf: me["csrf_token"].as_str().expect("a token").to_owned(),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        let builder = self.desk.client().get(self.desk.page(path));
        Asking::new(
            format!("dana: {path}"),
            builder.header("cookie", &self.cookie),
        )
        .await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let builder = self.desk.client().post(self.desk.page(path));
        let builder = builder.header("cookie", &self.cookie).form(fields);
        Asking::new(format!("browser: {path}"), builder).await
    }
}

async fn people_choose_on_their_page(desk: Desk) {
    let dana = desk.person("dana");
    let browser = Browser::of(&desk, "dana").await;
    let page = browser.get("/account/notices").await;
    assert_eq!(page.status, 200);
    for said in [
        "Case opened",
        "<legend>Escalations</legend>",
        "Once a day",
        "comes in one mail at 08:00",
        "Always sent",
        "Password changed",
        "It protects your account.",
        "dana@acme.test",
    ] {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    // What stands in the form as it comes is what holds: everything at once.
    let kinds: Vec<String> = dana.get("/me/notices").await.ok()["items"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|one| one["optional"] == true)
        .map(|one| one["kind"].as_str().expect("a kind").to_owned())
        .collect();
    let filled = |off: &str| -> Vec<(String, String)> {
        let of = |kind: &String| if kind == off { "none" } else { "now" };
        kinds
            .iter()
            .map(|kind| (kind.clone(), of(kind).to_owned()))
            .collect()
    };
    let fields = filled("case_closed");
    let mut fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let before = desk.rows();
    let stranger = browser.post("/account/notices", &fields).await;
    assert_eq!(
        stranger.status, 403,
        "without the session's token: {stranger:?}"
    );
    fields.push(("csrf_token", &browser.csrf));
    let partial = browser.post("/account/notices", &fields[1..]).await;
    assert_eq!(partial.status, 422, "{partial:?}");
    desk.is_unchanged_since(&before, "a form that was refused");
    let saved = browser.post("/account/notices", &fields).await;
    assert_eq!(
        (saved.status, saved.header("location")),
        (303, "/account/notices"),
        "{saved:?}"
    );
    let page = browser.get("/account/notices").await;
    assert_eq!(
        page.text
            .matches("<option value=\"none\" selected>")
            .count(),
        1,
        "{}",
        page.text
    );

    // It holds for her: the mail stays away, and she reads of it in the portal.
    let case = dana.opens(high()).await;
    desk.mailbox().await;
    desk.person("eve")
        .post(
            &format!("/cases/{}/close", case.number),
            json!({ "note": "Done." }),
        )
        .await
        .ok();
    let mails = desk.mailbox().await;
    assert!(!mails.recipients().contains(&"dana@acme.test"), "{mails:?}");
    assert_eq!(dana.sees(&case).await["status"], "closed");
}

async fn a_token_for_less_than_everything_chooses_nothing(desk: Desk) {
    let dana = desk.person("dana");
    let new = json!({ "name": "Reader", "permissions": ["cases:view"] });
    let token = dana.post("/tokens", new).await.created();
    let reader = Person::new(&desk, dana.is, token["token"].as_str().expect("a token"));
    let before = desk.rows();
    let off = json!({ "entry_posted": "none" });
    let refused = reader.patch("/me/notices", off).await;
    refused.refused(403, "scoped_token");
    desk.is_unchanged_since(&before, "a scoped token");
    reader.get("/me/notices").await.ok();
}

async fn who_sees_notices_does_not_see_a_link_that_lets_somebody_in(desk: Desk) {
    let (dana, now) = (person(&desk, "dana@acme.test").await, desk.now());
    // The key that this desk made for itself signs the link in the mail; here another will do to have a row.
    let key = SecretKey::from_text(&SecretString::from(KEY));
    let written = desk.db().write(move |conn| -> Result<_, DbError> {
        let link = issue(
            conn,
            &key,
            LinkPurpose::PasswordReset,
            dana,
            TimeDelta::hours(1),
            now,
        )?;
        let way = PasswordWay::SignedIn;
        write_to_person(
            conn,
            dana,
            &Letter::PasswordReset(PasswordReset { link }),
            None,
            now,
        )?;
        write_to_person(
            conn,
            dana,
            &Letter::PasswordChanged(PasswordChanged { way }),
            None,
            now,
        )
    });
    assert!(written.await.expect("written"));
    let mails = desk.mailbox().await;
    let bears = |mail: &&Mail| mail.text.contains("/password-resets/cbl_");
    assert_eq!(mails.0.iter().filter(bears).count(), 1, "{mails:?}");
    let ada = desk.person("ada");
    let browser = Browser::of(&desk, "ada").await;
    for (kind, shown) in [("password_reset", false), ("password_changed", true)] {
        let notices = ada.all("/notices").await;
        let notice = notices.iter().find(|notice| notice["kind"] == kind);
        let id = notice
            .and_then(|notice| notice["id"].as_str())
            .expect("a notice");
        let page = browser.get(&format!("/admin/notices/{id}")).await;
        assert_eq!(page.status, 200);
        assert!(!page.text.contains("password-resets"), "{}", page.text);
        assert_eq!(page.text.contains("Your password was changed"), shown);
        assert_eq!(
            page.text.contains("it is shown to nobody here"),
            !shown,
            "{}",
            page.text
        );
        let file = browser.get(&format!("/admin/notices/{id}/mail")).await;
        assert_eq!(file.status, if shown { 200 } else { 404 });
    }
}
