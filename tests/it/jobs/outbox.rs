//! What becomes of a notice that is due.

use casebell::db::{Conn, DbError};
use casebell::domain::access::Role;
use casebell::domain::ids::{EntryId, PersonId};
use casebell::domain::notice::Fault;
use casebell::domain::notice::NoticeState::{Failed, Sent, Waiting, Withheld};
use casebell::domain::order::{Sort, Window};
use casebell::mail::transport::SendError;
use casebell::store::grants::{self, Granted, Grantee};
use casebell::store::notices::{self, Filter, NoticeOrder, Resend};
use casebell::store::people::{self, PersonChanges};
use casebell::worker::{ATTEMPTS, Sending};
use casebell::workflow::feed::{self, EditEntry, RedactEntry};
use casebell::workflow::resend_notice::resend_notice;
use chrono::TimeDelta;

use crate::support::database::on_both_databases;
use crate::support::job_desk::{JobDesk, text};

on_both_databases!(
    JobDesk: it_is_sent_once,
    a_thread_hangs_together_and_the_feeds_hang_apart,
    a_recipient_who_gets_nothing_for_now_is_tried_again_and_again,
    it_is_given_up_in_the_end_and_sent_again_on_request,
    a_refusal_for_good_is_shown_with_its_reason,
    who_was_disabled_meanwhile_gets_nothing,
    who_may_not_see_it_any_more_gets_nothing,
    what_was_redacted_or_corrected_meanwhile_is_not_mailed,
    a_payload_that_cannot_be_read_waits_alone,
    more_than_fits_in_one_step_takes_several,
    administrators_see_the_newest_first_and_page_by_page,
);

async fn it_is_sent_once(desk: JobDesk) {
    desk.opens_case().await;
    let sent = desk.step().await;
    assert_eq!(
        sent,
        Sending {
            claimed: 1,
            sent: 1,
            ..Sending::default()
        }
    );
    assert_eq!(desk.step().await, Sending::default());
    let letters = desk.memory.letters();
    assert_eq!(letters.len(), 1);
    let notice = &desk.notices().await[0];
    assert_eq!(
        (notice.state, notice.attempts, notice.sent_at),
        (Sent, 1, Some(desk.now()))
    );
    let text = text(&letters[0]);
    assert!(
        text.contains(&format!(
            "Message-ID: <{}@desk.northstar.example>",
            notice.id
        )),
        "{text}"
    );
    assert!(
        text.contains("To: \"Sam Reed\" <sam@northstar.example>")
            || text.contains("To: Sam Reed <sam@"),
        "{text}"
    );
}

async fn a_thread_hangs_together_and_the_feeds_hang_apart(desk: JobDesk) {
    let case = desk.opens_case().await;
    desk.writes(&desk.sam, case, "We are looking.").await;
    desk.writes(&desk.sam, case, "We have found it.").await;
    desk.step().await;
    let escalation = desk.escalates(case).await;
    desk.step().await;
    desk.claims(escalation).await;
    desk.step().await;
    let to_dana: Vec<String> = desk
        .memory
        .letters()
        .iter()
        .map(text)
        .filter(|text| text.contains("<dana@acme.example>"))
        .collect();
    let header = |text: &String, name: &str| {
        let name = format!("{name}: ");
        text.lines()
            .find_map(|line| line.strip_prefix(&name))
            .map(str::to_owned)
    };
    let threads: Vec<_> = to_dana
        .iter()
        .map(|text| (header(text, "Subject"), header(text, "References")))
        .collect();
    let first_of = |index: usize| header(&to_dana[index], "Message-ID");
    assert_eq!(
        threads,
        [
            (Some("[C-000001] Agents lose audio".to_owned()), None),
            (
                Some("Re: [C-000001] Agents lose audio".to_owned()),
                first_of(0)
            ),
            (Some("[E-000001] Agents lose audio".to_owned()), None),
            (
                Some("Re: [E-000001] Agents lose audio".to_owned()),
                first_of(2)
            ),
        ]
    );
}

async fn a_recipient_who_gets_nothing_for_now_is_tried_again_and_again(desk: JobDesk) {
    desk.opens_case().await;
    let began = desk.now();
    let mut waited = TimeDelta::zero();
    for attempt in 1..=10 {
        desk.memory
            .refuse(SendError::new(Fault::RecipientDeferred, "try later"));
        assert_eq!(
            desk.step().await,
            Sending {
                claimed: 1,
                put_off: 1,
                ..Sending::default()
            }
        );
        let notice = desk.notices().await.remove(0);
        assert_eq!((notice.state, notice.attempts), (Waiting, attempt));
        assert_eq!(notice.last_error.as_deref(), Some("try later"));
        // Not before its time.
        let delay = notice.next_attempt_at - desk.now();
        assert!(
            delay >= TimeDelta::seconds(30) && delay <= TimeDelta::hours(1),
            "{delay}"
        );
        desk.clock
            .set(notice.next_attempt_at - TimeDelta::microseconds(1));
        assert_eq!(desk.step().await, Sending::default());
        desk.clock.set(notice.next_attempt_at);
        waited += delay;
    }
    assert!(waited > TimeDelta::hours(2), "{waited}");
    // It has been due all the time.
    let backlog = desk
        .write(|conn: &mut Conn| -> Result<_, DbError> { Ok(notices::backlog(conn)?) })
        .await;
    assert_eq!((backlog.waiting, backlog.since), (1, Some(began)));
    assert_eq!(desk.step().await.sent, 1);
    let notice = desk.notices().await.remove(0);
    assert_eq!((notice.state, notice.last_error), (Sent, None));
}

