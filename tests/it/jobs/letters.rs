//! Letters that are about no case: who gets them, what they bear, and what becomes of the links in them.

use casebell::credentials::link_token;
use casebell::db::schema::{notices, one_time_links, people};
use casebell::db::sql_types::At;
use casebell::db::{Conn, DbError};
use casebell::domain::access::{Permission, Role};
use casebell::domain::ids::PersonId;
use casebell::domain::link::{LinkPurpose, LinkState};
use casebell::domain::notice::NoticeState::{Sent, Withheld};
use casebell::domain::notice::{
    AccessRefused, AccessRequested, Invitation, Letter, LinkFacts, NewDevice, NoticeKind,
    PasswordChanged, PasswordReset, PasswordWay, Topic,
};
use casebell::domain::text::EmailAddress;
use casebell::mail::sample;
use casebell::store::grants::{self, Granted, Grantee};
use casebell::store::password_resets;
use casebell::store::people::{PersonChanges, update};
use casebell::worker::{Housekeeping, Resets, Sending};
use casebell::workflow::notify::{Address, write_to_address, write_to_people, write_to_person};
use casebell::workflow::one_time_link::{self, Redemption, issue, redeem};
use chrono::TimeDelta;
use diesel::prelude::*;
use uuid::Uuid;

use crate::support::database::on_both_databases;
use crate::support::job_desk::{JobDesk, key, text};

const WEEK: TimeDelta = TimeDelta::days(7);

impl JobDesk {
    async fn writes_to(&self, person: PersonId, letter: Letter, actor: Option<PersonId>) -> bool {
        let now = self.now();
        self.write(move |conn| write_to_person(conn, person, &letter, actor, now))
            .await
    }

    async fn has_verified(&self, person: PersonId, verified: bool) {
        let at = verified.then(|| At(self.now()));
        self.write(move |conn: &mut Conn| -> Result<_, DbError> {
            diesel::update(people::table.filter(people::id.eq(person)))
                .set(people::email_verified_at.eq(at))
                .execute(conn)?;
            Ok(())
        })
        .await;
    }

    async fn is_disabled(&self, person: PersonId) {
        let now = self.now();
        self.write(move |conn: &mut Conn| -> Result<_, DbError> {
            let changes = PersonChanges {
                disabled_at: Some(Some(At(now))),
                ..PersonChanges::default()
            };
            Ok(update(conn, person, &changes)?)
        })
        .await;
    }

    /// A link of Dana's.
    async fn link(&self, purpose: LinkPurpose) -> LinkFacts {
        let (dana, now) = (self.dana.id(), self.now());
        self.write(move |conn: &mut Conn| -> Result<_, DbError> {
            Ok(issue(conn, &key(), purpose, dana, WEEK, now)?)
        })
        .await
    }

    /// Olga invites Dana.
    async fn invites(&self) -> LinkFacts {
        let link = self.link(LinkPurpose::Invitation).await;
        let letter = Letter::Invitation(Invitation {
            organization: "ACME Contact Centers".to_owned(),
            link: link.clone(),
        });
        let olga = Some(self.olga.id());
        assert!(self.writes_to(self.dana.id(), letter, olga).await);
        link
    }

    async fn uses(&self, purpose: LinkPurpose, token: &str) -> Redemption {
        let (token, now) = (token.to_owned(), self.now());
        self.write(move |conn: &mut Conn| -> Result<_, DbError> {
            Ok(redeem(conn, &key(), purpose, &token, now)?)
        })
        .await
    }

    /// Olga refuses what Nils asked for, and answers to this address.
    async fn answers(&self, email: &'static str) -> bool {
        let (acme, olga, now) = (self.dana.access.organization, self.olga.id(), self.now());
        self.write(move |conn| {
            let email = EmailAddress::parse(email).unwrap();
            let to = Address {
                email: &email,
                name: "Nils Berg",
                organization: Some(acme),
            };
            write_to_address(conn, to, &refused(), Some(olga), now)
        })
        .await
    }

    /// The last letter that was sent, with its lines put together again.
    fn last(&self) -> String {
        let letters = self.memory.letters();
        text(letters.last().expect("a letter")).replace("=\r\n", "")
    }
}

/// The secret in the first one-time link of a letter.
fn token_of(letter: &str, path: &str) -> String {
    let start = format!("https://desk.northstar.example:8443{path}");
    let (_, rest) = letter.split_once(&start).expect("a link");
    rest.split_whitespace().next().expect("a token").to_owned()
}

fn new_device() -> Letter {
    Letter::NewDevice(NewDevice::new("Firefox", "192.0.2.1"))
}

fn password_changed() -> Letter {
    Letter::PasswordChanged(PasswordChanged {
        way: PasswordWay::SignedIn,
    })
}

