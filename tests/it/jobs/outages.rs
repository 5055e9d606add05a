//! A mail server that is away, a recipient who gets nothing, and what each of them holds up.

use std::time::Duration;

use casebell::db::{Conn, DbError};
use casebell::domain::ids::{NoticeId, PersonId};
use casebell::domain::notice::NoticeState::{Sent, Waiting};
use casebell::domain::notice::{Fault, Matter, NoticeKind, Payload, Thread};
use casebell::domain::text::EmailAddress;
use casebell::mail::message::Letter;
use casebell::mail::sample::letters;
use casebell::mail::transport::SendError;
use casebell::store::mail_outages;
use casebell::store::notices::{self, NewNotice, To};
use casebell::worker::{Driver, Rhythm, Sending};
use chrono::TimeDelta;

use crate::support::database::on_both_databases;
use crate::support::job_desk::JobDesk;

/// Nobody waits at the end.
const HURRIED: Rhythm = Rhythm {
    every: None,
    grace: Duration::ZERO,
};

impl JobDesk {
    /// Somebody's password was changed.
    async fn tells_of_a_new_password(&self, person: PersonId) -> NoticeId {
        let now = self.now();
        let letter = letters::full(NoticeKind::PasswordChanged).remove(0);
        let payload = Payload {
            at: now,
            actor: None,
            matter: Matter::Letter(letter),
        };
        self.write(move |conn: &mut Conn| -> Result<_, DbError> {
            let thread = Thread::Letter(NoticeKind::PasswordChanged, *person.as_uuid());
            let new = NewNotice {
                to: To::Person(person),
                case: None,
                escalation: None,
                thread,
                payload: &payload,
            };
            Ok(notices::insert(conn, &new, now)?)
        })
        .await
    }

    /// Somebody without an account is refused access.
    async fn writes_to_address(&self, address: &str) -> NoticeId {
        let now = self.now();
        let letter = letters::full(NoticeKind::AccessRefused).remove(0);
        let payload = Payload {
            at: now,
            actor: None,
            matter: Matter::Letter(letter),
        };
        let email = EmailAddress::parse(address).unwrap();
        self.write(move |conn: &mut Conn| -> Result<_, DbError> {
            let thread = Thread::Letter(NoticeKind::AccessRefused, uuid::Uuid::now_v7());
            let to = To::Address {
                email: &email,
                name: "Nils",
                organization: None,
            };
            let new = NewNotice {
                to,
                case: None,
                escalation: None,
                thread,
                payload: &payload,
            };
            Ok(notices::insert(conn, &new, now)?)
        })
        .await
    }

    async fn outage(&self) -> Option<mail_outages::Outage> {
        self.write(|conn: &mut Conn| -> Result<_, DbError> {
            Ok(mail_outages::of(conn, "memory")?)
        })
        .await
    }

    fn sent_ids(&self) -> Vec<NoticeId> {
        self.memory.letters().iter().map(Letter::id).collect()
    }

    /// Lets as many seconds pass, one after the other, and works in each.
    async fn works_for(&self, seconds: usize) {
        for _ in 0..seconds {
            self.clock.advance(TimeDelta::seconds(1));
            while self.step().await.claimed > 0 {}
        }
    }
}

on_both_databases!(
    JobDesk: one_try_finds_out_for_all_that_the_server_is_back,
    several_processes_try_as_one,
    while_one_process_tries_no_other_does,
    a_server_that_takes_nothing_from_anybody_is_away_too,
    a_server_that_only_looks_who_comes_back_is_not_away,
    a_notice_that_waits_keeps_its_place_before_later_ones_to_the_same_person,
    a_message_that_the_server_does_not_like_holds_up_nothing_else,
    what_is_urgent_does_not_wait_behind_the_rest,
    a_recipient_at_whom_the_server_hangs_waits_alone,
    a_domain_at_which_the_server_hangs_keeps_no_place_from_others,
);

