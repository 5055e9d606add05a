//! Who is on duty, and how escalations get their owner (M4, M8).

use std::collections::HashMap;

use chrono::TimeDelta;

use super::handlers::{PLACE, again, foreseen, form};
use super::list::table;
use super::{AdminForm, Cell, Place};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::duty::{Absence, Assignment, ClockTime, Roster, Shift, Weekday};
use crate::domain::ids::PersonId;
use crate::http::api_request::may;
use crate::http::portal::act::{By, Consequences, ForeseeingPage, FormPage};
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Choice, Control, Form, Kind, group, ticks, words_of};
use crate::http::portal::list::Column;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::portal::rows::{self, RowList};
use crate::http::portal::sign_in::time_zones;
use crate::http::problem::Problem;
use crate::store::people::Named;
use crate::store::{duty, notices, staff};
use crate::words::Catalogue;
use crate::words::time::{duration, kept_field, zone_name};
use crate::workflow::duty::{ForeseenDuty, SetDuty, foresee_duty, set_duty};

/// The shifts and the absences, as rows of the form. One whose person is not chosen is none.
const SHIFTS: RowList = RowList {
    name: "shifts",
    leads: &["user"],
};
const ABSENCES: RowList = RowList {
    name: "absences",
    leads: &["user"],
};

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
    reviewers: Vec<Named>,
    /// Who can be away.
    staff: Vec<Named>,
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
    fn choices(&self, people: &[Named], chosen: Option<PersonId>, none: String) -> Vec<Choice> {
        let mut choices = vec![Choice::new("", none)];
        choices.extend(
            people
                .iter()
                .map(|one| Choice::new(one.id.to_string(), one.name.clone())),
        );
        if let Some(chosen) = chosen
            && !people.iter().any(|one| one.id == chosen)
        {
            choices.push(Choice::new(chosen.to_string(), self.name(chosen)));
        }
        choices
    }
}

async fn load(req: &PageRequest) -> Result<Known, Problem> {
    let now = req.now;
    req.read(move |conn| Known::load(conn, now)).await
}

