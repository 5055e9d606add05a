//! The buttons of a case page that ask for nothing first: what one is told of each feed (F7), and taking the case.

use super::{CaseRecord, TakeView};
use crate::domain::access::{CaseField, Permission};
use crate::domain::feed::Feed;
use crate::domain::ids::CaseRef;
use crate::domain::notice::{Delivery, Stance};
use crate::domain::offers::CaseVerb;
use crate::http::portal::act::FormPage;
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::my_notices;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{FollowChoice, FollowView, Link};
use crate::http::portal::render::is_local;
use crate::http::problem::Problem;
use crate::workflow::following::{ChooseFollowing, choose_following, name_of};
use crate::workflow::update_case::{TakeCase, take_case};

/// What the visitor is told of a feed on `page`; nothing for who may not read it, or has no say in it.
pub(in crate::http::portal) fn follow_view(
    req: &PageRequest,
    record: &CaseRecord,
    feed: Feed,
    page: &str,
) -> Option<FollowView> {
    let words = req.words();
    let hearing = record.following.of(feed)?;
    let of = match feed {
        Feed::Case => words.say("case-feed-title", &[]),
        Feed::Escalation => words.say("escalation-feed-title", &[]),
    };
    let choice = |stance: Stance, label: String| FollowChoice {
        name: name_of(feed),
        value: stance,
        aria: words.say(
            "follow-choice",
            &[
                ("choice", label.clone().into()),
                ("feed", of.clone().into()),
            ],
        ),
        label,
    };
    let follow = || choice(Stance::Follow, words.say("follow-follow", &[]));
    let mute = || choice(Stance::Mute, words.say("follow-mute", &[]));
    let stop = || choice(Stance::Default, words.say("follow-stop", &[]));
    let unmute = || choice(Stance::Default, words.say("follow-unmute", &[]));
    let settings = || Link::new(words.say("unsubscribe-choose", &[]), my_notices::ADDRESS);
    let (text, choice, link) = match (hearing.stance, hearing.because) {
        (Stance::Mute, _) => (words.say("follow-muted", &[]), Some(unmute()), None),
        (_, Some(_)) if hearing.delivery == Delivery::None => {
            (words.say("follow-off", &[]), None, Some(settings()))
        }
        (stance, Some(because)) => {
            let text = words.say_of("follow-because", because.as_str(), &[]);
            let follows = stance == Stance::Follow;
            (text, Some(if follows { stop() } else { mute() }), None)
        }
        (Stance::Follow, None) => (words.say("follow-not", &[]), Some(stop()), None),
        (Stance::Default, None) if hearing.may_follow => {
            (words.say("follow-not", &[]), Some(follow()), None)
        }
        (Stance::Default, None) => return None,
    };
    let anchor = match feed {
        Feed::Case => "case-feed",
        Feed::Escalation => "escalation-feed",
    };
    Some(FollowView {
        action: format!("{}/following", record.page()),
        back: format!("{page}#{anchor}"),
        text,
        choice,
        link,
    })
}

/// A button on the page of a case: nothing is typed that could be shown again.
struct Button(CaseRef);

impl FormPage for Button {
    async fn done(&self, req: &PageRequest, done: Done) -> PageResult {
        let back = req.typed.get("back").filter(|back| is_local(back));
        let page = back.map_or_else(|| format!("/cases/{}", self.0), Clone::clone);
        Ok(req.go(page, Some(Flash::new(done))))
    }

    async fn refused(&self, _: &PageRequest, problem: Problem) -> PageResult {
        Err(problem.into())
    }
}

pub(super) async fn choose(req: PageRequest, case: CaseRef) -> PageResult {
    let page = Button(case);
    req.act(&page, move |conn, by, command: &ChooseFollowing| {
        choose_following(conn, by.actor, &case, command, by.now)?;
        Ok(Done::FollowingChosen)
    })
    .await
}

pub(super) async fn take(req: PageRequest, case: CaseRef) -> PageResult {
    let page = Button(case);
    req.act(&page, move |conn, by, command: &TakeCase| {
        take_case(conn, by.actor, &case, command, by.now)?;
        Ok(Done::CaseTaken)
    })
    .await
}

/// The button with which the visitor takes the case; nothing for who may not, or has it.
pub(super) fn take_view(req: &PageRequest, record: &CaseRecord) -> Option<TakeView> {
    let (access, case) = (req.access().ok()?, &record.view.case);
    let may = access.can(Permission::CasesWork)
        && access.may_change(CaseField::Owner).is_ok()
        && record.takes(access, CaseVerb::Edit);
    (may && case.owner_id != Some(access.person)).then(|| TakeView {
        action: format!("{}/take", record.page()),
        from: case
            .owner_id
            .map(|owner| owner.to_string())
            .unwrap_or_default(),
    })
}
