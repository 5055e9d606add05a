//! *Before you escalate*: the findings of all reasons as a list of what holds and what does not, with the clocks drawn.

use super::admin::calendars::track;
use super::case::{Check, CheckItem, Checklist};
use super::parts::Link;
use crate::domain::calendar::Replay;
use crate::domain::case::{Priority, StepState};
use crate::domain::eligibility::{Assessment, CaseFacts, Finding, FindingCode, Policy};
use crate::words::Catalogue;
use crate::words::assessment::sentence;
use crate::words::time::duration;

/// What the list is made from.
#[derive(Clone, Copy, Debug)]
pub struct Readiness<'a> {
    /// The case.
    pub facts: &'a CaseFacts,
    /// The figures of the criteria.
    pub policy: &'a Policy,
    /// Its assessments for all reasons.
    pub assessments: &'a [Assessment],
    /// The window since support's last update, where the case must wait for one.
    pub staleness: Option<&'a Replay>,
    /// The window of the root cause analysis, where one is requested.
    pub rca: Option<&'a Replay>,
    /// Whether a higher priority is asked for and not decided on.
    pub priority_asked: bool,
}

/// The list, in the order of the rules.
pub fn checklist(words: &Catalogue, of: &Readiness<'_>) -> Checklist {
    let items = [
        Some(is_open(words, of)),
        Some(is_grave(words, of)),
        Some(is_alone(words, of)),
        staleness(words, of),
        rca(words, of),
        promises(words, of),
    ];
    let mut items: Vec<_> = items.into_iter().flatten().collect();
    // One line about the update is enough.
    let update = of
        .finding(FindingCode::UnreadUpdate)
        .or(of.finding(FindingCode::ProviderUpdatedRecently));
    let others = [
        FindingCode::AwaitingYourInformation,
        FindingCode::ThirdPartyEngaged,
    ];
    let codes = update.map(|finding| finding.code).into_iter().chain(others);
    items.extend(codes.filter_map(|code| note(words, of, code)));
    let folded = of.finding(FindingCode::ActiveEscalation).is_some();
    Checklist { items, folded }
}

impl<'a> Readiness<'a> {
    fn finding(&self, code: FindingCode) -> Option<&'a Finding> {
        let mut all = self
            .assessments
            .iter()
            .flat_map(|assessment| &assessment.findings);
        all.find(|finding| finding.code == code)
    }

    fn remedy(&self, words: &Catalogue, code: FindingCode) -> Option<Link> {
        let finding = self.finding(code)?;
        let remedy = finding.remedy?;
        let href = remedy.href(self.facts.number, &finding.facts)?;
        Some(Link::new(
            words.say_of("remedy", remedy.as_str(), &[]),
            href,
        ))
    }
}

fn item(state: Check, text: String) -> CheckItem {
    CheckItem {
        state,
        text,
        detail: String::new(),
        remedy: None,
        track: None,
    }
}

fn is_open(words: &Catalogue, of: &Readiness<'_>) -> CheckItem {
    match of.finding(FindingCode::CaseClosed) {
        None => item(Check::Done, words.say("check-open", &[])),
        Some(_) => CheckItem {
            remedy: of.remedy(words, FindingCode::CaseClosed),
            detail: words.say(
                "check-closed-call",
                &[("phone", words.support_phone().into())],
            ),
            ..item(Check::Blocked, words.say("check-closed", &[]))
        },
    }
}

/// Priority, and impact where the priority asks for it.
fn is_grave(words: &Catalogue, of: &Readiness<'_>) -> CheckItem {
    let priority = words.say_of("priority-chip", of.facts.priority.as_str(), &[]);
    let low = FindingCode::LowPriority;
    let harmless = FindingCode::ImpactNotSignificant;
    let impact = words.say_of("check-impact", of.facts.business_impact.as_str(), &[]);
    let both = words.say(
        "check-grave",
        &[
            ("priority", priority.clone().into()),
            ("impact", impact.into()),
        ],
    );
    if let Some(finding) = of.finding(low) {
        let text = words.say("check-low", &[("priority", priority.into())]);
        match of.priority_asked {
            true => CheckItem {
                detail: words.say("check-priority-asked", &[]),
                ..item(Check::Waiting, text)
            },
            false => CheckItem {
                detail: sentence(words, finding, first_at(of)),
                remedy: of.remedy(words, low),
                ..item(Check::Blocked, text)
            },
        }
    } else if of.finding(harmless).is_some() {
        let detail = words.say("check-impact-needed", &[]);
        CheckItem {
            detail,
            remedy: of.remedy(words, harmless),
            ..item(Check::Blocked, both)
        }
    } else if of.facts.priority >= of.policy.staleness_wait_from {
        item(Check::Done, both)
    } else {
        item(Check::Done, priority)
    }
}

