//! Who is on duty, and how escalations get their owner (M4, M8).

use std::collections::HashMap;

use super::handlers::{PLACE, again, form};
use super::list::table;
use super::{AdminForm, Cell, Place};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::duty::{Absence, Assignment, Roster, Shift, Weekday};
use crate::domain::ids::PersonId;
use crate::http::api_request::may;
use crate::http::portal::act::FormPage;
use crate::http::portal::answer::PageResult;
use crate::http::portal::cases::words_of;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Choice, Control, Form, Kind, group, ticks};
use crate::http::portal::list::Column;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::portal::sign_in::time_zones;
use crate::http::problem::Problem;
use crate::store::people::Person;
use crate::store::{duty, notices, staff};
use crate::words::Catalogue;
use crate::workflow::duty::{SetDuty, set_duty};

/// How many shifts and absences more than there are can be added at once.
const ADDED: usize = 2;

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { duty:
        GET  "/admin/duty" may(Permission::DutyView)   => show, "Who is on duty";
        POST "/admin/duty" may(Permission::DutyManage) => save, "Changes who is on duty";
    }
}

/// What the page shows.
struct Known {
    assignment: Assignment,
    version: i64,
    roster: Roster,
    /// Who can be on duty.
    reviewers: Vec<Person>,
    /// Who can be away.
    staff: Vec<Person>,
    /// The names of who is in the roster.
    names: HashMap<PersonId, String>,
}

impl Known {
    fn load(conn: &mut Conn, now: Instant) -> Result<Self, Problem> {
        let ((assignment, version), roster) = (duty::assignment(conn)?, duty::roster(conn)?);
        let mut people: Vec<PersonId> = roster.shifts.iter().map(|shift| shift.person).collect();
        for absence in &roster.absences {
            people.push(absence.person);
            people.extend(absence.cover);
        }
        let known = notices::known(conn, people, None, now)?.into_iter();
        Ok(Self {
            assignment,
            version,
            roster,
            reviewers: staff::who(conn, Permission::EscalationsReview, now)?,
            staff: staff::who(conn, Permission::DutyView, now)?,
            names: known
                .map(|known| (known.candidate.access.person, known.name))
                .collect(),
        })
    }

    fn name(&self, person: PersonId) -> String {
        self.names.get(&person).cloned().unwrap_or_default()
    }

    /// These people, and who is chosen already.
    fn choices(&self, people: &[Person], chosen: Option<PersonId>, none: String) -> Vec<Choice> {
        let mut choices = vec![Choice::new("", none)];
        choices.extend(
            people
                .iter()
                .map(|one| Choice::new(one.id.to_string(), one.name())),
        );
        if let Some(chosen) = chosen
            && !people.iter().any(|one| one.id == chosen)
        {
            choices.push(Choice::new(chosen.to_string(), self.name(chosen)));
        }
        choices
    }
}

async fn load(visit: &PageRequest) -> Result<Known, Problem> {
    let now = visit.now;
    visit.look(move |conn| Known::load(conn, now)).await
}

async fn show(visit: PageRequest) -> PageResult {
    let known = load(&visit).await?;
    if visit.can(Permission::DutyManage) {
        return visit.show(PLACE, "admin-form", &page(&visit, &known));
    }
    let words = visit.words();
    let shifts = known.roster.shifts.iter().map(|shift| {
        let days: Vec<String> = shift
            .days
            .iter()
            .map(|day| words.say_of("duty-day", day.as_str(), &[]))
            .collect();
        let hours = format!("{}–{} {}", shift.from, shift.until, shift.time_zone.name());
        vec![
            Cell::text(known.name(shift.person)),
            Cell::text(days.join(", ")).small(hours),
        ]
    });
    let absences = known.roster.absences.iter().map(|absence| {
        let args = [
            ("from", visit.times().near(absence.from).into()),
            ("until", visit.times().near(absence.until).into()),
        ];
        let cover = absence
            .cover
            .map(|cover| words.say("duty-covered", &[("name", known.name(cover).into())]));
        vec![
            Cell::text(known.name(absence.person)),
            Cell::text(words.say("duty-away", &args)).small(cover.unwrap_or_default()),
        ]
    });
    let columns = [Column::said("duty-who"), Column::said("duty-when")];
    let page = table(
        &visit,
        Place::Duty,
        &columns,
        shifts.chain(absences).collect(),
    );
    visit.show(PLACE, "admin-list", &page)
}