fn requested() -> Letter {
    Letter::AccessRequested(AccessRequested {
        request: Uuid::from_u128(1),
        name: "Nils Berg".to_owned(),
        email: "nils@acme.example".to_owned(),
        organization: "ACME Contact Centers".to_owned(),
        company: None,
        customer: None,
        note: None,
    })
}

fn refused() -> Letter {
    Letter::AccessRefused(AccessRefused {
        request: Uuid::from_u128(1),
        organization: "ACME Contact Centers".to_owned(),
        reason: "We do not know you.".to_owned(),
    })
}

on_both_databases!(
    JobDesk: an_invitation_leads_in_once,
    no_row_bears_the_secret,
    of_many_who_use_a_link_at_once_one_does,
    a_link_says_why_it_cannot_be_used,
    a_letter_whose_link_is_void_stays_at_home,
    a_wish_for_nobodys_password_is_as_much_work_as_for_somebodys,
    a_verb_that_writes_a_link_to_several_or_a_secret_to_strangers_rolls_back,
    who_is_disabled_or_unverified_gets_what_they_may,
    who_caused_it_gets_confirmations_and_nothing_else,
    several_get_one_each_and_who_may_not_decide_gets_none,
    who_has_no_account_is_answered_at_the_address_they_gave,
    letters_of_a_kind_hang_together_and_kinds_hang_apart,
);

async fn an_invitation_leads_in_once(desk: JobDesk) {
    let dana = desk.dana.id();
    // Following the link is what confirms the address.
    desk.has_verified(dana, false).await;
    desk.invites().await;
    assert_eq!(
        desk.step().await,
        Sending {
            claimed: 1,
            sent: 1,
            ..Sending::default()
        }
    );
    let letter = desk.last();
    assert!(
        letter.contains("Auto-Submitted: auto-generated"),
        "{letter}"
    );
    assert!(letter.contains("X-Casebell-Notice: invitation"), "{letter}");
    assert!(
        letter.contains("Olga Marin (Northstar Support)"),
        "{letter}"
    );
    let token = token_of(&letter, "/invitations/");
    assert_eq!(
        desk.uses(LinkPurpose::PasswordReset, &token).await,
        Redemption::Unknown
    );
    assert_eq!(
        desk.uses(LinkPurpose::Invitation, &token).await,
        Redemption::Redeemed(dana)
    );
    assert_eq!(
        desk.uses(LinkPurpose::Invitation, &token).await,
        Redemption::Void(LinkState::Used)
    );
}

async fn no_row_bears_the_secret(desk: JobDesk) {
    desk.invites().await;
    desk.step().await;
    let token = token_of(&desk.last(), "/invitations/");
    let rows = desk
        .write(|conn: &mut Conn| -> Result<_, DbError> {
            let mut rows: Vec<String> = notices::table.select(notices::payload).load(conn)?;
            rows.extend(
                one_time_links::table
                    .select(one_time_links::token_hash)
                    .load::<String>(conn)?,
            );
            Ok(rows)
        })
        .await;
    assert_eq!(rows.len(), 2);
    assert!(
        rows.iter()
            .all(|row| !row.contains(&token) && !row.contains("cbl_")),
        "{rows:?}"
    );
    assert_eq!(rows[1], casebell::credentials::hash_secret(&token));
}

async fn of_many_who_use_a_link_at_once_one_does(desk: JobDesk) {
    let link = desk.link(LinkPurpose::PasswordReset).await;
    let secret = link_token(&key(), link.purpose, link.id);
    let token = secrecy::ExposeSecret::expose_secret(&secret.text).to_owned();
    let attempts = (0..8).map(|_| desk.uses(LinkPurpose::PasswordReset, &token));
    let outcomes = futures_util::future::join_all(attempts).await;
    let redeemed = outcomes
        .iter()
        .filter(|one| matches!(one, Redemption::Redeemed(_)))
        .count();
    let void = outcomes
        .iter()
        .filter(|one| **one == Redemption::Void(LinkState::Used))
        .count();
    assert_eq!((redeemed, void), (1, 7), "{outcomes:?}");
}

