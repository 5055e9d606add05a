//! Escalation reasons: what each is called, which rule governs it, and what its form asks (section 3).

use super::handlers::{PLACE, again, foreseen, form};
use super::list::{Add, ListPage, list};
use super::{AdminForm, Cell, Place};
use crate::db::Conn;
use crate::domain::access::Permission;
use crate::domain::order::{Sort, orders};
use crate::domain::reason::{Governance, Question, QuestionKind, Reason, ReasonCode};
use crate::domain::text::in_order;
use crate::http::api_request::may;
use crate::http::list::{Found, ListQuery, list_query};
use crate::http::portal::act::{By, ForeseeingPage, FormPage};
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Control, Form, Kind, group_with_hint, words_of};
use crate::http::portal::list::Column;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::portal::rows::{self, RowList};
use crate::http::problem::Problem;
use crate::store::rules::{self, ReasonRow};
use crate::workflow::reasons::{
    AddReason, AskedQuestion, ReplaceReason, add_reason, foresee_new_reason, foresee_reason,
    replace_reason,
};

/// The questions of a reason, as rows of its form.
const QUESTIONS: RowList = RowList {
    name: "questions",
    leads: &["code", "label"],
};

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { reasons:
        GET  "/admin/reasons"        may(Permission::ReasonsManage) => list::<Reasons>, "Escalation reasons";
        GET  "/admin/reasons/new"    may(Permission::ReasonsManage) => new, "The form that adds a reason";
        POST "/admin/reasons"        may(Permission::ReasonsManage) => add, "Adds a reason";
        GET  "/admin/reasons/{code}" may(Permission::ReasonsManage) => show, "One reason";
        POST "/admin/reasons/{code}" may(Permission::ReasonsManage) => replace, "Changes a reason";
    }
}

/// The escalation reasons.
struct Reasons;

orders! {
    /// What reasons are listed by.
    pub enum ReasonOrder {
        /// Where they stand in the form of an escalation.
        Position = "position",
        /// What people read of them.
        Label = "label",
        /// The rule that governs them.
        GovernedBy = "governed_by",
        /// Whether they can be chosen.
        State = "state",
    }
}

list_query! {
    /// In which order.
    pub struct ReasonsQuery by ReasonOrder, Sort::ascending(ReasonOrder::Position), {}
}

impl ListPage for Reasons {
    const PLACE: Place = Place::Reasons;
    const COLUMNS: &'static [Column] = &[
        Column::said("queue-column-reason").sorts("label"),
        Column::label("governed-by").sorts("governed_by"),
        Column::said("queue-column-state").sorts("state"),
    ];
    const ADD: Option<Add> = Some(Add::said("reason-add-button", Permission::ReasonsManage));
    type Query = ReasonsQuery;
    type Row = ReasonRow;
    type Beside = ();

    fn find(
        conn: &mut Conn,
        _: &PageRequest,
        query: &ReasonsQuery,
    ) -> Result<(Found<ReasonRow>, ()), Problem> {
        let mut found = Found::whole(rules::reasons(conn)?.to_vec());
        let sort = query.sort();
        found.sort_by(sort, |one, other| match sort.by {
            ReasonOrder::Position => one.position.cmp(&other.position),
            ReasonOrder::Label => in_order(&one.label, &other.label),
            ReasonOrder::GovernedBy => one.governed_by.cmp(&other.governed_by),
            ReasonOrder::State => other.active.cmp(&one.active),
        });
        Ok((found, ()))
    }

    fn cells(req: &PageRequest, reason: &ReasonRow, (): &()) -> Vec<Cell> {
        let words = req.words();
        let (state, chip) = match reason.active {
            true => ("active", "good"),
            false => ("inactive", "plain"),
        };
        let to = format!("/admin/reasons/{}", reason.code);
        vec![
            Cell::link(reason.label.clone(), to).small(reason.code.clone()),
            Cell::text(words.say_of("governance", reason.governed_by.as_str(), &[])),
            Cell::chip(words.say_of("reason-state", state, &[]), chip),
        ]
    }
}

/// What a reason's form shows; a new one has an empty code.
fn page(req: &PageRequest, reason: &Reason, active: bool, version: i64) -> AdminForm {
    let words = req.words();
    let label = |key| words.say_of("label", key, &[]);
    let hint = |key| words.say_of("hint", key, &[]);
    let is_new = reason.code.is_empty();
    let mut controls = vec![
        Control::of(ReplaceReason::label(), label("reason-label")).value(reason.label.clone()),
        Control::of(ReplaceReason::governed_by(), label("governed-by"))
            .kind(Kind::Radio)
            .choices(words_of(
                words,
                "governance",
                Governance::NAMES,
                "governance-hint",
            ))
            .value(reason.governed_by.as_str()),
    ];
    controls.extend(questions(req, &reason.questions, version));
    if is_new {
        let code = Control::of(AddReason::code(), label("code"));
        controls.insert(0, code.hint(hint("code")));
    } else {
        let tick = Control::of(ReplaceReason::active(), label("reason-active"));
        controls.push(tick.checked(active));
    }
    let (title, action) = match is_new {
        true => (words.say("reason-add-button", &[]), Place::Reasons.href()),
        false => (
            reason.label.clone(),
            format!("/admin/reasons/{}", reason.code),
        ),
    };
    let of = Form::new(
        "reason",
        action,
        words.say_of("panel-button", "edit", &[]),
        controls,
    )
    .guarded(version);
    form(
        req,
        Place::Reasons,
        title,
        words.say("reason-about", &[]),
        of,
    )
}

