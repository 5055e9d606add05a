//! Notices with everything that it takes to write and send them, as things stand when they are sent.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use diesel::prelude::*;

use super::addressees::{Addressees, RowTo, let_in};
use super::reminded::{Tutorials, reminds_of};
use super::server;
use crate::db::schema::{cases, feed_entries, notices};
use crate::db::sql_types::At;
use crate::db::{Conn, among, steadily};
use crate::domain::Instant;
use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::{
    CaseId, EntryId, LineId, NoticeId, OneTimeLinkId, OrganizationId, PersonId, TargetId,
    TutorialId,
};
use crate::domain::lines::Readers;
use crate::domain::link::LinkState;
use crate::domain::notice::{
    About, Audience, Candidate, Digest, DigestItem, Letter, Matter, NoticeKind, Obstacle, Payload,
    letter_obstacle, obstacle,
};
use crate::domain::organization::Side;
use crate::domain::text::EmailAddress;
use crate::store::{lines, one_time_links, targets};

/// A notice with everything that it takes to write and send it.
#[derive(Clone, Debug)]
pub struct Addressed {
    /// Its id.
    pub id: NoticeId,
    /// The queue that it stands in.
    pub queue: String,
    /// Whether it goes before others.
    pub urgent: bool,
    /// When it was put into the outbox.
    pub created_at: Instant,
    /// How often it was tried, this time included.
    pub attempts: i64,
    /// Its message id as the row has it; without `@` before the first claim.
    pub message_id: String,
    /// The message id of the first notice of its thread to this person, likewise; none if it is the first.
    pub first_message_id: Option<String>,
    /// The recipient, who has no account if none.
    pub person: Option<PersonId>,
    /// The recipient's name.
    pub name: String,
    /// The address.
    pub email: EmailAddress,
    /// IANA name of the person's zone, or else of their organization's.
    pub time_zone: String,
    /// The tag of the language that the person chose, if they did.
    pub language: Option<String>,
    /// The side on which the person stands.
    pub side: Side,
    /// The name of the organization that gives support.
    pub provider: String,
    /// What happened, or why that cannot be read.
    pub payload: Result<Payload, String>,
    /// What forbids sending it now.
    pub obstacle: Option<Obstacle>,
}

impl Addressed {
    /// Whether it was written to nobody: a link is for somebody who has an account.
    pub fn is_to_nobody(&self) -> bool {
        let bears_link = self.payload.as_ref().is_ok_and(|one| one.link().is_some());
        self.person.is_none() && bears_link
    }
}

/// `<id@host>`, unless the message id was completed before.
pub fn complete(message_id: &str, host: &str) -> String {
    if message_id.contains('@') {
        message_id.to_owned()
    } else {
        format!("<{message_id}@{host}>")
    }
}

type Row = (
    (NoticeId, String, bool, String, String, String, i64, At),
    RowTo,
    (Option<OrganizationId>, Option<LineId>),
);

/// The notices of those ids with what it takes to write them, in the order in which they were made, as things stand at
/// `at`.
///
/// # Errors
/// Database errors.
pub fn addressed(conn: &mut Conn, ids: &[NoticeId], at: Instant) -> QueryResult<Vec<Addressed>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    steadily(conn, |conn| as_they_are(conn, ids, at))
}