async fn show(req: PageRequest) -> PageResult {
    let known = load(&req).await?;
    if req.can(Permission::DutyManage) {
        return req.show(PLACE, "admin-form", &page(&req, &known));
    }
    let words = req.words();
    let shifts = known.roster.shifts.iter().map(|shift| {
        let days: Vec<String> = shift
            .days
            .iter()
            .map(|day| words.say_of("duty-day", day.as_str(), &[]))
            .collect();
        let zone = zone_name(words, shift.time_zone);
        let hours = format!("{}–{}, {zone}", shift.from, shift.until);
        vec![
            Cell::text(known.name(shift.person)),
            Cell::text(days.join(", ")).small(hours),
        ]
    });
    let absences = known.roster.absences.iter().map(|absence| {
        let args = [
            ("from", req.times().near(absence.from).into()),
            ("until", req.times().near(absence.until).into()),
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
        &req,
        Place::Duty,
        &columns,
        shifts.chain(absences).collect(),
    );
    req.show(PLACE, "admin-list", &page)
}

fn page(req: &PageRequest, known: &Known) -> AdminForm {
    let words = req.words();
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
    let another = |what| words.say_of("duty-another", what, &[]);
    for index in 0..rows::shown(req, SHIFTS.name, shifts.len(), known.version) {
        controls.extend(shift_controls(req, known, index, shifts.get(index)));
    }
    controls.extend(rows::adding(SHIFTS.name, another("shift"), ""));
    for index in 0..rows::shown(req, ABSENCES.name, absences.len(), known.version) {
        controls.extend(absence_controls(req, known, index, absences.get(index)));
    }
    controls.extend(rows::adding(ABSENCES.name, another("absence"), ""));
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
        ..form(req, Place::Duty, title, about, of.guarded(known.version))
    }
}

fn shift_controls(
    req: &PageRequest,
    known: &Known,
    index: usize,
    shift: Option<&Shift>,
) -> Vec<Control> {
    let words = req.words();
    let place = format!("{}[{index}]", SHIFTS.name);
    let field = |field: &str| format!("{place}.{field}");
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
    let time = |name: &str, of: fn(&Shift) -> ClockTime| {
        // The field that browsers have for a time has no 24:00; what ends at 00:00 ends with the day all the same.
        let shown = |shift: &Shift| match of(shift) {
            time if time.is_midnight_after() => "00:00".to_owned(),
            time => time.to_string(),
        };
        let time = Control::new(Kind::Time, field(name), called(name)).required();
        time.value(shift.map_or_else(String::new, shown)).half()
    };
    // A new shift is meant by the clock of whoever adds it, until they say otherwise.
    let zone = shift.map_or_else(
        || req.zone().name().to_owned(),
        |shift| shift.time_zone.name().to_owned(),
    );
    let mut controls = vec![who];
    controls.extend(ticks(called("days"), days.collect()));
    controls.push(time("from", |shift| shift.from));
    controls.push(time("until", |shift| shift.until));
    controls.push(
        Control::new(Kind::Text, field("time_zone"), called("zone"))
            .suggestions(time_zones())
            .required()
            .value(zone),
    );
    let legend = numbered(words, "shift", index);
    controls.push(rows::removing(words, &place, &legend));
    group(legend, controls)
}

/// What the shift or absence at `index` is called.
fn numbered(words: &Catalogue, what: &str, index: usize) -> String {
    words.say_of("duty-one", what, &[("number", (index + 1).into())])
}

fn absence_controls(
    req: &PageRequest,
    known: &Known,
    index: usize,
    absence: Option<&Absence>,
) -> Vec<Control> {
    let words = req.words();
    let place = format!("{}[{index}]", ABSENCES.name);
    let field = |field: &str| format!("{place}.{field}");
    let called = |part: &str| words.say_of("duty-absence", part, &[]);
    let (person, cover) = (
        absence.map(|absence| absence.person),
        absence.and_then(|absence| absence.cover),
    );
    let id =
        |person: Option<PersonId>| person.map_or_else(String::new, |person| person.to_string());
    let at = |at: Option<Instant>| at.map_or_else(String::new, |at| kept_field(at, req.zone()));
    let none = words.say("duty-no-absence", &[]);
    let legend = numbered(words, "absence", index);
    let controls = vec![
        Control::new(Kind::Select, field("user"), words.say("duty-who", &[]))
            .choices(known.choices(&known.staff, person, none))
            .value(id(person)),
        Control::new(Kind::DateTime, field("from"), called("from"))
            .required()
            .value(at(absence.map(|absence| absence.from)))
            .half(),
        Control::new(Kind::DateTime, field("until"), called("until"))
            .required()
            .value(at(absence.map(|absence| absence.until)))
            .half(),
        Control::new(Kind::Select, field("cover"), called("cover"))
            .choices(known.choices(&known.reviewers, cover, words.say("duty-no-cover", &[])))
            .value(id(cover)),
        rows::removing(words, &place, &legend),
    ];
    group(legend, controls)
}

/// The page of the roster.
struct Duty;

impl FormPage<()> for Duty {
    async fn done(&self, req: &PageRequest, (): ()) -> PageResult {
        Ok(req.go(Place::Duty.href(), Some(Flash::new(Done::DutySaved))))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let known = load(req).await?;
        again(req, &problem, page(req, &known))
    }
}

impl ForeseeingPage<()> for Duty {
    const ROWS: &'static [RowList] = &[SHIFTS, ABSENCES];

    async fn foreseen(&self, req: &PageRequest, shown: impl FnOnce(Form) -> Form) -> PageResult {
        let known = load(req).await?;
        foreseen(req, page(req, &known), shown)
    }
}

impl Consequences for ForeseenDuty {
    fn told(&self, words: &Catalogue) -> Vec<String> {
        let who = |key: &str, names: &[String]| {
            let told = |names: String| words.say_of("duty-now", key, &[("names", names.into())]);
            (!names.is_empty()).then(|| told(names.join(", ")))
        };
        let how_long = |key: &str, minutes: i64| {
            let length = duration(words, TimeDelta::minutes(minutes));
            (minutes > 0).then(|| words.say_of("duty-gap", key, &[("length", length.into())]))
        };
        let told = [
            who("begin", &self.begin),
            who("end", &self.end),
            how_long("uncovered", self.outlook.uncovered_minutes),
            how_long("covered", self.outlook.covered_minutes),
        ];
        told.into_iter().flatten().collect()
    }
}

async fn save(req: PageRequest) -> PageResult {
    let (expected, shown) = (req.expected(), req.expected());
    let foresee = move |conn: &mut Conn, by: By<'_>, command: &SetDuty| {
        foresee_duty(conn, Some(by.actor), shown.as_deref(), command, by.now)
    };
    let save = move |conn: &mut Conn, by: By<'_>, command: &SetDuty| {
        set_duty(conn, Some(by.actor), expected.as_deref(), command, by.now)
    };
    req.act_foreseen(&Duty, foresee, save).await
}
