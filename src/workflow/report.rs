//! A report is drawn up (H2): what is asked for is counted and put into its rows.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono_tz::Tz;
use diesel::QueryResult;

use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::callback;
use crate::domain::escalation::State;
use crate::domain::ids::{LineId, OrganizationId, PersonId};
use crate::domain::report::{
    Buckets, Group, Grouping, Measure, Report, ReportName, Sheet, Stage, Tally,
};
use crate::domain::target::TargetKind;
use crate::store::cases::OrganizationRef;
use crate::store::reports::{self, Cell, MOST_ROWS, Part, Place, Scope, Waiting};
use crate::store::{lines, organizations, people, rules};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The report.
    pub report: &'static Report,
    /// What its rows stand for.
    pub by: Grouping,
    /// What it is narrowed to.
    pub scope: Scope,
    /// One kind of targets.
    pub kind: Option<TargetKind>,
    /// The zone of its days.
    pub zone: Tz,
    /// The present instant.
    pub now: Instant,
}

/// A report that is drawn up.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// Its rows and figures.
    pub sheet: Sheet,
    /// The days, weeks or months that its rows stand for; none by anything else.
    pub buckets: Option<Buckets>,
    /// What its groups are called.
    pub names: Names,
}

/// There is more in the period than is read for a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooFull;

/// What the groups of a report are called, by their ids.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Organizations.
    pub organizations: HashMap<OrganizationId, Arc<OrganizationRef>>,
    /// Lines of business.
    pub lines: HashMap<LineId, String>,
    /// The labels of reasons, by their codes.
    pub reasons: HashMap<String, String>,
    /// People.
    pub people: HashMap<PersonId, String>,
}

/// Draws up a report.
///
/// # Errors
/// Database errors.
pub fn draw_up(conn: &mut Conn, asked: &Asked) -> QueryResult<Result<Drawn, TooFull>> {
    let mut board = Board::new(asked);
    let (scope, by) = (&asked.scope, asked.by);
    match asked.report.name {
        ReportName::Queue => {
            board.queue(reports::active(conn, scope, by, None)?);
            board.overdue(reports::active(conn, scope, by, Some(asked.now))?);
        }
        ReportName::Targets => board.targets(conn)?,
        ReportName::Times => board.times(reports::waits(conn, scope)?),
        ReportName::Outcomes => {
            for cell in board.taken(reports::submitted(conn, scope, by)?) {
                let measure = outcome(cell.kind);
                board.add(cell.place, &[Measure::Submitted, measure], cell.count);
            }
        }
        ReportName::DeclineReasons => {
            let cells = reports::declined(conn, scope, by)?;
            board.declined(cells);
        }
        ReportName::Volume => {
            for cell in board.taken(reports::opened(conn, scope, by)?) {
                board.add(cell.place, &[Measure::Cases], cell.count);
            }
            for cell in board.taken(reports::submitted(conn, scope, by)?) {
                board.add(cell.place, &[Measure::Escalations], cell.count);
            }
        }
        ReportName::Ratings => {
            for cell in board.taken(reports::rated(conn, scope, by)?) {
                let scores = (1_i64..).zip(Measure::SCORES);
                let mut scores = scores.filter(|(score, _)| Some(*score) == cell.kind);
                if let Some((_, measure)) = scores.next() {
                    board.add(cell.place, &[Measure::Rated, measure], cell.count);
                }
            }
        }
        ReportName::Callbacks => {
            for cell in board.taken(reports::calls(conn, scope, by)?) {
                let measure = call(cell.kind);
                board.add(cell.place, &[Measure::Requested, measure], cell.count);
            }
        }
    }
    if board.is_too_full {
        return Ok(Err(TooFull));
    }
    let sheet = Sheet::of(asked.report, by, board.tallies);
    let names = names(conn, &sheet)?;
    Ok(Ok(Drawn {
        sheet,
        buckets: board.buckets,
        names,
    }))
}

/// What became of an escalation. One that was accepted and withdrawn later is withdrawn.
fn outcome(state: State) -> Measure {
    match state {
        State::Submitted | State::InReview => Measure::Undecided,
        State::Accepted | State::Closed => Measure::Accepted,
        State::Declined => Measure::Declined,
        State::Withdrawn => Measure::Withdrawn,
    }
}

fn call(state: callback::State) -> Measure {
    match state {
        callback::State::Requested | callback::State::Taken => Measure::Open,
        callback::State::Completed => Measure::Completed,
        callback::State::Missed => Measure::Missed,
        callback::State::Canceled => Measure::Canceled,
    }
}

/// Where it is written down what was counted.
struct Board<'a> {
    asked: &'a Asked,
    buckets: Option<Buckets>,
    tallies: BTreeMap<Group, Tally>,
    is_too_full: bool,
}

impl<'a> Board<'a> {
    /// With the groups that are there even if nothing is in them.
    fn new(asked: &'a Asked) -> Self {
        let period = asked.scope.period.filter(|_| asked.by.is_of_time());
        let buckets = period.map(|period| Buckets::of(period, asked.zone, asked.by));
        let mut groups: Vec<Group> = Vec::new();
        match asked.by {
            Grouping::Rank => {
                groups.push(Group::Rank(None));
                groups.extend((1..=5).map(|rank| Group::Rank(Some(rank))));
            }
            Grouping::Kind => match asked.kind {
                Some(kind) => groups.push(Group::Kind(kind)),
                None => groups.extend(TargetKind::ALL.iter().copied().map(Group::Kind)),
            },
            Grouping::Stage => groups.extend(Stage::ALL.iter().copied().map(Group::Stage)),
            _ => {}
        }
        groups.extend(buckets.iter().flat_map(Buckets::days).map(Group::Period));
        Self {
            asked,
            buckets,
            tallies: groups
                .into_iter()
                .map(|group| (group, Tally::default()))
                .collect(),
            is_too_full: false,
        }
    }

