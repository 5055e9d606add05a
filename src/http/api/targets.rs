//! Targets, the ladder and duty (M8).

use serde::Serialize;
use utoipa::ToSchema;

use super::documents::EffectDocument;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::calendar::{Segment, Why};
use crate::domain::case::Priority;
use crate::domain::closed_enum;
use crate::domain::duty::{Assignment, Weekday};
use crate::domain::ids::{EscalationRef, PersonId};
use crate::domain::target::{Allowance, Grade, Ladder, TargetClock, TargetKind, TargetRow, Tell};
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::store::{duty, target_rules};
use crate::workflow::duty::{SetDuty, foresee_duty, set_duty};
use crate::workflow::target_rules::{
    SetLadder, SetTargets, foresee_ladder, foresee_targets, set_ladder, set_targets,
};
use crate::workflow::targets;

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { targets:
        GET   "/targets" may(Permission::PoliciesView)  => list, "How long targets have";
        PATCH "/targets" may(Permission::TargetsManage) => change, "Sets how long targets have, all of those that are named or none; those that run are reckoned anew";
        POST  "/targets/preview" may(Permission::TargetsManage) => preview, "What other times would do; nothing is changed";
        GET   "/ladder"  may(Permission::PoliciesView)  => ladder, "Who is told of targets, and when";
        PATCH "/ladder"  may(Permission::TargetsManage) => change_ladder, "Sets who is told of targets, and when";
        POST  "/ladder/preview" may(Permission::TargetsManage) => preview_ladder, "What another ladder would do; nothing is changed";
        GET   "/duty"    may(Permission::DutyView)      => show_duty, "Who is on duty when, and how escalations get their owner";
        PUT   "/duty"    may(Permission::DutyManage)    => change_duty, "Replaces the roster, and sets how escalations get their owner";
        POST  "/duty/preview" may(Permission::DutyManage) => preview_duty, "What another roster would do; nothing is changed";
        GET   "/escalations/{escalation}/targets/{kind}/replay" may(Permission::EscalationsView) => replay, "How the newest target of a kind came to fall due: every piece of time that counts, and why the others do not";
    }
}

/// How long all targets have.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Targets)]
pub struct TargetsDocument {
    items: Vec<TargetRuleDocument>,
}

/// How long targets of one kind have on some escalations.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TargetRule)]
pub struct TargetRuleDocument {
    /// Which.
    kind: TargetKind,
    /// Of a claim or a first reply: the case's priority at submission.
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<Priority>,
    /// Of an update: the escalation's rank.
    #[serde(skip_serializing_if = "Option::is_none")]
    rank: Option<u8>,
    /// How long.
    minutes: u32,
    /// Which minutes count.
    clock: TargetClock,
}

impl TargetRuleDocument {
    fn new((row, allowance): (TargetRow, Allowance)) -> Self {
        let (priority, rank) = match row.grade {
            Grade::Priority(priority) => (Some(priority), None),
            Grade::Rank(rank) => (None, Some(rank)),
        };
        Self {
            kind: row.kind,
            priority,
            rank,
            minutes: allowance.minutes,
            clock: allowance.clock,
        }
    }
}

async fn list(req: ApiRequest) -> Result<Reply<TargetsDocument>, Problem> {
    req.read(|conn, _| rules(conn)).await
}

async fn change(
    req: ApiRequest<Guarded<()>, SetTargets>,
) -> Result<Reply<TargetsDocument>, Problem> {
    req.write(|conn, req| {
        let by = Some(&req.principal.actor);
        set_targets(conn, by, req.expected(), &req.body, req.now)?;
        rules(conn)
    })
    .await
}

async fn preview(
    req: ApiRequest<Guarded<()>, SetTargets>,
) -> Result<Reply<EffectDocument>, Problem> {
    let foreseen = req
        .search(|conn, req| {
            let (by, expected) = (Some(&req.principal.actor), req.expected());
            Ok(foresee_targets(conn, by, expected, &req.body, req.now)?)
        })
        .await?;
    Reply::new(&EffectDocument::from(&foreseen))
}