async fn it_is_given_up_in_the_end_and_sent_again_on_request(desk: JobDesk) {
    desk.opens_case().await;
    let began = desk.now();
    let id = desk.notices().await[0].id;
    for _ in 1..ATTEMPTS {
        desk.memory
            .refuse(SendError::new(Fault::RecipientDeferred, "busy"));
        assert_eq!(desk.step().await.put_off, 1);
        desk.clock.set(desk.notice(id).await.next_attempt_at);
    }
    desk.memory
        .refuse(SendError::new(Fault::RecipientDeferred, "busy"));
    assert_eq!(
        desk.step().await,
        Sending {
            claimed: 1,
            failed: 1,
            ..Sending::default()
        }
    );
    let tried = desk.now() - began;
    assert!(
        tried > TimeDelta::days(4) && tried < TimeDelta::days(6),
        "{tried}"
    );
    assert_eq!(desk.states().await, [Failed]);

    let now = desk.now();
    let again = desk
        .write(move |conn: &mut Conn| -> Result<_, DbError> { Ok(notices::resend(conn, id, now)?) })
        .await;
    assert_eq!(again, Resend::Queued);
    // It has a round of attempts once more.
    desk.memory
        .refuse(SendError::new(Fault::RecipientDeferred, "busy"));
    assert_eq!(desk.step().await.put_off, 1);
    desk.clock.set(desk.notice(id).await.next_attempt_at);
    assert_eq!(desk.step().await.sent, 1);
    assert_eq!(desk.notice(id).await.attempts, ATTEMPTS + 2);
    let sent = desk
        .write(move |conn: &mut Conn| -> Result<_, DbError> { Ok(notices::resend(conn, id, now)?) })
        .await;
    assert_eq!(sent, Resend::NotEnded(Sent));
}

async fn a_refusal_for_good_is_shown_with_its_reason(desk: JobDesk) {
    desk.opens_case().await;
    desk.memory.refuse(SendError::new(
        Fault::RecipientRefused,
        "550 5.1.1 no such user\r\nhere",
    ));
    assert_eq!(
        desk.step().await,
        Sending {
            claimed: 1,
            failed: 1,
            ..Sending::default()
        }
    );
    let notice = desk.notices().await.remove(0);
    assert_eq!(
        (notice.state, notice.last_error.as_deref()),
        (Failed, Some("550 5.1.1 no such user here"))
    );
    assert_eq!(
        notice
            .case_number
            .map(|number| number.to_string())
            .as_deref(),
        Some("C-000001")
    );
    desk.clock.advance(TimeDelta::days(3));
    assert_eq!(desk.step().await, Sending::default());
}

async fn who_was_disabled_meanwhile_gets_nothing(desk: JobDesk) {
    desk.opens_case().await;
    let (sam, now) = (desk.sam.id(), desk.now());
    disable(&desk, sam, true).await;
    assert_eq!(
        desk.step().await,
        Sending {
            claimed: 1,
            withheld: 1,
            ..Sending::default()
        }
    );
    let notice = desk.notices().await.remove(0);
    assert_eq!(notice.state, Withheld);
    assert_eq!(
        notice.last_error.as_deref(),
        Some("The recipient is disabled, or has no verified address.")
    );
    // Sent again it is looked at anew.
    let id = notice.id;
    desk.write(move |conn: &mut Conn| -> Result<_, DbError> {
        Ok(notices::resend(conn, id, now)?)
    })
    .await;
    assert_eq!(desk.step().await.withheld, 1);
    disable(&desk, sam, false).await;
    desk.write(move |conn: &mut Conn| -> Result<_, DbError> {
        Ok(notices::resend(conn, id, now)?)
    })
    .await;
    assert_eq!(desk.step().await.sent, 1);
}

async fn who_may_not_see_it_any_more_gets_nothing(desk: JobDesk) {
    let case = desk.opens_case().await;
    desk.step().await;
    desk.writes(&desk.sam, case, "We are looking.").await;
    let dana = desk.dana.access.clone();
    desk.write(move |conn: &mut Conn| -> Result<_, DbError> {
        let (from, contact) = (
            Grantee::Person(dana.person),
            Granted::Predefined(Role::DesignatedContact),
        );
        Ok(grants::take(conn, from, dana.organization, contact)?)
    })
    .await;
    assert_eq!(desk.step().await.withheld, 1);
}

