//! How escalation works, in the figures that hold now: the same that the page says (H1).

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::db::Conn;
use crate::domain::access::Permission::PoliciesManage;
use crate::domain::case::Priority;
use crate::domain::escalation::State;
use crate::domain::feed::Feed;
use crate::domain::guide::{Criterion, GuideLink, criteria, next_states};
use crate::domain::reason::Governance;
use crate::domain::target::{Grade, TargetClock, TargetKind};
use crate::http::api_request::{ApiRequest, Guarded, SIGNED_IN, may};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::words::{Catalogue, guide as words_of};
use crate::workflow::guide::{Process, SetGuide, process, set_guide};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { escalation_process:
        GET "/escalation-process"       SIGNED_IN           => show, "How escalation works: the criteria of each reason with their figures, the states, the targets, and handbooks";
        GET "/escalation-process/links" SIGNED_IN           => links, "The handbooks and trainings to which the page on escalations leads";
        PUT "/escalation-process/links" may(PoliciesManage) => set_links, "Replaces the handbooks and trainings, all of them";
    }
}

/// How escalation works.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = EscalationProcess)]
pub struct ProcessDocument {
    /// The least priority that can be escalated.
    minimum_priority: Priority,
    /// What is asked of a case whatever the reason, in sentences.
    always: Vec<String>,
    /// The reasons that can be chosen, in the order of the form.
    reasons: Vec<ReasonGuide>,
    /// The states of an escalation, in the order of the process.
    states: Vec<StateGuide>,
    /// How long support has.
    targets: Vec<TargetGuide>,
    /// What belongs in which feed.
    feeds: Vec<FeedGuide>,
    /// When support works, where no other calendar holds.
    working_hours: HoursGuide,
    /// The number to call for high priority, if one is configured.
    phone: Option<String>,
    /// Handbooks and trainings.
    links: Vec<GuideLink>,
}

/// What a reason asks of a case.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = EscalationProcessReason)]
struct ReasonGuide {
    /// Its code.
    code: String,
    /// What people read.
    label: String,
    /// The rule that governs it.
    governed_by: Governance,
    /// Its criteria, each in a sentence and with its figures.
    criteria: Vec<CriterionGuide>,
}

/// One of the criteria.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = EscalationProcessCriterion)]
struct CriterionGuide {
    /// It in a sentence.
    text: String,
    /// Its figures.
    #[serde(flatten)]
    criterion: Criterion,
}

/// A state of an escalation.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = EscalationProcessState)]
struct StateGuide {
    /// Which.
    state: State,
    /// What happens in it.
    text: String,
    /// What may follow it; nothing follows a final one.
    next: Vec<State>,
}

/// How long a target has.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = EscalationProcessTarget)]
struct TargetGuide {
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

/// What belongs in a feed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = EscalationProcessFeed)]
struct FeedGuide {
    /// Which.
    feed: Feed,
    /// What belongs there.
    text: String,
}

/// When support works.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = EscalationProcessHours)]
struct HoursGuide {
    /// The zone of its hours and days.
    time_zone: String,
    /// For each weekday that is worked on, its spans of local time.
    hours: BTreeMap<String, Vec<String>>,
}

impl ProcessDocument {
    fn new(words: &Catalogue, phone: Option<&str>, process: &Process) -> Self {
        let criterion = |criterion: Criterion| CriterionGuide {
            text: words_of::criterion(words, &criterion),
            criterion,
        };
        let reasons = process.reasons.iter().map(|reason| ReasonGuide {
            code: reason.code.clone(),
            label: reason.label.clone(),
            governed_by: reason.governed_by,
            criteria: criteria(reason.governed_by, &process.policy)
                .into_iter()
                .map(criterion)
                .collect(),
        });
        let states = State::ALL.iter().map(|state| StateGuide {
            state: *state,
            text: words_of::step(words, *state),
            next: next_states(*state),
        });
        let targets = process.targets.rows().map(|(row, allowance)| {
            let (priority, rank) = match row.grade {
                Grade::Priority(priority) => (Some(priority), None),
                Grade::Rank(rank) => (None, Some(rank)),
            };
            TargetGuide {
                kind: row.kind,
                priority,
                rank,
                minutes: allowance.minutes,
                clock: allowance.clock,
            }
        });
        let feeds = Feed::ALL.iter().map(|feed| FeedGuide {
            feed: *feed,
            text: words.say_of("guide-feed", feed.as_str(), &[]),
        });
        Self {
            minimum_priority: process.policy.minimum_priority,
            always: words_of::of_all_reasons(words, &process.policy),
            reasons: reasons.collect(),
            states: states.collect(),
            targets: targets.collect(),
            feeds: feeds.collect(),
            working_hours: HoursGuide {
                time_zone: process.calendar.time_zone().name().to_owned(),
                hours: process.calendar.shape().hours,
            },
            phone: phone.map(str::to_owned),
            links: process.links.clone(),
        }
    }
}

async fn show(req: ApiRequest) -> Result<Reply<ProcessDocument>, Problem> {
    let document = req
        .read(|conn, req| {
            let process = process(conn)?;
            let phone = req.desk.support_phone.as_deref();
            Ok(ProcessDocument::new(req.words(), phone, &process))
        })
        .await?;
    Reply::new(&document)
}

/// The handbooks and trainings.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = EscalationProcessLinks)]
pub struct LinksDocument {
    /// In the order in which they are shown.
    links: Vec<GuideLink>,
}

async fn links(req: ApiRequest) -> Result<Reply<LinksDocument>, Problem> {
    req.read(|conn, _| links_of(conn)).await
}

async fn set_links(
    req: ApiRequest<Guarded<()>, SetGuide>,
) -> Result<Reply<LinksDocument>, Problem> {
    req.write(|conn, req| {
        let by = Some(&req.principal.actor);
        set_guide(conn, by, req.expected(), &req.body, req.now)?;
        links_of(conn)
    })
    .await
}

fn links_of(conn: &mut Conn) -> Result<Reply<LinksDocument>, Problem> {
    let Process { links, version, .. } = process(conn)?;
    Ok(Reply::new(&LinksDocument { links })?.version(version))
}