fn rules(conn: &mut Conn) -> Result<Reply<TargetsDocument>, Problem> {
    let table = target_rules::table(conn)?;
    let items = table.rows().map(TargetRuleDocument::new).collect();
    Ok(Reply::new(&TargetsDocument { items })?.version(target_rules::version(conn)?))
}

/// Who is told of targets, and when.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ladder)]
pub struct LadderDocument {
    /// How long before a target falls due its owner is reminded; null for no reminder.
    remind_before_minutes: Option<u32>,
    /// Who is told when it was missed.
    levels: Vec<LevelDocument>,
}

/// A level of the ladder.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LadderLevel)]
pub struct LevelDocument {
    /// How long after the target was missed.
    after_minutes: u32,
    /// Who is told.
    tell: Tell,
}

impl From<&Ladder> for LadderDocument {
    fn from(ladder: &Ladder) -> Self {
        let level = |level: &crate::domain::target::LadderLevel| LevelDocument {
            after_minutes: level.after_minutes,
            tell: level.tell,
        };
        Self {
            remind_before_minutes: ladder.remind_before_minutes(),
            levels: ladder.levels().iter().map(level).collect(),
        }
    }
}

async fn ladder(req: ApiRequest) -> Result<Reply<LadderDocument>, Problem> {
    req.read(|conn, _| read_ladder(conn)).await
}

async fn change_ladder(
    req: ApiRequest<Guarded<()>, SetLadder>,
) -> Result<Reply<LadderDocument>, Problem> {
    req.write(|conn, req| {
        let by = Some(&req.principal.actor);
        set_ladder(conn, by, req.expected(), &req.body, req.now)?;
        read_ladder(conn)
    })
    .await
}

async fn preview_ladder(
    req: ApiRequest<Guarded<()>, SetLadder>,
) -> Result<Reply<EffectDocument>, Problem> {
    let foreseen = req
        .search(|conn, req| {
            let (by, expected) = (Some(&req.principal.actor), req.expected());
            Ok(foresee_ladder(conn, by, expected, &req.body, req.now)?)
        })
        .await?;
    Reply::new(&EffectDocument::from(&foreseen))
}

fn read_ladder(conn: &mut Conn) -> Result<Reply<LadderDocument>, Problem> {
    let (ladder, version) = target_rules::ladder(conn)?;
    Ok(Reply::new(&LadderDocument::from(&ladder))?.version(version))
}

/// Who is on duty when, and how escalations get their owner.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Duty)]
pub struct DutyDocument {
    /// By hand, or in turn among those on duty.
    assignment: Assignment,
    /// Weekly shifts.
    shifts: Vec<ShiftDocument>,
    /// Who is away when.
    absences: Vec<AbsenceDocument>,
}

/// A weekly shift.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Shift)]
pub struct ShiftDocument {
    /// Whose it is.
    user: PersonId,
    /// The days on which it begins.
    days: Vec<Weekday>,
    /// When it begins, `HH:MM` of local time.
    from: String,
    /// When it ends; on the next day if that is not later than it begins.
    until: String,
    /// The IANA time zone of both.
    time_zone: String,
}

/// A time in which somebody is away.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Absence)]
pub struct AbsenceDocument {
    /// Who.
    user: PersonId,
    /// From this instant on.
    #[schema(value_type = String, format = DateTime)]
    from: Instant,
    /// Until before this one.
    #[schema(value_type = String, format = DateTime)]
    until: Instant,
    /// Who takes their shifts meanwhile.
    cover: Option<PersonId>,
}

async fn show_duty(req: ApiRequest) -> Result<Reply<DutyDocument>, Problem> {
    req.read(|conn, _| read_duty(conn)).await
}

async fn change_duty(
    req: ApiRequest<Guarded<()>, SetDuty>,
) -> Result<Reply<DutyDocument>, Problem> {
    req.write(|conn, req| {
        let by = Some(&req.principal.actor);
        set_duty(conn, by, req.expected(), &req.body, req.now)?;
        read_duty(conn)
    })
    .await
}

