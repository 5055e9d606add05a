//! One part of a batch of incidents, in a transaction; each incident a savepoint with everything that it brings along.

use std::collections::{HashMap, HashSet};

use crate::cli::import::directory::{Directory, Known};
use crate::cli::import::report::{Fault, MadeUp, Unloaded};
use crate::cli::import::transactions::{Manner, NotLoaded};
use crate::cli::import::{ImportError, in_savepoint};
use crate::db::{Conn, DbError};
use crate::domain::Instant;
use crate::domain::access::Role;
use crate::domain::case::{Deployment, Status};
use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::{CaseId, LineId};
use crate::domain::organization::OrganizationKind;
use crate::domain::text::{Slug, Title, folded};
use crate::store::feeds::Made;
use crate::store::organizations::Organization;
use crate::store::people::display_name;
use crate::store::{cases, imports, organizations};
use crate::words::Catalogue;
use crate::workflow::VerbError;
use crate::workflow::import_case::{
    CaseState, PastCase, PastChange, PastEntry, continue_case, import_case, import_cases, state_of,
};
use crate::workflow::lines::{AddLine, add_line};
use crate::workflow::organizations::{AddOrganization, add_organization};
use crate::workflow::people::{AddPerson, add_person};

use super::Incident;
use super::row::{Event, Named, address};
use super::wording;

/// The provider that is made where there is none, and the domain of its people's addresses.
const PROVIDER: &str = "provider";

/// What came of an incident that was not refused.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Whether its case was added.
    pub is_new: bool,
    /// How many events were loaded.
    pub loaded: u64,
    /// How many were here.
    pub already_there: u64,
    /// The lines of events that come too late: the case has changed since.
    pub late: Vec<u64>,
    /// How many organizations came with it.
    pub organizations: u64,
    /// How many people.
    pub people: u64,
    /// How many lines of business.
    pub lines: u64,
    /// Who and what among them got a name in addresses that cannot be read back.
    pub made_up: Vec<MadeUp>,
}

/// Makes sure that there is a provider; says whether it was made.
///
/// # Errors
/// The outer one is an error of the database.
pub fn provider(conn: &mut Conn, now: Instant) -> Result<Result<bool, ImportError>, DbError> {
    if organizations::provider(conn)?.is_some() {
        return Ok(Ok(false));
    }
    let refused = || ImportError::NoProvider(PROVIDER.to_owned());
    let (Ok(slug), Ok(name)) = (Slug::parse(PROVIDER), Title::parse("Provider")) else {
        return Ok(Err(refused()));
    };
    let add = organization(slug, name, OrganizationKind::Provider);
    match add_organization(conn, None, &add, now) {
        Ok(_) => Ok(Ok(true)),
        Err(VerbError::Database(error)) => Err(error),
        Err(_) => Ok(Err(refused())),
    }
}

fn organization(slug: Slug, name: Title, kind: OrganizationKind) -> AddOrganization {
    AddOrganization {
        slug,
        name,
        kind,
        region: None,
        time_zone: Some(chrono_tz::UTC),
    }
}

/// What came of an incident: or all that is wrong with it.
type Loaded = Result<Outcome, Vec<Fault>>;

/// What is here of a batch before it is loaded.
struct Here {
    /// The cases of incidents that are here.
    cases: HashMap<String, CaseId>,
    /// The events of those that are here.
    entries: HashSet<String>,
}

/// Loads a part: the new cases of all its incidents together, or each incident by itself, so that whatever the database refuses
/// costs that one only.
///
/// # Errors
/// Database errors; [`NotLoaded::Refused`] where cases are written together and the database does not take all of them.
pub fn load(
    conn: &mut Conn,
    words: &Catalogue,
    batch: &[Incident],
    manner: Manner,
    now: Instant,
) -> Result<Vec<Loaded>, NotLoaded> {
    let here = Here::of(conn, batch)?;
    match manner {
        Manner::Together => Ok(together(conn, words, (batch, &here), now)?),
        Manner::Apart => Ok(apart(conn, words, (batch, &here), now)?),
    }
}