fn as_they_are(conn: &mut Conn, ids: &[NoticeId], at: Instant) -> QueryResult<Vec<Addressed>> {
    let rows: Vec<Row> = notices::table
        .left_join(cases::table.on(notices::case_id.eq(cases::id.nullable())))
        .filter(among(notices::id, ids.to_vec()))
        .order((notices::created_at.asc(), notices::id.asc()))
        .select((
            (
                notices::id,
                notices::queue,
                notices::urgent,
                notices::thread,
                notices::payload,
                notices::message_id,
                notices::attempts,
                notices::created_at,
            ),
            (
                notices::person_id,
                notices::to_email,
                notices::to_name,
                notices::to_organization_id,
            ),
            (
                cases::organization_id.nullable(),
                cases::line_of_business_id.nullable(),
            ),
        ))
        .load(conn)?;
    let payloads: Vec<Result<Payload, String>> = rows
        .iter()
        .map(|row| serde_json::from_str::<Payload>(&row.0.4).map_err(|error| error.to_string()))
        .collect();
    let now = Present {
        addressees: Addressees::of(conn, rows.iter().map(|row| &row.1), at)?,
        entries: entries(conn, &payloads)?,
        links: links(conn, &payloads, at)?,
        targets: running_targets(conn, &payloads)?,
        cases: cases_of(conn, &payloads)?,
        tutorials: Tutorials::of(conn, reminded(&payloads))?,
    };
    let firsts = firsts_of_threads(conn, &rows)?;
    let mut addressed = Vec::with_capacity(rows.len());
    for ((row, mut payload), first) in rows.into_iter().zip(payloads).zip(firsts) {
        let Some(mut to) = now.addressees.addressee(conn, &row.1)? else {
            continue;
        };
        let (first, message_id) = first;
        let first_message_id = (first != row.0.0).then_some(message_id);
        let asked = (payload.as_ref()).is_ok_and(|one| one.audience() == Audience::Requester);
        if let Some(organization) = row.2.0.filter(|_| asked) {
            let_in(conn, &mut to.candidate, organization, at)?;
        }
        // A4: who may not read the case's line any more is told nothing of it.
        let reads = match row.2.1 {
            Some(line) => lines::readers(conn, line)?.admit(&to.candidate.access),
            None => true,
        };
        if let Ok(payload) = &mut payload
            && let Matter::Letter(Letter::Digest(digest)) = &mut payload.matter
        {
            now.leave_out(conn, digest, &to.candidate, at)?;
        }
        let obstacle = (payload.as_mut().ok())
            .and_then(|payload| now.bring_up_to_date(payload, &to.candidate, row.2.0, at))
            .or_else(|| (!reads).then_some(Obstacle::NotVisible));
        let (id, queue, urgent, _, _, message_id, attempts, created_at) = row.0;
        addressed.push(Addressed {
            id,
            queue,
            urgent,
            created_at: created_at.0,
            attempts,
            message_id,
            first_message_id,
            person: row.1.0,
            name: to.name,
            email: to.email,
            time_zone: to.time_zone,
            language: to.language,
            side: to.candidate.access.side,
            provider: now.addressees.provider.name.clone(),
            payload,
            obstacle,
        });
    }
    Ok(addressed)
}

/// What notices depend on besides their own rows, as it stands when they are sent.
struct Present {
    addressees: Addressees,
    entries: HashMap<EntryId, PresentEntry>,
    /// Whose the links are that can be used.
    links: HashMap<OneTimeLinkId, PersonId>,
    /// The targets that run, and who reads the lines of their cases.
    targets: HashMap<TargetId, Readers>,
    /// The cases of digests: whose they are, and in which line.
    cases: HashMap<CaseId, (OrganizationId, LineId)>,
    tutorials: Tutorials,
}

/// An entry as it stands now.
struct PresentEntry {
    feed: Feed,
    visibility: Visibility,
    redacted: bool,
    body: String,
}

fn entries(
    conn: &mut Conn,
    payloads: &[Result<Payload, String>],
) -> QueryResult<HashMap<EntryId, PresentEntry>> {
    let of_digests = items(payloads).filter_map(|item| item.entry);
    let ids: Vec<EntryId> = payloads
        .iter()
        .flatten()
        .flat_map(Payload::entries)
        .chain(of_digests)
        .collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(EntryId, Feed, Visibility, Option<At>, String)> = feed_entries::table
        .filter(among(feed_entries::id, ids))
        .select((
            feed_entries::id,
            feed_entries::feed,
            feed_entries::visibility,
            feed_entries::redacted_at,
            feed_entries::body,
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(id, feed, visibility, redacted_at, body)| {
            (
                id,
                PresentEntry {
                    feed,
                    visibility,
                    redacted: redacted_at.is_some(),
                    body,
                },
            )
        })
        .collect())
}

/// Whose the links in the notices are, of those that can be used.
fn links(
    conn: &mut Conn,
    payloads: &[Result<Payload, String>],
    now: Instant,
) -> QueryResult<HashMap<OneTimeLinkId, PersonId>> {
    let ids: Vec<OneTimeLinkId> = payloads
        .iter()
        .flatten()
        .filter_map(|payload| payload.link().map(|link| link.id))
        .collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let links = one_time_links::of_ids(conn, &ids)?;
    Ok(links
        .into_iter()
        .filter(|link| link.state(now) == LinkState::Good)
        .map(|link| (link.id, link.person_id))
        .collect())
}