/// What another roster would do; nothing is changed yet.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DutyEffect)]
pub struct DutyEffectDocument {
    /// Who would be on duty at once and is not.
    begin: Vec<PersonId>,
    /// Who is on duty and would be no longer.
    end: Vec<PersonId>,
    /// For how many minutes of the next seven days nobody would be on duty where somebody is now; in steps of 15.
    uncovered_minutes: i64,
    /// For how many of them somebody would be where nobody is now.
    covered_minutes: i64,
}

async fn preview_duty(
    req: ApiRequest<Guarded<()>, SetDuty>,
) -> Result<Reply<DutyEffectDocument>, Problem> {
    let foreseen = req
        .search(|conn, req| {
            let (by, expected) = (Some(&req.principal.actor), req.expected());
            Ok(foresee_duty(conn, by, expected, &req.body, req.now)?)
        })
        .await?;
    let outlook = foreseen.outlook;
    Reply::new(&DutyEffectDocument {
        begin: outlook.begin,
        end: outlook.end,
        uncovered_minutes: outlook.uncovered_minutes,
        covered_minutes: outlook.covered_minutes,
    })
}

fn read_duty(conn: &mut Conn) -> Result<Reply<DutyDocument>, Problem> {
    let ((assignment, version), roster) = (duty::assignment(conn)?, duty::roster(conn)?);
    let shifts = roster.shifts.into_iter().map(|shift| ShiftDocument {
        user: shift.person,
        days: shift.days,
        from: shift.from.to_string(),
        until: shift.until.to_string(),
        time_zone: shift.time_zone.name().to_owned(),
    });
    let absences = roster.absences.into_iter().map(|absence| AbsenceDocument {
        user: absence.person,
        from: absence.from,
        until: absence.until,
        cover: absence.cover,
    });
    let document = DutyDocument {
        assignment,
        shifts: shifts.collect(),
        absences: absences.collect(),
    };
    Ok(Reply::new(&document)?.version(version))
}

/// How a target came to fall due.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TargetReplay)]
pub struct TargetReplayDocument {
    /// When it started.
    #[schema(value_type = String, format = DateTime)]
    started_at: Instant,
    /// When it falls due: of one that stands still, as if that ended now.
    #[schema(value_type = String, format = DateTime)]
    due_at: Instant,
    /// Every piece of time from its start until then.
    segments: Vec<TargetSegmentDocument>,
}

/// A piece of time that counted or did not.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TargetSegment)]
pub struct TargetSegmentDocument {
    /// Its first instant.
    #[schema(value_type = String, format = DateTime)]
    from: Instant,
    /// The first instant after it.
    #[schema(value_type = String, format = DateTime)]
    until: Instant,
    /// Whether it counted.
    counted: bool,
    /// Why.
    why: TargetWhy,
    /// The holiday's name, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

closed_enum! {
    /// Why a piece of time counted towards a target or did not.
    pub enum TargetWhy {
        /// Counted: business hours.
        Open = "open",
        /// Counted: every hour does.
        Elapsed = "elapsed",
        /// Not counted: outside of business hours.
        Closed = "closed",
        /// Not counted: a holiday.
        Holiday = "holiday",
        /// Not counted: the requester's answer was awaited.
        Paused = "paused",
    }
}

impl From<Segment> for TargetSegmentDocument {
    fn from(segment: Segment) -> Self {
        Self {
            from: segment.from,
            until: segment.to,
            counted: segment.counted,
            why: match segment.why {
                Why::Working => TargetWhy::Open,
                Why::Elapsed => TargetWhy::Elapsed,
                Why::Closed | Why::RequestDay => TargetWhy::Closed,
                Why::Holiday => TargetWhy::Holiday,
                Why::Paused => TargetWhy::Paused,
            },
            name: segment.name,
        }
    }
}

async fn replay(
    req: ApiRequest<(EscalationRef, TargetKind)>,
) -> Result<Reply<TargetReplayDocument>, Problem> {
    let replay = req
        .read(|conn, req| {
            let (escalation, kind) = &req.address;
            let actor = &req.principal.actor;
            Ok(targets::replay(conn, actor, escalation, *kind, req.now)?)
        })
        .await?;
    Reply::new(&TargetReplayDocument {
        started_at: replay.target.started_at,
        due_at: replay.due_at,
        segments: replay.segments.into_iter().map(Into::into).collect(),
    })
}