async fn one_try_finds_out_for_all_that_the_server_is_back(desk: JobDesk) {
    let mut made = Vec::new();
    for n in 0..30 {
        desk.opens_case().await;
        desk.writes_to_address(&format!("nils{n}@acme.example"))
            .await;
    }
    made.extend(desk.notices().await.iter().map(|notice| notice.id));
    desk.memory.go_away(SendError::new(
        Fault::ServerUnreachable,
        "connection refused",
    ));
    while desk.step().await.claimed > 0 {}
    let outage = desk.outage().await.unwrap();
    assert_eq!(
        (outage.fault, outage.detail.as_str()),
        (Fault::ServerUnreachable, "connection refused")
    );
    assert_eq!(outage.since, desk.now());
    desk.works_for(120).await;
    assert!(
        desk.memory.tried() < 30,
        "{} vain tries",
        desk.memory.tried()
    );
    // Nobody is to blame for it: no notice was tried, and none is put off.
    for notice in desk.notices().await {
        assert_eq!((notice.state, notice.attempts), (Waiting, 0));
        assert!(notice.next_attempt_at <= desk.now());
    }

    desk.memory.come_back();
    desk.works_for(21).await;
    assert_eq!(desk.outage().await, None);
    let sent = desk.sent_ids();
    assert_eq!(sent.len(), made.len());
    let sam = desk.sam.id();
    let to_sam: Vec<_> = desk
        .notices()
        .await
        .into_iter()
        .filter(|notice| notice.person == Some(sam))
        .map(|notice| notice.id)
        .collect();
    let read: Vec<_> = sent.into_iter().filter(|id| to_sam.contains(id)).collect();
    assert_eq!(read, to_sam, "in the order in which things happened");
}

async fn several_processes_try_as_one(desk: JobDesk) {
    desk.opens_case().await;
    desk.opens_case().await;
    desk.memory
        .go_away(SendError::new(Fault::SignInRefused, "535 5.7.8 no"));
    let workers = [
        desk.another_outbox(),
        desk.another_outbox(),
        desk.another_outbox(),
    ];
    for _ in 0..600 {
        desk.clock.advance(TimeDelta::milliseconds(100));
        for worker in &workers {
            worker.step(desk.now()).await.unwrap();
        }
    }
    assert!(
        desk.memory.tried() < 10,
        "{} vain tries",
        desk.memory.tried()
    );
    desk.memory.come_back();
    desk.clock.advance(TimeDelta::seconds(20));
    let first = workers[2].step(desk.now()).await.unwrap();
    assert_eq!((first.claimed, first.sent, first.more), (1, 1, true));
    assert_eq!(
        workers[0].step(desk.now()).await.unwrap().sent,
        1,
        "the others know at once"
    );
}

async fn while_one_process_tries_no_other_does(desk: JobDesk) {
    desk.opens_case().await;
    desk.writes_to_address("nils@acme.example").await;
    desk.memory.go_away(SendError::new(
        Fault::ServerUnreachable,
        "connection refused",
    ));
    while desk.step().await.claimed > 0 {}
    desk.memory.come_back();
    desk.clock.advance(TimeDelta::seconds(20));
    let tried = desk.memory.tried();
    desk.memory.fall_silent();
    let (outbox, now) = (desk.outbox.clone(), desk.now());
    let trying = tokio::spawn(async move { outbox.step(now).await });
    while desk.memory.tried() == tried {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        desk.another_outbox().step(now).await.unwrap(),
        Sending::default()
    );
    assert_eq!(desk.memory.tried(), tried + 1);
    trying.abort();
    let _ = trying.await;
}

async fn a_server_that_takes_nothing_from_anybody_is_away_too(desk: JobDesk) {
    for n in 0..20 {
        desk.writes_to_address(&format!("nils{n}@acme{n}.example"))
            .await;
    }
    desk.memory.go_away(SendError::new(
        Fault::MessageDeferred,
        "452 4.3.1 disk full",
    ));
    while desk.step().await.claimed > 0 {}
    assert_eq!(
        desk.outage().await.map(|outage| outage.fault),
        Some(Fault::MessageDeferred)
    );
    assert!(desk.memory.tried() <= 8, "{} tries", desk.memory.tried());
    desk.works_for(120).await;
    assert!(desk.memory.tried() < 20, "{} tries", desk.memory.tried());
    desk.memory.come_back();
    desk.works_for(21).await;
    assert!(
        desk.states().await.iter().all(|state| *state == Sent),
        "those that were put off are freed as well"
    );
}

async fn a_server_that_only_looks_who_comes_back_is_not_away(desk: JobDesk) {
    for n in 0..20 {
        desk.writes_to_address(&format!("nils{n}@acme{n}.example"))
            .await;
    }
    desk.memory.go_away(SendError::new(
        Fault::RecipientDeferred,
        "451 4.7.1 Greylisted, come back later",
    ));
    while desk.step().await.claimed > 0 {}
    assert_eq!((desk.outage().await, desk.memory.tried()), (None, 20));
    desk.memory.come_back();
    desk.works_for(45).await;
    assert!(desk.states().await.iter().all(|state| *state == Sent));
}