/// The rows of the questions.
fn questions(req: &PageRequest, known: &[Question], version: i64) -> Vec<Control> {
    let words = req.words();
    let list = QUESTIONS.name;
    let called = |part: &str| words.say_of("question", part, &[]);
    let mut controls = Vec::new();
    for index in 0..rows::shown(req, list, known.len(), version) {
        let place = format!("{list}[{index}]");
        let within = format!("{place}.");
        let question = known.get(index);
        let text = |of: fn(&Question) -> &str| question.map_or("", of).to_owned();
        let kind = question.map_or(QuestionKind::Text, |question| question.kind);
        let is_required = question.is_some_and(|question| question.required);
        let legend = words.say("question-one", &[("number", (index + 1).into())]);
        let mut fields = vec![
            Control::of(AskedQuestion::code(), called("code"))
                .within(&within)
                .value(text(|question| &question.code)),
            Control::of(AskedQuestion::label(), called("label"))
                .within(&within)
                .value(text(|question| &question.label)),
            Control::new(Kind::Select, format!("{within}kind"), called("kind"))
                .choices(words_of(words, "question-kind", QuestionKind::NAMES, ""))
                .value(kind.as_str()),
            Control::new(Kind::Check, format!("{within}required"), called("required"))
                .checked(is_required),
        ];
        if index > 0 {
            fields.push(rows::raising(words, &place, &legend));
        }
        controls.extend(rows::row(words, &place, legend, fields));
    }
    controls.extend(rows::adding(list, words.say("question-add", &[]), ""));
    let (legend, hint) = (
        words.say_of("label", "questions", &[]),
        words.say_of("hint", "questions", &[]),
    );
    group_with_hint(legend, hint, controls)
}

async fn new(req: PageRequest) -> PageResult {
    req.show(PLACE, "admin-form", &ReasonPage(None).form(&req))
}

fn nothing() -> Reason {
    Reason {
        code: String::new(),
        label: String::new(),
        governed_by: Governance::Staleness,
        questions: Vec::new(),
    }
}

/// The page of a reason, or the one that adds one.
struct ReasonPage(Option<ReasonRow>);

impl ReasonPage {
    fn form(&self, req: &PageRequest) -> AdminForm {
        match &self.0 {
            None => page(req, &nothing(), true, 0),
            Some(row) => page(req, &row.reason(), row.active, row.version),
        }
    }
}

impl FormPage<()> for ReasonPage {
    async fn done(&self, req: &PageRequest, (): ()) -> PageResult {
        Ok(req.go(Place::Reasons.href(), Some(Flash::new(Done::ReasonSaved))))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        again(req, &problem, self.form(req))
    }
}

impl ForeseeingPage<()> for ReasonPage {
    const ROWS: &'static [RowList] = &[QUESTIONS];

    async fn foreseen(&self, req: &PageRequest, shown: impl FnOnce(Form) -> Form) -> PageResult {
        foreseen(req, self.form(req), shown)
    }
}

async fn add(req: PageRequest) -> PageResult {
    let foresee = |conn: &mut Conn, by: By<'_>, command: &AddReason| {
        foresee_new_reason(conn, Some(by.actor), command, by.now)
    };
    let add = |conn: &mut Conn, by: By<'_>, command: &AddReason| {
        add_reason(conn, Some(by.actor), command, by.now)
    };
    req.act_foreseen(&ReasonPage(None), foresee, add).await
}

async fn row(req: &PageRequest, code: ReasonCode) -> Result<ReasonRow, Problem> {
    let row = req
        .read(move |conn| Ok(rules::reason(conn, code.as_str())?))
        .await?;
    row.ok_or_else(Problem::not_found)
}

async fn show(req: PageRequest, code: ReasonCode) -> PageResult {
    let page = ReasonPage(Some(row(&req, code).await?));
    req.show(PLACE, "admin-form", &page.form(&req))
}

async fn replace(req: PageRequest, code: ReasonCode) -> PageResult {
    let page = ReasonPage(Some(row(&req, code.clone()).await?));
    let (expected, shown, same) = (req.expected(), req.expected(), code.clone());
    let foresee = move |conn: &mut Conn, by: By<'_>, command: &ReplaceReason| {
        foresee_reason(
            conn,
            Some(by.actor),
            &same,
            shown.as_deref(),
            command,
            by.now,
        )
    };
    let replace = move |conn: &mut Conn, by: By<'_>, command: &ReplaceReason| {
        let expected = expected.as_deref();
        replace_reason(conn, Some(by.actor), &code, expected, command, by.now)
    };
    req.act_foreseen(&page, foresee, replace).await
}
