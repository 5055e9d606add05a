//! One tutorial: registering, its file for calendars, who comes, and the forms of those who keep tutorials.

use serde::Serialize;

use super::{row, standing};
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::audit::Topic;
use crate::domain::ids::TutorialId;
use crate::domain::tutorial::{Appointment, Standing, calendar_file};
use crate::http::api::documents::{RegistrationDocument, TutorialDocument};
use crate::http::api::tutorials::document;
use crate::http::portal::act::FormPage;
use crate::http::portal::answer::{Answer, PageResult};
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Choice, Control, Form, Kind, Wrong};
use crate::http::portal::help::{HelpForm, HelpPlace, PLACE, audience, offered, tabs};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{Fact, Tab};
use crate::http::portal::said::said_to_people;
use crate::http::portal::sign_in::time_zones;
use crate::http::problem::Problem;
use crate::store::tutorials;
use crate::words::time::kept_field;
use crate::workflow::tutorials::{
    AddTutorial, CancelTutorial, UpdateTutorial, add_tutorial, cancel_tutorial, register,
    unregister, update_tutorial,
};

/// The media type of its file for calendars.
const CALENDAR: &str = "text/calendar; charset=utf-8";

/// One tutorial.
#[derive(Clone, Debug, Serialize)]
pub struct TutorialPage {
    /// The places of help.
    pub tabs: Vec<Tab>,
    /// One line.
    pub title: String,
    /// How it stands with it, in words.
    pub state: String,
    /// How that looks.
    pub chip: &'static str,
    /// When it begins.
    pub starts_at: Instant,
    /// When it is over.
    pub ends_at: Instant,
    /// The same by the clock of its zone, where that is another; may be empty.
    pub local: String,
    /// What it is about, in Markdown.
    pub body: String,
    /// Why it was called off; may be empty.
    pub reason: String,
    /// What else there is to know.
    pub facts: Vec<Fact>,
    /// Registers, or takes it back; for who may.
    pub registration: Option<Form>,
    /// What that would do.
    pub registration_about: String,
    /// What was wrong with it.
    pub wrong: Wrong,
    /// Its file for calendars; empty once it is over or called off.
    pub calendar: String,
    /// Who comes; none for those who do not keep tutorials.
    pub attendees: Option<Vec<AttendeeRow>>,
    /// How many that are, in words.
    pub attendees_about: String,
    /// Changes it; for who may.
    pub form: Option<Form>,
    /// Calls it off; for who may.
    pub cancel: Option<Form>,
    /// What is followed while it is open, for who may follow it.
    pub live: Option<Topic>,
}

/// Somebody who has registered.
#[derive(Clone, Debug, Serialize)]
pub struct AttendeeRow {
    /// First and last name.
    pub name: String,
    /// Their organization.
    pub organization: String,
    /// What they have.
    pub state: Standing,
    /// When they registered.
    pub registered_at: Instant,
}

/// A tutorial with what those see who keep tutorials.
struct Whole {
    tutorial: TutorialDocument,
    attendees: Vec<RegistrationDocument>,
    offered: Vec<Choice>,
}

async fn load(req: &PageRequest, id: TutorialId) -> Result<Whole, Problem> {
    let reader = req.clone();
    req.read(move |conn| {
        let tutorial = document(conn, reader.asker()?, id)?;
        let (attendees, offered) = match reader.can(Permission::TutorialsManage) {
            true => (tutorials::attendees(conn, id)?, offered(conn)?),
            false => (Vec::new(), Vec::new()),
        };
        Ok(Whole {
            tutorial,
            attendees: attendees.iter().map(RegistrationDocument::from).collect(),
            offered,
        })
    })
    .await
}

pub(super) async fn show(req: PageRequest, id: TutorialId) -> PageResult {
    req.show(PLACE, "tutorial", &page(&req, id).await?)
}