async fn a_notice_that_waits_keeps_its_place_before_later_ones_to_the_same_person(desk: JobDesk) {
    desk.opens_case().await;
    desk.opens_case().await;
    desk.writes_to_address("nils@acme.example").await;
    let all: Vec<_> = desk
        .notices()
        .await
        .iter()
        .map(|notice| notice.id)
        .collect();
    desk.memory.refuse_to(
        "sam@northstar.example",
        SendError::new(Fault::RecipientDeferred, "451 later"),
    );
    let first = desk.step().await;
    assert_eq!((first.put_off, first.sent), (1, 1), "{first:?}");
    assert_eq!(
        desk.sent_ids(),
        [all[2]],
        "the other recipient does not wait"
    );
    assert_eq!(
        desk.step().await,
        Sending::default(),
        "the second does not overtake the first"
    );
    desk.works_for(45).await;
    assert_eq!(desk.sent_ids(), [all[2], all[0], all[1]]);
}

async fn a_message_that_the_server_does_not_like_holds_up_nothing_else(desk: JobDesk) {
    desk.opens_case().await;
    desk.opens_case().await;
    let all: Vec<_> = desk
        .notices()
        .await
        .iter()
        .map(|notice| notice.id)
        .collect();
    desk.memory
        .refuse(SendError::new(Fault::MessageRefused, "554 5.7.1 spam"));
    let first = desk.step().await;
    assert_eq!((first.put_off, first.sent), (1, 1), "{first:?}");
    assert_eq!(desk.sent_ids(), [all[1]]);
    desk.works_for(45).await;
    assert_eq!(desk.sent_ids(), [all[1], all[0]]);
}

async fn what_is_urgent_does_not_wait_behind_the_rest(desk: JobDesk) {
    for _ in 0..100 {
        desk.opens_case().await;
    }
    let urgent = desk.tells_of_a_new_password(desk.sam.id()).await;
    desk.step().await;
    assert!(desk.sent_ids().contains(&urgent), "in the first step");

    // Not behind one that is put off either.
    desk.memory
        .refuse(SendError::new(Fault::MessageDeferred, "451 later"));
    desk.step().await;
    let urgent = desk.tells_of_a_new_password(desk.sam.id()).await;
    desk.step().await;
    assert!(desk.sent_ids().contains(&urgent));
}

async fn a_recipient_at_whom_the_server_hangs_waits_alone(desk: JobDesk) {
    desk.writes_to_address("hangs@acme.example").await;
    desk.writes_to_address("hangs@acme.example").await;
    for n in 0..20 {
        desk.writes_to_address(&format!("nils{n}@acme.example"))
            .await;
    }
    desk.memory.hang_at("hangs@acme.example");
    let driver = Driver::start(desk.jobs(), &desk.db, &desk.clock, HURRIED);
    desk.memory.has(20).await;
    let urgent = desk.tells_of_a_new_password(desk.sam.id()).await;
    desk.memory.has(21).await;
    assert_eq!(desk.sent_ids().last(), Some(&urgent));
    // All that was taken is marked before it stops.
    while desk
        .states()
        .await
        .iter()
        .filter(|state| **state == Sent)
        .count()
        < 21
    {
        tokio::task::yield_now().await;
    }
    driver.stop().await;
    let left: Vec<_> = desk
        .notices()
        .await
        .into_iter()
        .filter(|notice| notice.state != Sent)
        .map(|notice| notice.attempts)
        .collect();
    assert_eq!(
        left,
        [0, 0],
        "the one that hung was given back, the other was not tried"
    );
}

async fn a_domain_at_which_the_server_hangs_keeps_no_place_from_others(desk: JobDesk) {
    for n in 0..8 {
        let address = format!("nils{n}@slow.example");
        desk.writes_to_address(&address).await;
        desk.memory.hang_at(&address);
    }
    for n in 0..15 {
        desk.writes_to_address(&format!("nils{n}@acme.example"))
            .await;
    }
    let another = desk.writes_to_address("another@slow.example").await;
    for n in 15..25 {
        desk.writes_to_address(&format!("nils{n}@acme.example"))
            .await;
    }
    let driver = Driver::start(desk.jobs(), &desk.db, &desk.clock, HURRIED);
    // They take all places there are, until they are known to be slow.
    desk.memory.has(25).await;
    let another = desk.notice(another).await;
    assert_eq!((another.state, another.attempts), (Waiting, 0));
    assert!(
        another.next_attempt_at > desk.now(),
        "their domain is left alone for now"
    );
    assert_eq!(desk.memory.tried(), 33);
    driver.stop().await;
}
