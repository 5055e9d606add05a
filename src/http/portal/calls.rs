//! Callbacks as pages show them, and what is done with them (M12).

use chrono_tz::Tz;

use super::act::FormPage;
use super::answer::PageResult;
use super::flash::{Done, Flash};
use super::form::Choice;
use super::page_request::PageRequest;
use super::parts::{CallList, CallView, Link, Panel};
use super::render::is_local;
use super::shell::Tone;
use super::sign_in::time_zones;
use super::verbs::{self, CallNow};
use crate::domain::Instant;
use crate::domain::callback::{State, Verb};
use crate::domain::ids::{CallbackId, EscalationRef};
use crate::domain::offers;
use crate::http::problem::Problem;
use crate::input::Patch;
use crate::store::callbacks::{self, CallbackView};
use crate::store::people::Named;
use crate::workflow::callback::{AskCallback, ChangeCallback, ask, change};

/// How near a window has to be to be marked.
const SOON: chrono::TimeDelta = chrono::TimeDelta::hours(4);
/// Stands before a verb of a callback where a page's address names it.
const DO: &str = "call_";
/// What a page's address calls asking for one.
const ASK: &str = "ask_call";

/// The list on `page`: what is still to come first, by its window, then what is over, the latest first. `asked_on` is the page
/// on which the visitor may ask for more. None where there is nothing to show or ask for.
pub(super) fn list<'a>(
    req: &PageRequest,
    callbacks: impl IntoIterator<Item = &'a CallbackView>,
    page: &str,
    asked_on: Option<String>,
) -> Option<CallList> {
    let mut shown: Vec<&CallbackView> = callbacks.into_iter().collect();
    shown.sort_by_key(|view| {
        let callback = &view.callback;
        let settled = callback.settled_at.map(|at| -at.timestamp_micros());
        (settled.is_some(), settled, callback.begins_at)
    });
    let list = CallList {
        items: shown.into_iter().map(|one| view(req, one, page)).collect(),
        add: asked_on.map(|page| format!("{page}?do={ASK}#do")),
    };
    (!list.items.is_empty() || list.add.is_some()).then_some(list)
}

fn view(req: &PageRequest, of: &CallbackView, page: &str) -> CallView {
    let callback = &of.callback;
    let zone = callback.call().window.zone;
    CallView {
        id: callback.id.to_string(),
        phone: callback.phone.clone(),
        tel: tel(&callback.phone),
        begins_at: callback.begins_at,
        ends_at: callback.ends_at,
        local: local(req, callback.begins_at, callback.ends_at, zone),
        state: callback.state.as_str(),
        tone: tone(callback.state, callback.begins_at, req.now),
        owner: of.owner.as_ref().map(|owner| owner.name.clone()),
        note: callback.note.clone().unwrap_or_default(),
        reason: callback.reason.clone().unwrap_or_default(),
        verbs: verbs(req, of, page),
    }
}

/// The address by which a telephone calls a number: its digits, without an extension.
fn tel(phone: &str) -> String {
    let number = phone.split(['x', 'X', '#', ';', 'e', 'E']).next();
    let digits: String = number
        .unwrap_or_default()
        .chars()
        .filter(|c| c.is_ascii_digit() || *c == '+')
        .collect();
    format!("tel:{digits}")
}

/// The window by the clock of whoever is called, where that is another than the reader's; else empty.
pub(super) fn local(req: &PageRequest, begins_at: Instant, ends_at: Instant, zone: Tz) -> String {
    if zone == req.zone() {
        return String::new();
    }
    let times = req.times_of(zone);
    let args = [
        ("from", times.near(begins_at).into()),
        ("until", times.near(ends_at).into()),
        ("zone", times.zone_name().into()),
    ];
    req.words().say("calls-local", &args)
}

/// How pressing a call is.
pub(super) fn tone(state: State, begins_at: Instant, now: Instant) -> Tone {
    match state {
        State::Completed | State::Canceled => Tone::Plain,
        State::Missed => Tone::Late,
        State::Requested | State::Taken if begins_at <= now => Tone::Late,
        State::Requested | State::Taken if begins_at - now <= SOON => Tone::Soon,
        State::Requested | State::Taken => Tone::Plain,
    }
}

fn verbs(req: &PageRequest, of: &CallbackView, page: &str) -> Vec<Link> {
    let words = req.words();
    // Support works on the page of the escalation.
    let page = match req.is_staff() {
        true => format!("/escalations/{}", of.escalation_number),
        false => page.to_owned(),
    };
    let verb = |verb: Verb| {
        let label = words.say_of("callback-verb", verb.as_str(), &[]);
        Link::new(
            label,
            format!("{page}?do={DO}{verb}&callback={}#do", of.callback.id),
        )
    };
    offered(req, of).into_iter().map(verb).collect()
}

fn offered(req: &PageRequest, of: &CallbackView) -> Vec<Verb> {
    let Ok(access) = req.access() else {
        return Vec::new();
    };
    offers::of_callback(&of.callback.call(), of.is_active, access, req.now)
}