    /// What was counted, unless it is more than is read.
    fn taken<T>(&mut self, found: Vec<T>) -> Vec<T> {
        match found.len() > MOST_ROWS {
            true => {
                self.is_too_full = true;
                Vec::new()
            }
            false => found,
        }
    }

    fn group_at(&self, at: Instant) -> Option<Group> {
        let day = self.buckets.as_ref()?.place(at)?;
        Some(Group::Period(day))
    }

    fn tally(&mut self, group: Option<Group>) -> Option<&mut Tally> {
        Some(self.tallies.entry(group?).or_default())
    }

    fn group_of(&self, place: Place) -> Option<Group> {
        match place {
            Place::Whole => None,
            Place::In(group) => Some(group),
            Place::At(at) => self.group_at(at),
        }
    }

    fn add(&mut self, place: Place, measures: &[Measure], count: u64) {
        let group = self.group_of(place);
        if let Some(tally) = self.tally(group) {
            for measure in measures {
                tally.add(*measure, count);
            }
        }
    }

    fn queue(&mut self, cells: Vec<Cell<State>>) {
        for cell in self.taken(cells) {
            let measure = match cell.kind {
                State::Submitted => Measure::Unclaimed,
                State::InReview => Measure::InReview,
                _ => Measure::Accepted,
            };
            self.add(cell.place, &[Measure::Active, measure], cell.count);
        }
    }

    fn overdue(&mut self, cells: Vec<Cell<State>>) {
        for cell in self.taken(cells) {
            self.add(cell.place, &[Measure::Overdue], cell.count);
        }
    }

    /// Of the targets, those that are neither met, missed nor ended still run.
    fn targets(&mut self, conn: &mut Conn) -> QueryResult<()> {
        let asked = self.asked;
        for (part, measure) in [
            (Part::Started, Measure::Started),
            (Part::Met, Measure::Met),
            (Part::Missed, Measure::Missed),
            (Part::Ended, Measure::Ended),
        ] {
            let which = (part, asked.kind, asked.now);
            let cells = reports::targets(conn, &asked.scope, asked.by, which)?;
            for cell in self.taken(cells) {
                let place = match cell.place {
                    Place::Whole => Place::In(Group::Kind(cell.kind)),
                    place => place,
                };
                self.add(place, &[measure], cell.count);
            }
        }
        for tally in self.tallies.values_mut() {
            let of = |measure| tally.counted(crate::domain::report::Column::Measure(measure));
            let over = of(Measure::Met) + of(Measure::Missed) + of(Measure::Ended);
            let running = of(Measure::Started).saturating_sub(over);
            tally.add(Measure::Running, running);
        }
        Ok(())
    }

    fn declined(&mut self, cells: Vec<Cell<Vec<crate::domain::eligibility::FindingCode>>>) {
        let cells = self.taken(cells);
        let all = cells.iter().map(|cell| cell.count).sum();
        for cell in cells {
            if self.asked.by == Grouping::Criterion {
                for code in cell.kind {
                    self.add(
                        Place::In(Group::Criterion(code)),
                        &[Measure::Declined],
                        cell.count,
                    );
                }
            } else {
                let group = self.group_of(cell.place);
                if let Some(tally) = self.tally(group) {
                    tally.add(Measure::Declined, cell.count);
                    for code in cell.kind {
                        tally.not_met(code, cell.count);
                    }
                }
            }
        }
        for tally in self.tallies.values_mut() {
            tally.is_of(all);
        }
    }

    fn times(&mut self, found: Vec<Waiting>) {
        for one in self.taken(found) {
            let group = match self.asked.by {
                Grouping::Customer => Some(Group::Customer(one.organization)),
                Grouping::LineOfBusiness => Some(Group::Line(one.line)),
                Grouping::Reason => Some(Group::Reason(one.reason.clone())),
                Grouping::Priority => Some(Group::Priority(one.priority)),
                Grouping::Owner => Some(Group::Owner(one.owner)),
                Grouping::Day | Grouping::Week | Grouping::Month => self.group_at(one.submitted_at),
                _ => None,
            };
            for (stage, at) in [
                (Stage::Claim, one.claimed_at),
                (Stage::FirstReply, one.replied_at),
                (Stage::Close, one.closed_at),
            ] {
                let group = match self.asked.by {
                    Grouping::Stage => Some(Group::Stage(stage)),
                    _ => group.clone(),
                };
                if let (Some(at), Some(tally)) = (at, self.tally(group)) {
                    tally.waited(stage, (at - one.submitted_at).num_seconds());
                }
            }
        }
    }
}

/// What the groups of a report are called.
fn names(conn: &mut Conn, sheet: &Sheet) -> QueryResult<Names> {
    let (mut customers, mut owners) = (Vec::new(), Vec::new());
    let (mut of_lines, mut of_reasons) = (false, false);
    for row in &sheet.rows {
        match &row.group {
            Group::Customer(id) => customers.push(*id),
            Group::Owner(Some(id)) => owners.push(*id),
            Group::Line(_) => of_lines = true,
            Group::Reason(_) => of_reasons = true,
            _ => {}
        }
    }
    let mut names = Names::default();
    names.organizations = organizations::references(conn, customers)?;
    names.people = people::names(conn, &owners)?;
    if of_lines {
        let lines = lines::all(conn)?.into_iter();
        names.lines = lines.map(|line| (line.id, line.name)).collect();
    }
    if of_reasons {
        let reasons = rules::reasons(conn)?;
        let labels = reasons.iter();
        names.reasons = labels
            .map(|reason| (reason.code.clone(), reason.label.clone()))
            .collect();
    }
    Ok(names)
}