async fn page(req: &PageRequest, id: TutorialId) -> Result<TutorialPage, Problem> {
    let whole = load(req, id).await?;
    let (of, words) = (&whole.tutorial, req.words());
    let listed = row(req, of);
    let keeps = req.can(Permission::TutorialsManage);
    let is_ahead = of.canceled_at.is_none() && req.now < of.starts_at;
    let to = format!("/tutorials/{id}");
    let (registration, registration_about) = registration(req, of, is_ahead);
    let form = || {
        let button = words.say_of("panel-button", "edit", &[]);
        let controls = controls(req, &whole.offered, Some(of));
        Form::new("tutorial", to.clone(), button, controls).guarded(of.version)
    };
    let cancel = || {
        let reason = Control::of(
            CancelTutorial::reason(),
            words.say_of("label", "tutorial-reason", &[]),
        );
        let button = words.say("tutorial-cancel-button", &[]);
        Form::new("cancel", format!("{to}/cancel"), button, vec![reason]).taking()
    };
    let has_place = |one: &&RegistrationDocument| one.state == Standing::Registered;
    let coming = whole.attendees.iter().filter(has_place).count();
    let waiting = whole.attendees.len() - coming;
    Ok(TutorialPage {
        tabs: tabs(req, HelpPlace::Tutorials),
        title: of.title.clone(),
        state: listed.state,
        chip: listed.chip,
        starts_at: of.starts_at,
        ends_at: of.ends_at,
        local: listed.local,
        body: of.body.clone(),
        reason: of.cancel_reason.clone().unwrap_or_default(),
        facts: facts(req, of, &listed.audience),
        registration,
        registration_about,
        wrong: Wrong::default(),
        calendar: match is_ahead {
            true => format!("{to}/calendar.ics"),
            false => String::new(),
        },
        attendees: keeps.then(|| whole.attendees.iter().map(attendee).collect()),
        attendees_about: words.say(
            "tutorial-attendees-about",
            &[("coming", coming.into()), ("waiting", waiting.into())],
        ),
        form: (keeps && of.canceled_at.is_none()).then(form),
        cancel: (keeps && is_ahead).then(cancel),
        live: req.follows(Topic::Tutorials),
    })
}

fn attendee(of: &RegistrationDocument) -> AttendeeRow {
    AttendeeRow {
        name: of.person.name.clone(),
        organization: of.organization.name.clone(),
        state: of.state,
        registered_at: of.registered_at,
    }
}

fn facts(req: &PageRequest, of: &TutorialDocument, audience: &str) -> Vec<Fact> {
    let words = req.words();
    let label = |key| words.say_of("label", key, &[]);
    let place = match &of.place_or_link {
        Some(place) => Fact::new(label("tutorial-place"), place.clone()),
        None => Fact::new(
            label("tutorial-place"),
            words.say("tutorial-place-hidden", &[]),
        ),
    };
    let place = match &of.place_or_link {
        Some(link) if crate::domain::tutorial::is_link(link) => place.link(link.clone()),
        _ => place,
    };
    let places = match (of.places, of.taken) {
        (None, _) => words.say("tutorial-places-any", &[]),
        (Some(places), None) => places.to_string(),
        (Some(places), Some(taken)) => words.say(
            "tutorial-places-taken",
            &[("taken", taken.into()), ("places", places.into())],
        ),
    };
    let mut facts = vec![
        place,
        Fact::new(label("tutorial-places"), places),
        Fact::at(label("tutorial-registration-until"), of.registration_until),
    ];
    if !audience.is_empty() {
        facts.push(Fact::new(label("audience"), audience));
    }
    facts
}

