//! *How escalation works*: the criteria with the figures that hold now, the process, the feeds, and handbooks (H1).

use serde::Serialize;

use super::super::answer::PageResult;
use super::super::page_request::PageRequest;
use super::super::parts::{Link, Tab};
use super::super::route::{PortalRoute, pages};
use super::place::{HelpPlace, PLACE};
use super::tabs;
use crate::domain::access::Permission;
use crate::domain::escalation::State;
use crate::domain::feed::Feed;
use crate::domain::guide::{GuideKind, GuideLink, criteria};
use crate::domain::reason::Reason;
use crate::domain::target::TargetKind;
use crate::http::api_request::SIGNED_IN;
use crate::words::guide;
use crate::workflow::guide::process;

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { escalation_process:
        GET "/help/escalation" SIGNED_IN => show, "How escalation works";
    }
}

/// How escalation works.
#[derive(Clone, Debug, Serialize)]
pub struct EscalationGuidePage {
    /// The pages of the place.
    pub tabs: Vec<Tab>,
    /// What is asked of a case whatever the reason.
    pub always: Vec<String>,
    /// The reasons, with what each asks.
    pub reasons: Vec<ReasonGuide>,
    /// The states in the order of the process.
    pub states: Vec<StateGuide>,
    /// What support is to do in time.
    pub targets: Vec<TargetGuide>,
    /// What belongs in which feed.
    pub feeds: Vec<FeedGuide>,
    /// When support works: each day with its hours.
    pub hours: Vec<(String, String)>,
    /// In which zone.
    pub zone: String,
    /// The number for high priority, or what stands for it.
    pub phone: String,
    /// Handbooks and trainings.
    pub links: Vec<GuideLine>,
    /// Where those are changed, for who may.
    pub change: Option<Link>,
}

/// A reason.
#[derive(Clone, Debug, Serialize)]
pub struct ReasonGuide {
    /// What it is called.
    pub label: String,
    /// What it asks.
    pub criteria: Vec<String>,
}

/// A state of an escalation.
#[derive(Clone, Debug, Serialize)]
pub struct StateGuide {
    /// Which.
    pub state: State,
    /// What happens in it.
    pub text: String,
    /// What may follow; may be empty.
    pub follows: String,
}

/// What support is to do in time.
#[derive(Clone, Debug, Serialize)]
pub struct TargetGuide {
    /// What.
    pub title: String,
    /// From when until when.
    pub about: String,
    /// For which escalations, and in how long.
    pub rows: Vec<(String, String)>,
}

/// A feed.
#[derive(Clone, Debug, Serialize)]
pub struct FeedGuide {
    /// What it is called.
    pub title: String,
    /// What belongs there.
    pub text: String,
    /// Whether it is that of escalations.
    pub bell: bool,
}

/// A handbook or a training.
#[derive(Clone, Debug, Serialize)]
pub struct GuideLine {
    /// What people read.
    pub title: String,
    /// What it is.
    pub kind: GuideKind,
    /// Its address.
    pub href: String,
}

async fn show(req: PageRequest) -> PageResult {
    let process = req.read(|conn| Ok(process(conn)?)).await?;
    let words = req.words();
    let reason = |reason: &Reason| ReasonGuide {
        label: reason.label.clone(),
        criteria: criteria(reason.governed_by, &process.policy)
            .iter()
            .map(|criterion| guide::criterion(words, criterion))
            .collect(),
    };
    let state = |state: &State| StateGuide {
        state: *state,
        text: guide::step(words, *state),
        follows: guide::follows(words, *state),
    };
    let target = |kind: &TargetKind| {
        let rows = process.targets.rows().filter(|(row, _)| row.kind == *kind);
        TargetGuide {
            title: words.say_of("target-kind", kind.as_str(), &[]),
            about: words.say_of("guide-target", kind.as_str(), &[]),
            rows: rows
                .map(|(row, allowance)| guide::target(words, row, allowance))
                .collect(),
        }
    };
    let feed = |feed: &Feed| FeedGuide {
        title: words.say_of("guide-feed-title", feed.as_str(), &[]),
        text: words.say_of("guide-feed", feed.as_str(), &[]),
        bell: *feed == Feed::Escalation,
    };
    let link = |link: &GuideLink| GuideLine {
        title: link.title.to_string(),
        kind: link.kind,
        href: link.address.to_string(),
    };
    let page = EscalationGuidePage {
        tabs: tabs(&req, HelpPlace::Escalation),
        always: guide::of_all_reasons(words, &process.policy),
        reasons: process.reasons.iter().map(reason).collect(),
        states: State::ALL.iter().map(state).collect(),
        targets: TargetKind::ALL.iter().map(target).collect(),
        feeds: Feed::ALL.iter().map(feed).collect(),
        hours: guide::hours(words, &process.calendar),
        zone: guide::zone(words, &process.calendar),
        phone: words.support_phone(),
        links: process.links.iter().map(link).collect(),
        change: req
            .can(Permission::PoliciesManage)
            .then(|| Link::new(words.say("guide-links-change", &[]), "/admin/guide")),
    };
    req.show(PLACE, "help-escalation", &page)
}