fn together(
    conn: &mut Conn,
    words: &Catalogue,
    (batch, here): (&[Incident], &Here),
    now: Instant,
) -> Result<Vec<Loaded>, Unloaded> {
    let mut directory = Directory::default();
    let (mut outcomes, mut new) = (Vec::new(), Vec::new());
    for incident in batch {
        let loaded = in_savepoint(conn, &mut directory, |conn, directory| {
            Loading::of(words, conn, directory, now).load(incident, here)
        })?;
        outcomes.push(loaded.map(|(outcome, past)| {
            new.extend(past);
            outcome
        }));
    }
    // None of them brings a number along, so that none is refused.
    import_cases(conn, &new, now)?;
    Ok(outcomes)
}

fn apart(
    conn: &mut Conn,
    words: &Catalogue,
    (batch, here): (&[Incident], &Here),
    now: Instant,
) -> Result<Vec<Loaded>, DbError> {
    let mut directory = Directory::default();
    let each = batch.iter().map(|incident| {
        in_savepoint(conn, &mut directory, |conn, directory| {
            let mut loading = Loading::of(words, conn, directory, now);
            let (outcome, past) = loading.load(incident, here)?;
            if let Some(past) = past {
                import_case(loading.conn, &past, now)?;
            }
            Ok(outcome)
        })
    });
    each.collect()
}

impl Here {
    fn of(conn: &mut Conn, batch: &[Incident]) -> Result<Self, DbError> {
        let numbers: Vec<String> = batch.iter().filter_map(Incident::number).collect();
        let cases = imports::known_cases(conn, &numbers)?;
        let events: Vec<String> = batch
            .iter()
            .filter(|incident| incident.case(&cases).is_some())
            .flat_map(|incident| {
                incident
                    .events
                    .iter()
                    .map(|event| event.external_id.clone())
            })
            .collect();
        let entries = imports::known_entries(conn, &events)?;
        Ok(Self { cases, entries })
    }
}

impl Incident {
    fn number(&self) -> Option<String> {
        self.events.first().map(|event| event.number.to_string())
    }

    fn case(&self, cases: &HashMap<String, CaseId>) -> Option<CaseId> {
        cases.get(self.events.first()?.number.as_str()).copied()
    }
}

/// One incident being loaded.
struct Loading<'a> {
    words: &'a Catalogue,
    conn: &'a mut Conn,
    directory: &'a mut Directory,
    now: Instant,
    outcome: Outcome,
}

/// Whom an event names.
struct Asked<'a> {
    line: u64,
    name: &'a Named,
    /// The domain of the address that is made.
    domain: &'a str,
    organization: &'a Organization,
    /// What a person who is added may do.
    role: Role,
}

/// What events come to: how the case changed, and what the feed says.
type Story = (Vec<PastChange>, Vec<PastEntry>);

impl<'a> Loading<'a> {
    fn of(
        words: &'a Catalogue,
        conn: &'a mut Conn,
        directory: &'a mut Directory,
        now: Instant,
    ) -> Self {
        Self {
            words,
            conn,
            directory,
            now,
            outcome: Outcome::default(),
        }
    }

    /// Goes on with an incident whose case is here, or makes one of it that is to be written.
    fn load(
        &mut self,
        incident: &Incident,
        here: &Here,
    ) -> Result<(Outcome, Option<PastCase>), Unloaded> {
        let past = match incident.case(&here.cases) {
            None => self.open(&incident.events)?,
            Some(case) => {
                self.go_on(case, &incident.events, &here.entries)?;
                None
            }
        };
        Ok((std::mem::take(&mut self.outcome), past))
    }

