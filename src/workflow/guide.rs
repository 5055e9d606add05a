//! How escalation works: the figures that hold now, gathered from where the rules have them, and the handbooks to which the provider
//! leads (H1).

use std::sync::Arc;

use super::administer::{By, refused, require};
use super::{Expected, VerbResult, publish, settled, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::calendar::Calendar;
use crate::domain::eligibility::Policy;
use crate::domain::event::{AdministrativeEvent, ArticleEvent, Changed, GuideFields};
use crate::domain::guide::{GuideKind, GuideLink, MOST_LINKS};
use crate::domain::reason::Reason;
use crate::domain::target::TargetTable;
use crate::domain::text::{Title, WebLink};
use crate::input::input;
use crate::store::calendars::CalendarBook;
use crate::store::{guide, rules, target_rules};

/// What decides how escalation works, as it is now.
#[derive(Clone, Debug)]
pub struct Process {
    /// The figures of the criteria.
    pub policy: Arc<Policy>,
    /// The reasons that can be chosen, in the order of the form.
    pub reasons: Vec<Reason>,
    /// How long targets have.
    pub targets: TargetTable,
    /// The provider's calendar, by which business days and hours are reckoned where no other holds.
    pub calendar: Calendar,
    /// Handbooks and trainings.
    pub links: Vec<GuideLink>,
    /// How often those were changed, counted from 1.
    pub version: i64,
}

/// What decides how escalation works.
///
/// # Errors
/// Database errors.
pub fn process(conn: &mut Conn) -> VerbResult<Process> {
    let (links, version) = guide::links(conn)?;
    let reasons = rules::reasons(conn)?;
    let reasons = reasons.iter().filter(|reason| reason.active);
    Ok(Process {
        reasons: reasons.map(rules::ReasonRow::reason).collect(),
        policy: rules::policy(conn)?,
        targets: target_rules::table(conn)?,
        calendar: CalendarBook::load(conn)?.default_calendar().clone(),
        links,
        version,
    })
}

input! {
    /// A page elsewhere, to which the page on escalations leads.
    pub struct SetGuideLink {
        /// What it is.
        kind: GuideKind,
        /// What people read.
        title: Title,
        /// Its address, which begins with `https://`.
        address: WebLink,
    }
}

input! {
    /// The handbooks and trainings, all of them.
    pub struct SetGuide {
        /// In the order in which they are shown.
        links: Vec<SetGuideLink>,
    }
}

/// Sets the handbooks and trainings to which the page on escalations leads.
///
/// # Errors
/// [`Rejection::Denied`](super::Rejection::Denied), `Stale`, `Field`.
pub fn set_guide(
    conn: &mut Conn,
    by: By<'_>,
    expected: Expected<'_>,
    command: &SetGuide,
    now: Instant,
) -> VerbResult<()> {
    require(by, Permission::PoliciesManage)?;
    let (before, version) = guide::links(conn)?;
    unchanged(expected, version)?;
    if command.links.len() > MOST_LINKS {
        return Err(refused("links", "too_many_links", command.links.len()).into());
    }
    let link = |link: &SetGuideLink| GuideLink {
        kind: link.kind,
        title: link.title.clone(),
        address: link.address.clone(),
    };
    let links: Vec<GuideLink> = command.links.iter().map(link).collect();
    if links == before {
        return Ok(());
    }
    settled(guide::set(conn, version, &links)?, expected)?;
    let changed = Changed {
        before: GuideFields { links: before },
        after: GuideFields { links },
    };
    let event = AdministrativeEvent::Article(ArticleEvent::GuideChanged(changed));
    publish::administrative(conn, by, event, now)
}