fn is_alone(words: &Catalogue, of: &Readiness<'_>) -> CheckItem {
    let code = FindingCode::ActiveEscalation;
    match of.finding(code) {
        None => item(Check::Done, words.say("check-none-active", &[])),
        Some(finding) => {
            let text = match finding
                .facts
                .get("number")
                .and_then(|number| number.as_str())
            {
                Some(number) => words.say("check-active", &[("number", number.into())]),
                None => words.say("check-one-active", &[]),
            };
            CheckItem {
                remedy: of.remedy(words, code),
                ..item(Check::Blocked, text)
            }
        }
    }
}

fn staleness(words: &Catalogue, of: &Readiness<'_>) -> Option<CheckItem> {
    if of.facts.priority < of.policy.minimum_priority {
        return None;
    }
    let Some(replay) = of.staleness else {
        let text = words.say(
            "check-no-wait",
            &[("priority", priority_word(words, of.facts.priority).into())],
        );
        return Some(item(Check::Done, text));
    };
    let hours = i64::from(of.policy.staleness_hours);
    let text = words.say("check-stale", &[("hours", hours.into())]);
    let passed = duration(words, replay.at - replay.from);
    let detail = words.say("check-so-far", &[("passed", passed.into())]);
    if of.finding(FindingCode::RecentlyUpdated).is_none() {
        return Some(CheckItem {
            detail,
            ..item(Check::Done, text)
        });
    }
    let whole = duration(words, replay.due_at - replay.from);
    let label = words.say(
        "check-of",
        &[("passed", detail.clone().into()), ("whole", whole.into())],
    );
    let track = Some(track(words, replay, replay.at, label, String::new()));
    Some(CheckItem {
        detail,
        track,
        ..item(Check::Waiting, text)
    })
}

fn rca(words: &Catalogue, of: &Readiness<'_>) -> Option<CheckItem> {
    let replay = of
        .rca
        .filter(|_| of.facts.rca.is_some_and(|rca| rca.delivered_at.is_none()))?;
    let days = ("days", replay.window.into());
    let Some(finding) = of.finding(FindingCode::RcaWindow) else {
        return Some(item(Check::Done, words.say("check-rca-overdue", &[days])));
    };
    let detail = words.say(
        "check-rca-so-far",
        &[("counted", replay.counted.into()), days.clone()],
    );
    let track = Some(track(
        words,
        replay,
        replay.at,
        sentence(words, finding, replay.at),
        String::new(),
    ));
    Some(CheckItem {
        detail,
        track,
        ..item(Check::Waiting, words.say("check-rca", &[days]))
    })
}

fn promises(words: &Catalogue, of: &Readiness<'_>) -> Option<CheckItem> {
    let live = of
        .facts
        .promises
        .iter()
        .any(|promise| promise.state != StepState::Done);
    live.then(|| match of.finding(FindingCode::CommitmentNotDue) {
        None => item(Check::Done, words.say("check-promise-broken", &[])),
        Some(finding) => CheckItem {
            detail: sentence(words, finding, first_at(of)),
            ..item(Check::Waiting, words.say("check-promise", &[]))
        },
    })
}

fn note(words: &Catalogue, of: &Readiness<'_>, code: FindingCode) -> Option<CheckItem> {
    let finding = of.finding(code)?;
    let text = sentence(words, finding, first_at(of));
    Some(CheckItem {
        remedy: of.remedy(words, code),
        ..item(Check::Note, text)
    })
}

fn first_at(of: &Readiness<'_>) -> crate::domain::Instant {
    of.assessments
        .first()
        .map_or(of.facts.opened_at, |assessment| assessment.at)
}

fn priority_word(words: &Catalogue, priority: Priority) -> String {
    words.say_of("priority-in", priority.as_str(), &[])
}