async fn what_was_redacted_or_corrected_meanwhile_is_not_mailed(desk: JobDesk) {
    let case = desk.opens_case().await;
    desk.step().await;
    let password = desk
        .writes(&desk.sam, case, "The password is swordfish.")
        .await;
    let typo = desk.writes(&desk.sam, case, "Restart the egde.").await;
    let (sam, now) = (desk.sam.clone(), desk.now());
    redact(&desk, password).await;
    let edit = EditEntry {
        body: "Restart the edge.".parse().unwrap(),
    };
    desk.write(move |conn| feed::edit(conn, &sam, typo, None, &edit, now))
        .await;
    assert_eq!(
        desk.step().await,
        Sending {
            claimed: 2,
            sent: 1,
            withheld: 1,
            ..Sending::default()
        }
    );
    let letters = desk.memory.letters();
    let last = text(letters.last().unwrap());
    assert!(
        last.contains("Restart the edge.") && !last.contains("swordfish"),
        "{last}"
    );
    assert!(
        letters
            .iter()
            .all(|letter| !text(letter).contains("swordfish"))
    );
    let kept = desk
        .write(|conn: &mut Conn| -> Result<Vec<String>, DbError> {
            use casebell::db::schema::notices;
            use diesel::prelude::*;
            Ok(notices::table.select(notices::payload).load(conn)?)
        })
        .await;
    assert!(
        kept.iter().all(|payload| !payload.contains("swordfish")),
        "{kept:?}"
    );
}

async fn a_payload_that_cannot_be_read_waits_alone(desk: JobDesk) {
    desk.opens_case().await;
    desk.opens_case().await;
    let id = desk.notices().await[0].id;
    desk.write(move |conn: &mut Conn| -> Result<_, DbError> {
        use casebell::db::schema::notices;
        use diesel::prelude::*;
        diesel::update(notices::table.filter(notices::id.eq(id)))
            .set(notices::payload.eq("{}"))
            .execute(conn)?;
        Ok(())
    })
    .await;
    let sent = desk.step().await;
    // A later version of another process may have written it; what is behind it does not wait for that.
    assert_eq!((sent.sent, sent.put_off), (1, 1));
    let notice = desk.notice(id).await;
    assert_eq!(
        (notice.state, notice.fault),
        (Waiting, Some(Fault::Unwritten))
    );
    assert!(notice.last_error.unwrap().contains("missing field"));
}

async fn more_than_fits_in_one_step_takes_several(desk: JobDesk) {
    for _ in 0..11 {
        desk.opens_case().await;
    }
    let first = desk.step().await;
    assert_eq!((first.claimed, first.more), (8, true));
    let second = desk.step().await;
    assert_eq!((second.claimed, second.more), (3, false));
    // All of them to one person, so in the order of their events.
    let order: Vec<_> = desk
        .memory
        .letters()
        .iter()
        .map(casebell::mail::message::Letter::id)
        .collect();
    assert!(order.is_sorted(), "{order:?}");
    let backlog = desk
        .write(|conn: &mut Conn| -> Result<_, DbError> { Ok(notices::backlog(conn)?) })
        .await;
    assert_eq!((backlog.waiting, backlog.since), (0, None));
}

async fn administrators_see_the_newest_first_and_page_by_page(desk: JobDesk) {
    for _ in 0..5 {
        desk.opens_case().await;
        desk.clock.advance(TimeDelta::seconds(1));
    }
    desk.memory
        .refuse(SendError::new(Fault::RecipientRefused, "no"));
    desk.step().await;
    let sent = Filter {
        state: Some(Sent),
        ..Filter::default()
    };
    let pages = desk
        .write(move |conn: &mut Conn| -> Result<_, DbError> {
            let everything = casebell::domain::access::Reach::Everything;
            let mut window = Window::first(Sort::descending(NoticeOrder::CreatedAt), 3);
            let first = notices::list(conn, everything, sent, &window)?;
            window.after = (first.last()).map(|one| notices::place(NoticeOrder::CreatedAt, one));
            let second = notices::list(conn, everything, sent, &window)?;
            Ok((first, second))
        })
        .await;
    let numbers = |page: &[notices::Listed]| {
        page.iter()
            .map(|one| one.case_number.unwrap().value())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (numbers(&pages.0), numbers(&pages.1)),
        (vec![5, 4, 3], vec![2])
    );
    let supervisor = desk.olga.clone();
    let (id, now) = (desk.notices().await[0].id, desk.now());
    let refused = desk
        .db
        .write(move |conn| resend_notice(conn, Some(&supervisor), id, None, now))
        .await;
    assert!(refused.is_err(), "without the permission");
}

async fn disable(desk: &JobDesk, person: PersonId, disabled: bool) {
    let now = desk.now();
    desk.write(move |conn: &mut Conn| -> Result<_, DbError> {
        let since = disabled.then_some(casebell::db::sql_types::At(now));
        let changes = PersonChanges {
            disabled_at: Some(since),
            ..PersonChanges::default()
        };
        Ok(people::update(conn, person, &changes)?)
    })
    .await;
}

async fn redact(desk: &JobDesk, entry: EntryId) {
    let (sam, now) = (desk.sam.clone(), desk.now());
    let redact = RedactEntry {
        reason: "a secret".parse().unwrap(),
    };
    desk.write(move |conn| feed::redact(conn, &sam, entry, &redact, now))
        .await;
}