/// The form that registers the visitor or takes that back, and what it would do.
fn registration(
    req: &PageRequest,
    of: &TutorialDocument,
    is_ahead: bool,
) -> (Option<Form>, String) {
    let words = req.words();
    let (state, _) = standing(of, req.now);
    let about = words.say_of("tutorial-registration", state, &[]);
    let comes = req
        .access()
        .is_ok_and(crate::domain::access::Access::takes_calls);
    if !comes || !req.can(Permission::TutorialsRegister) {
        return (None, about);
    }
    let form = |verb: &str, id: &'static str| {
        let button = words.say_of("tutorial-act", verb, &[]);
        Form::new(
            id,
            format!("/tutorials/{}/{verb}", of.id),
            button,
            Vec::new(),
        )
    };
    let form = match of.registration {
        Some(_) if is_ahead => Some(form("leave", "leave").taking()),
        None if of.takes_registrations => Some(form("register", "register")),
        _ => None,
    };
    (form, about)
}

/// What a tutorial is written in. Times are by the clock of its zone.
fn controls(
    req: &PageRequest,
    choices: &[Choice],
    current: Option<&TutorialDocument>,
) -> Vec<Control> {
    let words = req.words();
    let label = |key| words.say_of("label", key, &[]);
    let hint = |key| words.say_of("hint", key, &[]);
    let zone = current.map_or(req.zone(), |one| {
        one.time_zone.parse().unwrap_or(chrono_tz::Tz::UTC)
    });
    let at = |at: Option<Instant>| at.map_or_else(String::new, |at| kept_field(at, zone));
    let places = current.and_then(|one| one.places);
    let closes = current.filter(|one| one.registration_until < one.starts_at);
    let mut controls = vec![
        Control::of(AddTutorial::title(), label("tutorial-title"))
            .value(current.map_or("", |one| one.title.as_str())),
        Control::of(AddTutorial::body(), label("tutorial-body"))
            .kind(Kind::Area)
            .value(current.map_or("", |one| one.body.as_str())),
        Control::of(AddTutorial::starts_at(), label("tutorial-starts"))
            .half()
            .value(at(current.map(|one| one.starts_at))),
        Control::of(AddTutorial::ends_at(), label("tutorial-ends"))
            .half()
            .value(at(current.map(|one| one.ends_at))),
        Control::of(AddTutorial::time_zone(), label("tutorial-zone"))
            .hint(hint("tutorial-zone"))
            .suggestions(time_zones())
            .value(zone.name()),
        Control::of(AddTutorial::place_or_link(), label("tutorial-place"))
            .hint(hint("tutorial-place"))
            .value((current.and_then(|one| one.place_or_link.clone())).unwrap_or_default()),
        Control::of(AddTutorial::places(), label("tutorial-places"))
            .kind(Kind::Number)
            .hint(hint("tutorial-places"))
            .half()
            .value(places.map(|places| places.to_string()).unwrap_or_default()),
        Control::of(
            AddTutorial::registration_until(),
            label("tutorial-registration-until"),
        )
        .hint(hint("tutorial-registration-until"))
        .half()
        .value(at(closes.map(|one| one.registration_until))),
    ];
    let audience_now = current.and_then(|one| one.audience.as_ref());
    controls.extend(audience(req, choices, audience_now));
    controls
}

pub(super) async fn new(req: PageRequest) -> PageResult {
    new_page(&req).await?.show(&req)
}

async fn new_page(req: &PageRequest) -> Result<HelpForm, Problem> {
    let choices = req.read(offered).await?;
    let words = req.words();
    let controls = controls(req, &choices, None);
    let button = words.say("tutorial-add-button", &[]);
    Ok(HelpForm {
        title: words.say("tutorial-add", &[]),
        about: words.say("tutorial-add-about", &[]),
        tabs: tabs(req, HelpPlace::Tutorials),
        form: Form::new("tutorial", "/tutorials", button, controls),
        removal: None,
        back: "/tutorials".to_owned(),
    })
}

/// The page that adds a tutorial.
struct Adding;