fn page(visit: &PageRequest, known: &Known) -> AdminForm {
    let words = visit.words();
    let mut controls = vec![
        Control::new(
            Kind::Radio,
            "assignment",
            words.say_of("label", "assignment", &[]),
        )
        .choices(words_of(
            words,
            "duty-assignment",
            Assignment::NAMES,
            "duty-assignment-hint",
        ))
        .value(known.assignment.as_str())
        .required(),
    ];
    let (shifts, absences) = (&known.roster.shifts, &known.roster.absences);
    for index in 0..shifts.len() + ADDED {
        controls.extend(shift_controls(words, known, index, shifts.get(index)));
    }
    for index in 0..absences.len() + ADDED {
        controls.extend(absence_controls(visit, known, index, absences.get(index)));
    }
    let of = Form::new(
        "duty",
        Place::Duty.href(),
        words.say_of("panel-button", "edit", &[]),
        controls,
    );
    let (title, about) = (
        words.say_of("admin", "duty", &[]),
        words.say_of("admin-about", "duty", &[]),
    );
    AdminForm {
        back: String::new(),
        ..form(visit, Place::Duty, title, about, of.guarded(known.version))
    }
}

fn shift_controls(
    words: &Catalogue,
    known: &Known,
    index: usize,
    shift: Option<&Shift>,
) -> Vec<Control> {
    let field = |field: &str| format!("shifts[{index}].{field}");
    let called = |part: &str| words.say_of("duty-shift", part, &[]);
    let person = shift.map(|shift| shift.person);
    let nobody = words.say("duty-no-shift", &[]);
    let who = Control::new(Kind::Select, field("user"), words.say("duty-who", &[]))
        .choices(known.choices(&known.reviewers, person, nobody))
        .value(person.map_or_else(String::new, |person| person.to_string()));
    let days = Weekday::ALL.iter().map(|day| {
        let on = shift.is_some_and(|shift| shift.days.contains(day));
        let label = words.say_of("duty-day", day.as_str(), &[]);
        Control::new(Kind::Check, field(&format!("days.{day}")), label).checked(on)
    });
    let text = |name: &str, label: String, value: Option<String>| {
        Control::new(Kind::Text, field(name), label).value(value.unwrap_or_default())
    };
    let from = shift.map(|shift| shift.from.to_string());
    let until = shift.map(|shift| shift.until.to_string());
    let zone = shift.map(|shift| shift.time_zone.name().to_owned());
    let mut controls = vec![who];
    controls.extend(ticks(called("days"), days.collect()));
    controls.push(text("from", called("from"), from).half());
    controls.push(text("until", called("until"), until).half());
    controls.push(text("time_zone", called("zone"), zone).suggestions(time_zones()));
    group(numbered(words, "shift", index, shift.is_some()), controls)
}

/// What the shift or absence at `index` is called; one that is not there yet is another.
fn numbered(words: &Catalogue, what: &str, index: usize, there: bool) -> String {
    if there {
        return words.say_of("duty-one", what, &[("number", (index + 1).into())]);
    }
    words.say_of("duty-another", what, &[])
}

fn absence_controls(
    visit: &PageRequest,
    known: &Known,
    index: usize,
    absence: Option<&Absence>,
) -> Vec<Control> {
    let words = visit.words();
    let field = |field: &str| format!("absences[{index}].{field}");
    let called = |part: &str| words.say_of("duty-absence", part, &[]);
    let local = |at: Instant| at.with_timezone(&visit.zone()).format("%Y-%m-%dT%H:%M");
    let (person, cover) = (
        absence.map(|absence| absence.person),
        absence.and_then(|absence| absence.cover),
    );
    let id =
        |person: Option<PersonId>| person.map_or_else(String::new, |person| person.to_string());
    let at = |at: Option<Instant>| at.map_or_else(String::new, |at| local(at).to_string());
    let none = words.say("duty-no-absence", &[]);
    let controls = vec![
        Control::new(Kind::Select, field("user"), words.say("duty-who", &[]))
            .choices(known.choices(&known.staff, person, none))
            .value(id(person)),
        Control::new(Kind::DateTime, field("from"), called("from"))
            .value(at(absence.map(|absence| absence.from)))
            .half(),
        Control::new(Kind::DateTime, field("until"), called("until"))
            .value(at(absence.map(|absence| absence.until)))
            .half(),
        Control::new(Kind::Select, field("cover"), called("cover"))
            .choices(known.choices(&known.reviewers, cover, words.say("duty-no-cover", &[])))
            .value(id(cover)),
    ];
    group(
        numbered(words, "absence", index, absence.is_some()),
        controls,
    )
}

/// The page of the roster.
struct Duty;

impl FormPage<()> for Duty {
    async fn done(&self, visit: &PageRequest, (): ()) -> PageResult {
        Ok(visit.go(Place::Duty.href(), Some(Flash::new(Done::DutySaved))))
    }

    async fn refused(&self, visit: &PageRequest, problem: Problem) -> PageResult {
        let known = load(visit).await?;
        again(visit, &problem, page(visit, &known))
    }
}

async fn save(visit: PageRequest) -> PageResult {
    let expected = visit.expected();
    visit
        .act(&Duty, move |conn, by, command: &SetDuty| {
            let expected = expected.as_deref();
            set_duty(conn, Some(by.actor), expected, command, by.now)
        })
        .await
}
