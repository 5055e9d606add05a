//! How long targets have, and the ladder (M8).

use super::handlers::{PLACE, again, foreseen, form};
use super::list::table;
use super::{AdminForm, Cell, Place};
use crate::db::Conn;
use crate::domain::access::Permission;
use crate::domain::target::{
    Grade, Ladder, LadderLevel, TargetClock, TargetRow, TargetTable, Tell,
};
use crate::http::api_request::may;
use crate::http::portal::act::{By, ForeseeingPage, FormPage};
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Choice, Control, Form, Kind, group, group_with_hint, words_of};
use crate::http::portal::list::Column;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::portal::rows::{self, RowList};
use crate::http::problem::Problem;
use crate::store::target_rules;
use crate::words::Catalogue;
use crate::workflow::target_rules::{
    SetLadder, SetTargets, foresee_ladder, foresee_targets, set_ladder, set_targets,
};

/// The levels of the ladder, as rows of its form.
const LEVELS: RowList = RowList {
    name: "levels",
    leads: &["after_minutes", "tell"],
};

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { targets:
        GET  "/admin/targets" may(Permission::PoliciesView)  => show, "How long targets have";
        POST "/admin/targets" may(Permission::TargetsManage) => save, "Changes how long targets have";
        GET  "/admin/ladder"  may(Permission::PoliciesView)  => show_ladder, "Who is told of targets";
        POST "/admin/ladder"  may(Permission::TargetsManage) => save_ladder, "Changes who is told of targets";
    }
}

/// What a row is called.
fn name(words: &Catalogue, row: TargetRow) -> String {
    let kind = words.say_of("target-kind", row.kind.as_str(), &[]);
    let grade = match row.grade {
        Grade::Priority(priority) => words.say_of("priority-chip", priority.as_str(), &[]),
        Grade::Rank(rank) => words.say("review-rank", &[("rank", i64::from(rank).into())]),
    };
    words.say(
        "target-row",
        &[("kind", kind.into()), ("grade", grade.into())],
    )
}

async fn show(req: PageRequest) -> PageResult {
    let (rules, version) = req.read(|conn| Ok(read(conn)?)).await?;
    if req.can(Permission::TargetsManage) {
        return req.show(PLACE, "admin-form", &page(&req, &rules, version));
    }
    // Who only sees them reads them as a list.
    let words = req.words();
    let rows = rules.rows().map(|(row, allowance)| {
        let clock = words.say_of("target-clock", allowance.clock.as_str(), &[]);
        let minutes = i64::from(allowance.minutes);
        let minutes = words.say("target-minutes-told", &[("minutes", minutes.into())]);
        vec![
            Cell::text(name(words, row)),
            Cell::text(minutes).small(clock),
        ]
    });
    let columns = [Column::said("target-column"), Column::said("policy-value")];
    let page = table(&req, Place::Targets, &columns, rows.collect());
    req.show(PLACE, "admin-list", &page)
}

fn read(conn: &mut Conn) -> diesel::QueryResult<(TargetTable, i64)> {
    Ok((target_rules::table(conn)?, target_rules::version(conn)?))
}

fn page(req: &PageRequest, rules: &TargetTable, version: i64) -> AdminForm {
    let words = req.words();
    let mut controls = Vec::new();
    for (index, (row, allowance)) in rules.rows().enumerate() {
        let field = |field: &str| format!("items[{index}].{field}");
        let hidden =
            |name: &str, value: String| Control::new(Kind::Hidden, field(name), "").value(value);
        controls.push(hidden("kind", row.kind.to_string()));
        controls.push(match row.grade {
            Grade::Priority(priority) => hidden("priority", priority.to_string()),
            Grade::Rank(rank) => hidden("rank", rank.to_string()),
        });
        let (minutes, clock) = (
            words.say("target-minutes", &[]),
            words.say("target-which", &[]),
        );
        let minutes = Control::new(Kind::Number, field("minutes"), minutes)
            .value(allowance.minutes.to_string())
            .required()
            .half();
        let clock = Control::new(Kind::Select, field("clock"), clock)
            .choices(words_of(words, "target-clock", TargetClock::NAMES, ""))
            .value(allowance.clock.as_str())
            .required()
            .half();
        controls.extend(group(name(words, row), vec![minutes, clock]));
    }
    let of = Form::new(
        "targets",
        Place::Targets.href(),
        words.say_of("panel-button", "edit", &[]),
        controls,
    );
    at(req, Place::Targets, of.guarded(version))
}

/// A form that is the whole of its place.
fn at(req: &PageRequest, place: Place, of: Form) -> AdminForm {
    let words = req.words();
    let (title, about) = (
        words.say_of("admin", place.as_str(), &[]),
        words.say_of("admin-about", place.as_str(), &[]),
    );
    AdminForm {
        back: String::new(),
        ..form(req, place, title, about, of)
    }
}

/// The page of the targets.
struct Targets;