/// The targets that the notices tell of, of those that run.
fn running_targets(
    conn: &mut Conn,
    payloads: &[Result<Payload, String>],
) -> QueryResult<HashMap<TargetId, Readers>> {
    let told = payloads.iter().flatten().flat_map(Payload::targets);
    let of_digests = items(payloads).filter_map(|item| item.target);
    let ids: Vec<TargetId> = told.chain(of_digests).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let (mut of_lines, mut running) = (HashMap::new(), HashMap::new());
    for (target, line) in targets::running_among(conn, &ids)? {
        let readers = match of_lines.entry(line) {
            Entry::Occupied(known) => Readers::clone(known.get()),
            Entry::Vacant(new) => new.insert(lines::readers(conn, line)?).clone(),
        };
        running.insert(target, readers);
    }
    Ok(running)
}

/// The tutorials of which the notices remind.
fn reminded(payloads: &[Result<Payload, String>]) -> Vec<TutorialId> {
    let letters = payloads.iter().flatten().map(|payload| &payload.matter);
    let letters = letters.filter_map(|matter| match matter {
        Matter::Letter(Letter::TutorialReminder(told)) => {
            Some(TutorialId::from_uuid(told.tutorial.tutorial))
        }
        _ => None,
    });
    letters
        .chain(items(payloads).filter_map(reminds_of))
        .collect()
}

/// What the digests among the notices tell of.
fn items(payloads: &[Result<Payload, String>]) -> impl Iterator<Item = &DigestItem> {
    digests(payloads).flat_map(Digest::items)
}

fn digests(payloads: &[Result<Payload, String>]) -> impl Iterator<Item = &Digest> {
    let letters = payloads.iter().flatten().map(|payload| &payload.matter);
    letters.filter_map(|matter| match matter {
        Matter::Letter(Letter::Digest(digest)) => Some(digest),
        _ => None,
    })
}

/// Whose the cases are that the digests among the notices tell of, and in which line.
fn cases_of(
    conn: &mut Conn,
    payloads: &[Result<Payload, String>],
) -> QueryResult<HashMap<CaseId, (OrganizationId, LineId)>> {
    let ids: Vec<CaseId> = digests(payloads)
        .flat_map(|digest| &digest.cases)
        .map(|case| case.case)
        .collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(CaseId, OrganizationId, LineId)> = cases::table
        .filter(among(cases::id, ids))
        .select((
            cases::id,
            cases::organization_id,
            cases::line_of_business_id,
        ))
        .load(conn)?;
    let told = rows.into_iter().map(|(id, home, line)| (id, (home, line)));
    Ok(told.collect())
}

impl Present {
    /// Leaves out of a digest what its reader may not see any more, what was redacted, and reminders of what is over.
    fn leave_out(
        &self,
        conn: &mut Conn,
        digest: &mut Digest,
        candidate: &Candidate,
        at: Instant,
    ) -> QueryResult<()> {
        let mut readable = HashMap::new();
        for case in digest.cases.iter().map(|case| case.case) {
            let Some((organization, line)) = self.cases.get(&case) else {
                continue;
            };
            let mut candidate = candidate.clone();
            let_in(conn, &mut candidate, *organization, at)?;
            if lines::readers(conn, *line)?.admit(&candidate.access) {
                readable.insert(case, (*organization, candidate));
            }
        }
        let person = candidate.access.person;
        let may_know = |item: &DigestItem| {
            let obstacle = letter_obstacle(item.kind, candidate.standing, &candidate.access);
            let over =
                reminds_of(item).is_some_and(|id| !self.tutorials.concern((id, None), person, at));
            obstacle.is_none() && !over
        };
        digest.retain(|case, item| match case {
            None => may_know(item),
            Some(case) => readable
                .get(&case)
                .is_some_and(|(organization, reader)| self.tells(item, reader, *organization)),
        });
        Ok(())
    }

    /// Whether somebody may be told of what happened to a case that they may read.
    fn tells(&self, item: &DigestItem, reader: &Candidate, organization: OrganizationId) -> bool {
        let told = match item.entry {
            None => item.feed.map(|feed| (feed, Visibility::Public)),
            // F3: as it stands where it may have been moved to.
            Some(entry) => (self.entries.get(&entry))
                .filter(|entry| !entry.redacted && item.feed.is_some())
                .map(|entry| (entry.feed, entry.visibility)),
        };
        let over = item.kind == NoticeKind::TargetReminder
            && !(item.target).is_some_and(|target| self.targets.contains_key(&target));
        match told {
            Some((feed, visibility)) if !over => {
                obstacle(reader, organization, feed, visibility).is_none()
            }
            _ => false,
        }
    }

    /// Whether there is reason to tell somebody of a target: it runs, and they may read its case (A4).
    fn concerns(&self, target: TargetId, candidate: &Candidate) -> bool {
        let readers = self.targets.get(&target);
        readers.is_some_and(|readers| readers.admit(&candidate.access))
    }