/// The panel that asks for a call on an active escalation, or does something with the callback `subject`; nothing if `verb` is
/// no verb of callbacks, or not one for the visitor now.
pub(super) fn panel(
    req: &PageRequest,
    (callbacks, active): (&[CallbackView], Option<&EscalationRef>),
    callers: &[Named],
    (verb, subject): (&str, &str),
    page: &str,
) -> Option<Panel> {
    let words = req.words();
    if verb == ASK {
        let escalation = active?;
        if !offers::asks_for_calls(req.access().ok()?) {
            return None;
        }
        let action = format!("/escalations/{escalation}/callbacks");
        return Some(verbs::ask_call_panel(
            words,
            action,
            page,
            req.zone(),
            time_zones(),
        ));
    }
    let verb: Verb = verb.strip_prefix(DO)?.parse().ok()?;
    let mut all = callbacks.iter();
    let of = all.find(|view| view.callback.id.to_string() == subject)?;
    if !offered(req, of).contains(&verb) {
        return None;
    }
    let callback = &of.callback;
    let (phone, times) = (callback.phone.as_str(), req.times());
    let about = words.say(
        "calls-about",
        &[
            ("phone", phone.into()),
            ("from", times.near(callback.begins_at).into()),
            ("until", times.near(callback.ends_at).into()),
        ],
    );
    let now = CallNow {
        window: callback.call().window,
        note: callback.note.as_deref().unwrap_or_default(),
        about,
        callers: callers
            .iter()
            .map(|person| Choice::new(person.id.to_string(), person.name.clone()))
            .collect(),
    };
    let action = format!("/callbacks/{}", callback.id);
    Some(verbs::call_panel(
        words,
        verb,
        action,
        page,
        now,
        time_zones(),
    ))
}

/// The form that asks for a call, on the page of its escalation or of the case.
struct OnEscalation(EscalationRef);

impl FormPage for OnEscalation {
    async fn done(&self, req: &PageRequest, done: Done) -> PageResult {
        let page = back(req).unwrap_or_else(|| format!("/escalations/{}", self.0));
        Ok(req.go(format!("{page}#calls"), Some(Flash::new(done))))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        super::case_page::escalation_again(req, &self.0, (ASK, ""), Some(problem)).await
    }
}

/// Asks for a call.
pub(super) async fn ask_for(req: PageRequest, escalation: EscalationRef) -> PageResult {
    let page = OnEscalation(escalation);
    req.act(&page, move |conn, by, command: &AskCallback| {
        ask(conn, by.actor, &escalation, command, by.now)?;
        Ok(Done::CallAsked)
    })
    .await
}

/// The form of a callback, on the page from which it was opened.
struct OnCallback(CallbackId);

impl FormPage for OnCallback {
    async fn done(&self, req: &PageRequest, done: Done) -> PageResult {
        let page = match back(req) {
            Some(page) => page,
            None => format!("/escalations/{}", escalation_of(req, self.0).await?),
        };
        Ok(req.go(format!("{page}#calls"), Some(Flash::new(done))))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let escalation = escalation_of(req, self.0).await?;
        let command: Result<ChangeCallback, _> = req.form();
        // What cannot be read at all came from the form that has a window.
        let verb = match command.as_ref().map(ChangeCallback::verb) {
            Ok(Ok(verb)) => verb,
            _ => match req.typed.get("state").and_then(|state| state.parse().ok()) {
                Some(State::Completed) => Verb::Complete,
                Some(State::Missed) => Verb::Miss,
                Some(State::Canceled) => Verb::Cancel,
                _ if req.typed.contains_key("owner") => Verb::Assign,
                _ if req.typed.contains_key("window.from") => Verb::Reschedule,
                _ => Verb::Describe,
            },
        };
        let (verb, id) = (format!("{DO}{verb}"), self.0.to_string());
        super::case_page::escalation_again(req, &escalation, (&verb, &id), Some(problem)).await
    }
}

/// Does what a form of a callback asks for.
pub(super) async fn move_on(req: PageRequest, id: CallbackId) -> PageResult {
    req.act(
        &OnCallback(id),
        move |conn, by, command: &ChangeCallback| {
            change(conn, by.actor, id, None, command, by.now)?;
            Ok(
                match (
                    &command.state,
                    command.owner.is_set(),
                    command.window.is_set(),
                ) {
                    (Patch::Set(State::Completed), ..) => Done::CallCompleted,
                    (Patch::Set(State::Missed), ..) => Done::CallMissed,
                    (Patch::Set(State::Canceled), ..) => Done::CallCanceled,
                    (_, true, _) => Done::CallAssigned,
                    (_, _, true) => Done::CallMoved,
                    (Patch::Set(State::Taken), ..) => Done::CallTaken,
                    _ => Done::CallChanged,
                },
            )
        },
    )
    .await
}

/// The escalation of a callback that exists for the visitor.
async fn escalation_of(req: &PageRequest, id: CallbackId) -> Result<EscalationRef, Problem> {
    let reach = req.access()?.reach();
    req.read(move |conn| {
        let view = callbacks::view(conn, reach, id)?.ok_or_else(Problem::not_found)?;
        Ok(EscalationRef::Number(view.escalation_number))
    })
    .await
}

/// The page that the form names, without its query: not into the panel again, which asked for what is done now.
fn back(req: &PageRequest) -> Option<String> {
    let named = req.typed.get("back").filter(|back| is_local(back))?;
    named.split(['?', '#']).next().map(str::to_owned)
}