    fn open(&mut self, events: &[Event]) -> Result<Option<PastCase>, Unloaded> {
        let Some(first) = events.first() else {
            return Ok(None);
        };
        let organization = self.location(first.line, &first.location)?;
        let caller = Asked {
            line: first.line,
            name: &first.caller,
            domain: organization.slug.as_str(),
            organization: &organization,
            role: Role::DesignatedContact,
        };
        let caller = self.person(&caller)?;
        // The first row is a change too: until then the case was open.
        let opening = CaseState {
            status: Status::Open,
            closed_at: None,
            ..self.state(first, None)?
        };
        let (changes, entries) = self.story(events, &opening, true)?;
        self.outcome.is_new = true;
        self.outcome.loaded = events.len() as u64;
        let last = changes
            .last()
            .map_or(&opening, |change: &PastChange| &change.state);
        let search_words = cases::search_words(&last.subject, &last.description);
        Ok(Some(PastCase {
            number: None,
            external_id: Some(first.number.to_string()),
            organization: organization.id,
            opened_by: caller.actor(),
            opened_at: first.opened_at,
            opening,
            changes,
            entries,
            search_words,
        }))
    }

    /// A longer log continues what was loaded from a shorter one, as long as nothing else has happened on the case: an
    /// event cannot be put before what is recorded already.
    fn go_on(
        &mut self,
        case: CaseId,
        events: &[Event],
        entries: &HashSet<String>,
    ) -> Result<(), Unloaded> {
        let last = imports::last_event_at(self.conn, case)?;
        let (here, new): (Vec<_>, Vec<_>) = events
            .iter()
            .cloned()
            .partition(|event| entries.contains(&event.external_id));
        self.outcome.already_there = here.len() as u64;
        let (new, late): (Vec<_>, Vec<_>) = new
            .into_iter()
            .partition(|event| last.is_none_or(|last| last <= event.at));
        self.outcome.late = late.iter().map(|event| event.line).collect();
        if new.is_empty() {
            return Ok(());
        }
        let before = state_of(&cases::find(self.conn, case)?);
        let (changes, entries) = self.story(&new, &before, false)?;
        self.outcome.loaded = new.len() as u64;
        continue_case(self.conn, case, &changes, &entries, self.now)?;
        Ok(())
    }

    fn story(
        &mut self,
        events: &[Event],
        from: &CaseState,
        opens: bool,
    ) -> Result<Story, Unloaded> {
        let mut before = from.clone();
        let (mut changes, mut entries) = (Vec::new(), Vec::new());
        for (index, event) in events.iter().enumerate() {
            let by = self.staff(event.line, &event.by)?;
            if let Some(resolver) = &event.resolved_by {
                self.staff(event.line, resolver)?;
            }
            let state = self.state(event, Some(&before))?;
            let body = match opens && index == 0 {
                true => wording::opening(self.words, event, &before, &state),
                false => wording::change(self.words, event, &before, &state),
            };
            entries.push(PastEntry {
                at: event.at,
                author: (by.id, by.side),
                visibility: Visibility::Public,
                made: Made::of(Feed::Case, Visibility::Public, &body),
                body,
                external_id: Some(event.external_id.clone()),
            });
            before = state.clone();
            changes.push(PastChange {
                at: event.at,
                by: Some(by.actor()),
                state,
            });
        }
        Ok((changes, entries))
    }

    /// How the case stands from an event on.
    fn state(&mut self, event: &Event, before: Option<&CaseState>) -> Result<CaseState, Unloaded> {
        let owner = match &event.assigned_to {
            None => None,
            Some(name) => Some(self.staff(event.line, name)?.id),
        };
        let status = event.status;
        let closed_before = before.and_then(|before| before.closed_at);
        Ok(CaseState {
            subject: wording::subject(self.words, event),
            description: wording::description(self.words, event),
            priority: event.priority,
            status,
            deployment: Deployment::Premise,
            business_impact: event.impact,
            engagements: Vec::new(),
            owner,
            line: self.line(event.group.as_ref())?,
            closed_at: (status == Status::Closed).then(|| closed_before.unwrap_or(event.at)),
            rca: None,
        })
    }