    /// Repeats the words of an entry as they stand now, and says what forbids the notice by now. A mail server may
    /// have been away for two days; what was disabled, withdrawn, used or redacted since stays at home.
    fn bring_up_to_date(
        &self,
        payload: &mut Payload,
        candidate: &Candidate,
        organization: Option<OrganizationId>,
        at: Instant,
    ) -> Option<Obstacle> {
        let organization = organization.unwrap_or(candidate.access.organization);
        payload.retain_entries(|entry| {
            let entry = entry.and_then(|id| self.entries.get(&id));
            entry.is_none_or(|entry| {
                // F3: nor is there what stands by now in a feed that they may not read.
                let found = obstacle(candidate, organization, entry.feed, entry.visibility);
                !entry.redacted && found != Some(Obstacle::NotVisible)
            })
        });
        let matter = match &mut payload.matter {
            Matter::Case(matter) => matter,
            Matter::Letter(Letter::TargetsGathered(gathered)) => {
                gathered.retain(|target| self.concerns(target, candidate));
                let kind = NoticeKind::TargetsGathered;
                let obstacle = letter_obstacle(kind, candidate.standing, &candidate.access);
                return obstacle.or(gathered.is_empty().then_some(Obstacle::Over));
            }
            Matter::Letter(Letter::Digest(digest)) if digest.is_empty() => {
                return Some(Obstacle::Over);
            }
            Matter::Letter(letter) => {
                let recipient = Some(&candidate.access.person);
                let void =
                    (letter.link()).is_some_and(|link| self.links.get(&link.id) != recipient);
                let obstacle =
                    letter_obstacle(letter.kind(), candidate.standing, &candidate.access);
                let over = match letter {
                    Letter::TutorialReminder(told) => {
                        let told = &told.tutorial;
                        let id = TutorialId::from_uuid(told.tutorial);
                        let told = (id, Some(told.starts_at));
                        !self.tutorials.concern(told, candidate.access.person, at)
                    }
                    _ => false,
                };
                return obstacle
                    .or(void.then_some(Obstacle::LinkVoid))
                    .or(over.then_some(Obstacle::Over));
            }
        };
        let mut feed = matter.feed();
        let mut visibility = Visibility::Public;
        if let Some(entry) = (matter.about.entry()).and_then(|id| self.entries.get(&id)) {
            match &mut matter.about {
                About::EntryPosted(about) => {
                    about.body.clone_from(&entry.body);
                    for further in &mut about.further {
                        if let Some(entry) = further.entry.and_then(|id| self.entries.get(&id)) {
                            further.body.clone_from(&entry.body);
                        }
                    }
                }
                About::Mentioned(about) => about.body.clone_from(&entry.body),
                _ => {}
            }
            if matches!(matter.about, About::EntryPosted(_) | About::Mentioned(_)) {
                if entry.redacted {
                    return Some(Obstacle::Redacted);
                }
                // F3: who may not read the feed into which it was moved is not told of it any more.
                (feed, visibility) = (entry.feed, entry.visibility);
            }
        }
        if let Some(target) = matter.about.target()
            && !self.targets.contains_key(&target.target)
        {
            return Some(Obstacle::Over);
        }
        obstacle(candidate, organization, feed, visibility)
    }
}

/// The first notice of the thread of each of these to whom it goes to: its id and its message id.
fn firsts_of_threads(conn: &mut Conn, rows: &[Row]) -> QueryResult<Vec<(NoticeId, String)>> {
    let to_people: Option<Vec<(String, PersonId)>> = rows
        .iter()
        .map(|row| Some((row.0.3.clone(), row.1.0?)))
        .collect();
    match (&mut *conn, to_people) {
        (Conn::Postgres(own), Some(to_people)) => server::first_of_threads(own, to_people),
        _ => (rows.iter().map(|row| first_of_thread(conn, row))).collect(),
    }
}

fn first_of_thread(conn: &mut Conn, row: &Row) -> QueryResult<(NoticeId, String)> {
    let mut query = notices::table
        .filter(notices::thread.eq(&row.0.3))
        .into_boxed();
    query = match (row.1.0, &row.1.1) {
        (Some(person), _) => query.filter(notices::person_id.eq(person)),
        (None, email) => query.filter(notices::to_email.eq(email)),
    };
    query
        .order((notices::created_at.asc(), notices::id.asc()))
        .limit(1)
        .select((notices::id, notices::message_id))
        .get_result(conn)
}