async fn a_link_says_why_it_cannot_be_used(desk: JobDesk) {
    let purpose = LinkPurpose::PasswordReset;
    let token = |link: &LinkFacts| {
        let path = one_time_link::path(&key(), link);
        path.strip_prefix("/password-resets/")
            .expect("the path of a reset")
            .to_owned()
    };
    let (first, invitation) = (
        desk.link(purpose).await,
        desk.link(LinkPurpose::Invitation).await,
    );
    let second = desk.link(purpose).await;
    assert_eq!(
        desk.uses(purpose, &token(&first)).await,
        Redemption::Void(LinkState::Revoked)
    );
    desk.clock.set(second.until);
    assert_eq!(
        desk.uses(purpose, &token(&second)).await,
        Redemption::Void(LinkState::Expired)
    );
    let forged = token(&second).replace("cbl_", "cbl_A");
    assert_eq!(desk.uses(purpose, &forged).await, Redemption::Unknown);
    // An instant earlier it was good; looking changes nothing.
    desk.clock.set(second.until - TimeDelta::microseconds(1));
    let (asked, now) = (token(&second), desk.now());
    for _ in 0..2 {
        let asked = asked.clone();
        let seen = desk
            .write(move |conn: &mut Conn| -> Result<_, DbError> {
                Ok(one_time_link::find(conn, &key(), purpose, &asked, now)?)
            })
            .await;
        assert_eq!(seen.expect("known").1, LinkState::Good);
    }
    assert_eq!(
        desk.uses(purpose, &asked).await,
        Redemption::Redeemed(desk.dana.id())
    );
    // A week after its end it is forgotten.
    desk.clock.set(invitation.until + WEEK);
    let swept = Housekeeping::new(desk.db.clone())
        .step(desk.now())
        .await
        .unwrap();
    assert_eq!(swept.deleted, 3);
    assert_eq!(desk.uses(purpose, &asked).await, Redemption::Unknown);
}

async fn a_letter_whose_link_is_void_stays_at_home(desk: JobDesk) {
    desk.invites().await;
    desk.invites().await;
    assert_eq!(
        desk.step().await,
        Sending {
            claimed: 2,
            sent: 1,
            withheld: 1,
            ..Sending::default()
        }
    );
    let notices = desk.notices().await;
    assert_eq!((notices[0].state, notices[1].state), (Withheld, Sent));
    assert_eq!(
        notices[0].last_error.as_deref(),
        Some("The link in it was used, replaced or has expired.")
    );
    // Nor does a link ever go to somebody else than its owner.
    let link = desk.link(LinkPurpose::PasswordReset).await;
    let astray = Letter::PasswordReset(PasswordReset { link });
    desk.writes_to(desk.sam.id(), astray, None).await;
    assert_eq!(desk.step().await.withheld, 1);
}

async fn a_wish_for_nobodys_password_is_as_much_work_as_for_somebodys(desk: JobDesk) {
    let resets = Resets::new(desk.db.clone(), key());
    let mut told = Vec::new();
    for email in ["dana@acme.example", "nobody@acme.example"] {
        let now = desk.now();
        desk.write(move |conn: &mut Conn| -> Result<_, DbError> {
            Ok(password_resets::ask(conn, email, now)?)
        })
        .await;
        let before = desk.notices().await.len();
        let wished = resets.step(now).await.unwrap();
        assert_eq!(
            (wished.seen_to, desk.notices().await.len()),
            (1, before + 1),
            "{email}"
        );
        let sending = desk.step().await;
        assert_eq!(
            (sending.claimed, sending.sent + sending.withheld),
            (1, 1),
            "{email}"
        );
        told.push(wished.told);
    }
    assert_eq!((told, desk.memory.letters().len()), (vec![1, 0], 1));
    let notices = desk.notices().await;
    assert_eq!((notices.len(), notices[0].state), (1, Sent));
}

async fn a_verb_that_writes_a_link_to_several_or_a_secret_to_strangers_rolls_back(desk: JobDesk) {
    let (link, now) = (desk.link(LinkPurpose::PasswordReset).await, desk.now());
    let persons = [desk.dana.id(), desk.sam.id()];
    let several = desk
        .db
        .write(move |conn: &mut Conn| {
            let letter = Letter::PasswordReset(PasswordReset { link: link.clone() });
            write_to_people(conn, &persons, &letter, None, now)
        })
        .await;
    assert!(several.is_err());
    let stranger = desk
        .db
        .write(move |conn: &mut Conn| {
            let email = EmailAddress::parse("nils@acme.example").unwrap();
            let to = Address {
                email: &email,
                name: "Nils Berg",
                organization: None,
            };
            write_to_address(conn, to, &new_device(), None, now)
        })
        .await;
    assert!(stranger.is_err());
    assert!(desk.notices().await.is_empty());
}

async fn who_is_disabled_or_unverified_gets_what_they_may(desk: JobDesk) {
    let dana = desk.dana.id();
    for (verified, disabled) in [(true, false), (false, false), (false, true)] {
        desk.has_verified(dana, verified).await;
        if disabled {
            desk.is_disabled(dana).await;
        }
        for kind in NoticeKind::ALL
            .iter()
            .filter(|kind| kind.topic() != Topic::Case)
        {
            let letter = sample::letters::full(*kind).remove(0);
            // Dana decides on nothing, and goes to tutorials.
            let is_hers = matches!(kind.needs(), None | Some(Permission::TutorialsView));
            let may = is_hers && !disabled && (verified || kind.goes_unverified());
            assert_eq!(
                desk.writes_to(dana, letter, None).await,
                may,
                "{kind} {verified} {disabled}"
            );
        }
    }
}