impl FormPage<()> for Targets {
    async fn done(&self, req: &PageRequest, (): ()) -> PageResult {
        let flash = Flash::new(Done::TargetsSaved);
        Ok(req.go(Place::Targets.href(), Some(flash)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let (rules, version) = req.read(|conn| Ok(read(conn)?)).await?;
        again(req, &problem, page(req, &rules, version))
    }
}

impl ForeseeingPage<()> for Targets {
    async fn foreseen(&self, req: &PageRequest, shown: impl FnOnce(Form) -> Form) -> PageResult {
        let (rules, version) = req.read(|conn| Ok(read(conn)?)).await?;
        foreseen(req, page(req, &rules, version), shown)
    }
}

async fn save(req: PageRequest) -> PageResult {
    let (expected, shown) = (req.expected(), req.expected());
    let foresee = move |conn: &mut Conn, by: By<'_>, command: &SetTargets| {
        foresee_targets(conn, Some(by.actor), shown.as_deref(), command, by.now)
    };
    let save = move |conn: &mut Conn, by: By<'_>, command: &SetTargets| {
        set_targets(conn, Some(by.actor), expected.as_deref(), command, by.now)
    };
    req.act_foreseen(&Targets, foresee, save).await
}

async fn show_ladder(req: PageRequest) -> PageResult {
    let (ladder, version) = req.read(|conn| Ok(target_rules::ladder(conn)?)).await?;
    if req.can(Permission::TargetsManage) {
        return req.show(PLACE, "admin-form", &ladder_page(&req, &ladder, version));
    }
    let words = req.words();
    let level = |side: &str, minutes: u32, tell: Tell| {
        let minutes = i64::from(minutes);
        vec![
            Cell::text(words.say_of("ladder-told", side, &[("minutes", minutes.into())])),
            Cell::text(words.say_of("ladder-tell", tell.as_str(), &[])),
        ]
    };
    let reminder = ladder.remind_before_minutes();
    let reminder = reminder.map(|minutes| level("before", minutes, Tell::Owner));
    let levels = ladder.levels().iter();
    let levels = levels.map(|one| level("after", one.after_minutes, one.tell));
    let columns = [Column::said("ladder-when"), Column::said("ladder-who")];
    let rows = reminder.into_iter().chain(levels).collect();
    let page = table(&req, Place::Ladder, &columns, rows);
    req.show(PLACE, "admin-list", &page)
}

fn ladder_page(req: &PageRequest, ladder: &Ladder, version: i64) -> AdminForm {
    let words = req.words();
    let label = |key| words.say_of("label", key, &[]);
    let reminder = ladder.remind_before_minutes();
    let mut controls = vec![
        Control::new(
            Kind::Number,
            "remind_before_minutes",
            label("remind-before"),
        )
        .hint(words.say_of("hint", "remind-before", &[]))
        .value(reminder.map_or_else(String::new, |minutes| minutes.to_string())),
    ];
    let (levels, list) = (ladder.levels(), LEVELS.name);
    let mut rows = Vec::new();
    for index in 0..rows::shown(req, list, levels.len(), version) {
        rows.extend(level_controls(words, index, levels.get(index)));
    }
    rows.extend(rows::adding(list, words.say("ladder-add", &[]), ""));
    controls.extend(group_with_hint(
        words.say("ladder-levels", &[]),
        words.say("ladder-levels-about", &[]),
        rows,
    ));
    let of = Form::new(
        "ladder",
        Place::Ladder.href(),
        words.say_of("panel-button", "edit", &[]),
        controls,
    );
    at(req, Place::Ladder, of.guarded(version))
}

fn level_controls(words: &Catalogue, index: usize, level: Option<&LadderLevel>) -> Vec<Control> {
    let place = format!("{}[{index}]", LEVELS.name);
    let field = |field: &str| format!("{place}.{field}");
    let legend = words.say("ladder-level", &[("level", (index + 1).into())]);
    let mut who = vec![Choice::new("", words.say("ladder-nobody", &[]))];
    who.extend(words_of(words, "ladder-tell", Tell::NAMES, ""));
    let minutes = level.map_or_else(String::new, |level| level.after_minutes.to_string());
    let tell = level.map_or("", |level| level.tell.as_str());
    let after = words.say("ladder-level-after", &[]);
    let after = Control::new(Kind::Number, field("after_minutes"), after)
        .required()
        .value(minutes);
    let told = Control::new(Kind::Select, field("tell"), words.say("ladder-who", &[]))
        .choices(who)
        .required()
        .value(tell);
    rows::row(words, &place, legend, vec![after, told])
}

/// The page of the ladder.
struct LadderPage;

impl FormPage<()> for LadderPage {
    async fn done(&self, req: &PageRequest, (): ()) -> PageResult {
        let flash = Flash::new(Done::LadderSaved);
        Ok(req.go(Place::Ladder.href(), Some(flash)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let (ladder, version) = req.read(|conn| Ok(target_rules::ladder(conn)?)).await?;
        again(req, &problem, ladder_page(req, &ladder, version))
    }
}

impl ForeseeingPage<()> for LadderPage {
    const ROWS: &'static [RowList] = &[LEVELS];

    async fn foreseen(&self, req: &PageRequest, shown: impl FnOnce(Form) -> Form) -> PageResult {
        let (ladder, version) = req.read(|conn| Ok(target_rules::ladder(conn)?)).await?;
        foreseen(req, ladder_page(req, &ladder, version), shown)
    }
}

async fn save_ladder(req: PageRequest) -> PageResult {
    let (expected, shown) = (req.expected(), req.expected());
    let foresee = move |conn: &mut Conn, by: By<'_>, command: &SetLadder| {
        foresee_ladder(conn, Some(by.actor), shown.as_deref(), command, by.now)
    };
    let save = move |conn: &mut Conn, by: By<'_>, command: &SetLadder| {
        set_ladder(conn, Some(by.actor), expected.as_deref(), command, by.now)
    };
    req.act_foreseen(&LadderPage, foresee, save).await
}