impl FormPage<TutorialId> for Adding {
    async fn done(&self, req: &PageRequest, id: TutorialId) -> PageResult {
        let flash = Flash::new(Done::TutorialAdded);
        Ok(req.go(format!("/tutorials/{id}"), Some(flash)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        new_page(req).await?.again(req, &problem)
    }
}

pub(super) async fn add(req: PageRequest) -> PageResult {
    req.act(&Adding, |conn, by, command: &AddTutorial| {
        add_tutorial(conn, by.actor, command, by.now)
    })
    .await
}

/// A form on the page of a tutorial.
struct OnTutorial {
    tutorial: TutorialId,
    form: On,
}

/// Which form of the page.
enum On {
    Changes,
    Cancel,
    Registration,
}

impl FormPage for OnTutorial {
    async fn done(&self, req: &PageRequest, done: Done) -> PageResult {
        let page = format!("/tutorials/{}", self.tutorial);
        Ok(req.go(page, Some(Flash::new(done))))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let mut page = page(req, self.tutorial).await?;
        let again = |form: Form| form.refused_for(req.words(), &req.typed, &problem);
        match self.form {
            On::Changes if page.form.is_some() => page.form = page.form.map(again),
            On::Cancel if page.cancel.is_some() => page.cancel = page.cancel.map(again),
            _ => page.wrong = Wrong::whole(said_to_people(req.words(), &problem)),
        }
        req.show_again(problem.code().status(), PLACE, "tutorial", &page)
    }
}

pub(super) async fn change(req: PageRequest, tutorial: TutorialId) -> PageResult {
    let (form, expected) = (On::Changes, req.expected());
    let page = OnTutorial { tutorial, form };
    req.act(&page, move |conn, by, command: &UpdateTutorial| {
        let expected = expected.as_deref();
        update_tutorial(conn, by.actor, tutorial, expected, command, by.now)?;
        Ok(Done::TutorialChanged)
    })
    .await
}

pub(super) async fn cancel(req: PageRequest, tutorial: TutorialId) -> PageResult {
    let form = On::Cancel;
    let page = OnTutorial { tutorial, form };
    req.act(&page, move |conn, by, command: &CancelTutorial| {
        cancel_tutorial(conn, by.actor, tutorial, None, command, by.now)?;
        Ok(Done::TutorialCanceled)
    })
    .await
}

pub(super) async fn come(req: PageRequest, tutorial: TutorialId) -> PageResult {
    let form = On::Registration;
    let page = OnTutorial { tutorial, form };
    req.act(&page, move |conn, by, (): &()| {
        Ok(match register(conn, by.actor, tutorial, by.now)? {
            Standing::Registered => Done::TutorialRegistered,
            Standing::Waiting => Done::TutorialWaiting,
        })
    })
    .await
}

pub(super) async fn stay_away(req: PageRequest, tutorial: TutorialId) -> PageResult {
    let form = On::Registration;
    let page = OnTutorial { tutorial, form };
    req.act(&page, move |conn, by, (): &()| {
        unregister(conn, by.actor, tutorial, by.now)?;
        Ok(Done::TutorialLeft)
    })
    .await
}

/// The tutorial as a file for calendars, with the place as far as the visitor is told.
pub(super) async fn file(req: PageRequest, id: TutorialId) -> PageResult {
    let reader = req.clone();
    let (of, changed_at) = req
        .read(move |conn| {
            let of = document(conn, reader.asker()?, id)?;
            let row = tutorials::any(conn, id)?.ok_or_else(Problem::not_found)?;
            Ok((of, row.changed_at))
        })
        .await?;
    let text = calendar_file(&Appointment {
        uid: &format!("{id}@casebell"),
        sequence: of.version,
        changed_at,
        starts_at: of.starts_at,
        ends_at: of.ends_at,
        title: &of.title,
        description: &of.body,
        place: of.place_or_link.as_deref().unwrap_or_default(),
        href: &req.desk.public_url.link(&format!("/tutorials/{id}")),
        canceled: of.canceled_at.is_some(),
    });
    let name = "tutorial.ics".to_owned();
    Ok(Answer::file(CALENDAR, name, text.into_bytes()))
}