async fn who_caused_it_gets_confirmations_and_nothing_else(desk: JobDesk) {
    let sam = desk.sam.id();
    for kind in NoticeKind::ALL
        .iter()
        .filter(|kind| kind.topic() != Topic::Case && kind.needs().is_none())
    {
        let letter = sample::letters::full(*kind).remove(0);
        let confirmed = desk.writes_to(sam, letter, Some(sam)).await;
        assert_eq!(confirmed, kind.topic() == Topic::Account, "{kind}");
    }
}

async fn several_get_one_each_and_who_may_not_decide_gets_none(desk: JobDesk) {
    let now = desk.now();
    let acme = desk.dana.access.organization;
    let (dana, sam, olga) = (desk.dana.id(), desk.sam.id(), desk.olga.id());
    desk.write(move |conn: &mut Conn| -> Result<_, DbError> {
        let (to, admin) = (
            Grantee::Person(dana),
            Granted::Predefined(Role::OrganizationAdmin),
        );
        Ok(grants::give(conn, to, acme, admin, None, None, now)?)
    })
    .await;
    let persons = [dana, sam, olga, dana];
    let written = desk
        .write(move |conn| write_to_people(conn, &persons, &requested(), None, now))
        .await;
    assert_eq!(written, 1);
    // Who may not any more when it leaves, does not get it.
    desk.write(move |conn: &mut Conn| -> Result<_, DbError> {
        let (from, admin) = (
            Grantee::Person(dana),
            Granted::Predefined(Role::OrganizationAdmin),
        );
        Ok(grants::take(conn, from, acme, admin)?)
    })
    .await;
    assert_eq!(desk.step().await.withheld, 1);
    let written = desk
        .write(move |conn| write_to_people(conn, &[sam, olga], &password_changed(), None, now))
        .await;
    assert_eq!(written, 2);
}

async fn who_has_no_account_is_answered_at_the_address_they_gave(desk: JobDesk) {
    assert!(desk.answers("nils@acme.example").await);
    assert_eq!(desk.step().await.sent, 1);
    let letter = desk.last();
    assert!(
        letter.contains("nils@acme.example>") && letter.contains("Nils Berg"),
        "{letter}"
    );
    assert!(
        letter.contains("> We do not know you.") && !letter.contains("Olga"),
        "{letter}"
    );
    let notice = desk.notices().await.remove(0);
    assert_eq!((notice.person, notice.name.as_str()), (None, "Nils Berg"));
    assert_eq!(notice.email.as_str(), "nils@acme.example");
    // The next answer to the same request continues the thread; one to another address does not.
    assert!(desk.answers("nils@acme.example").await && desk.answers("nina@acme.example").await);
    assert_eq!(desk.step().await.sent, 2);
    let letters: Vec<String> = desk.memory.letters().iter().map(text).collect();
    let first = format!("In-Reply-To: <{}@desk.northstar.example>", notice.id);
    let continues = |letter: &&String| letter.contains(&first);
    assert_eq!(letters.iter().filter(continues).count(), 1);
    // Whoever has an account is written to as who they are there; nobody disabled is.
    assert!(desk.answers("dana@acme.example").await);
    assert_eq!(desk.notices().await[3].person, Some(desk.dana.id()));
    desk.is_disabled(desk.dana.id()).await;
    assert_eq!(desk.step().await.withheld, 1);
    assert!(!desk.answers("dana@acme.example").await);
}

async fn letters_of_a_kind_hang_together_and_kinds_hang_apart(desk: JobDesk) {
    let dana = desk.dana.id();
    for letter in [new_device(), password_changed(), new_device()] {
        assert!(desk.writes_to(dana, letter, Some(dana)).await);
        desk.clock.advance(TimeDelta::seconds(1));
    }
    assert!(desk.writes_to(desk.sam.id(), new_device(), None).await);
    while desk.step().await.more {}
    let first = desk.notices().await[0].id;
    let continues = format!("References: <{first}@desk.northstar.example>");
    let threads: Vec<bool> = (desk.memory.letters().iter().map(text))
        .filter(|letter| letter.contains("<dana@acme.example>"))
        .map(|letter| letter.contains(&continues))
        .collect();
    assert_eq!(threads, [false, false, true]);
    let others = desk
        .memory
        .letters()
        .iter()
        .filter(|letter| text(letter).contains("References:"))
        .count();
    assert_eq!(others, 1);
}