    fn location(&mut self, line: u64, location: &Named) -> Result<Organization, Unloaded> {
        let slug = &location.slug;
        if let Some(found) = self.directory.organization(self.conn, slug.as_str())? {
            if found.kind == OrganizationKind::Provider {
                let reason = format!("the organization `{slug}` is the provider");
                return Err(Fault::of("location", reason).into());
            }
            return Ok(found);
        }
        if let Some(earlier) = &location.earlier
            && let Some(found) = self.directory.organization(self.conn, earlier.as_str())?
            && found.kind != OrganizationKind::Provider
            && folded(&found.name) == folded(location.name.as_str())
        {
            return Ok(found);
        }
        let add = organization(
            slug.clone(),
            location.name.clone(),
            OrganizationKind::Customer,
        );
        add_organization(self.conn, None, &add, self.now)?;
        self.outcome.organizations += 1;
        self.made_up(line, location, slug, slug.to_string());
        let added = self.directory.organization(self.conn, slug.as_str())?;
        added.ok_or_else(|| diesel::result::Error::NotFound.into())
    }

    fn staff(&mut self, line: u64, name: &Named) -> Result<Known, Unloaded> {
        let provider = self.directory.provider(self.conn)?;
        let provider = provider.ok_or(diesel::result::Error::NotFound)?;
        self.person(&Asked {
            line,
            name,
            domain: PROVIDER,
            organization: &provider,
            role: Role::SupportEngineer,
        })
    }

    /// The person of that name in an organization, who is added if need be.
    fn person(&mut self, asked: &Asked<'_>) -> Result<Known, Unloaded> {
        let Asked {
            name, organization, ..
        } = asked;
        let wrong = |reason: String| Fault::line(format!("“{}”: {reason}", name.name));
        let (first_name, last_name) = name.first_and_last().map_err(wrong)?;
        let mut free = None;
        for slug in name.slugs() {
            let email = address(&slug, asked.domain).map_err(wrong)?;
            match self.directory.person(self.conn, &email)? {
                Some(known) if known.organization == organization.id => return Ok(known),
                Some(_) => {}
                None => free = free.or(Some((slug, email))),
            }
        }
        if let Some(earlier) = &name.earlier {
            let email = address(earlier, asked.domain).map_err(wrong)?;
            let called = display_name(first_name.as_str(), last_name.as_str());
            if let Some(known) = self.directory.person(self.conn, &email)?
                && known.organization == organization.id
                && folded(&known.name) == folded(&called)
            {
                return Ok(known);
            }
        }
        let (slug, email) = free.ok_or_else(|| {
            wrong(format!(
                "{}@{}.example belongs to another organization",
                name.slug, asked.domain
            ))
        })?;
        let add = AddPerson {
            organization: organization.id.to_string(),
            email: email.clone(),
            first_name,
            last_name,
            time_zone: None,
            language: None,
            roles: vec![asked.role.into()],
            password_hash: None,
        };
        add_person(self.conn, None, &add, self.now)?;
        self.outcome.people += 1;
        self.made_up(asked.line, name, &slug, email.to_string());
        let added = self.directory.person(self.conn, &email)?;
        added.ok_or_else(|| diesel::result::Error::NotFound.into())
    }

    /// Keeps that something got a name that cannot be read back, to be told.
    fn made_up(&mut self, line: u64, name: &Named, slug: &Slug, called: String) {
        if *slug == Slug::marked(&name.name) {
            self.outcome.made_up.push(MadeUp {
                line,
                name: name.name.to_string(),
                called,
            });
        }
    }

    fn line(&mut self, group: Option<&Title>) -> Result<LineId, Unloaded> {
        let Some(group) = group else {
            return Ok(self.directory.root(self.conn, self.now)?);
        };
        if let Some(line) = self.directory.line(self.conn, group.as_str())? {
            return Ok(line);
        }
        let added = AddLine {
            name: group.clone(),
            parent: None,
            calendar: None,
        };
        let line = add_line(self.conn, None, &added, self.now)?;
        self.outcome.lines += 1;
        Ok(line)
    }
}
