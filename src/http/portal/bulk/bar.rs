//! What can be chosen for the rows of a list that are ticked.

use super::{ActBar, Acts, CHANGE, NOBODY};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission::{CasesWork, EscalationsReview};
use crate::domain::access::{Access, Permission};
use crate::domain::bulk::{CallbackAct, EscalationAct, statuses};
use crate::domain::case::{Priority, Status};
use crate::domain::offers::CaseVerb;
use crate::domain::saved_filter::FilteredList;
use crate::http::portal::form::{Choice, Control, Form, Kind};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::Link;
use crate::http::problem::Problem;
use crate::input::Declared;
use crate::store::people::Named;
use crate::store::{lines, staff};
use crate::words::Catalogue;
use crate::workflow::bulk::{BulkCallbacks, BulkChange, BulkClosing, BulkEscalations};

/// What an act bar offers to choose from.
#[derive(Clone, Debug, Default)]
pub(in crate::http::portal) struct Offered {
    people: Vec<Choice>,
    lines: Vec<Choice>,
    /// Whether cases are changed.
    changes: bool,
    /// Whether cases are closed.
    closes: bool,
    escalations: Vec<EscalationAct>,
    calls: Vec<CallbackAct>,
}

impl Offered {
    fn is_any(&self) -> bool {
        self.changes || self.closes || !self.escalations.is_empty() || !self.calls.is_empty()
    }
}

/// What can be chosen for the rows of a list by somebody; none where they do nothing with several rows.
///
/// # Errors
/// Database errors.
pub(in crate::http::portal) fn offered(
    conn: &mut Conn,
    access: &Access,
    list: FilteredList,
    now: Instant,
) -> Result<Option<Offered>, Problem> {
    let offered = match list {
        FilteredList::Cases => {
            let changes = access.can(CasesWork);
            Offered {
                people: people(conn, changes.then_some(CasesWork), now)?,
                lines: match changes {
                    true => lines_of(conn)?,
                    false => Vec::new(),
                },
                changes,
                closes: access.can(CaseVerb::Close.permission()),
                ..Offered::default()
            }
        }
        FilteredList::Escalations => {
            let acts = EscalationAct::ALL.iter().copied();
            let acts: Vec<_> = acts.filter(|act| access.can(act.permission())).collect();
            let assigns = acts.contains(&EscalationAct::Assign);
            Offered {
                people: people(conn, assigns.then_some(EscalationsReview), now)?,
                escalations: acts,
                ..Offered::default()
            }
        }
        FilteredList::Callbacks => {
            let acts = CallbackAct::ALL.iter().copied();
            let acts: Vec<_> = acts.filter(|act| access.can(act.permission())).collect();
            let assigns = acts.contains(&CallbackAct::Assign);
            Offered {
                people: people(conn, assigns.then_some(EscalationsReview), now)?,
                calls: acts,
                ..Offered::default()
            }
        }
    };
    Ok(offered.is_any().then_some(offered))
}

/// The staff who hold a permission, as choices; nobody where there is nobody to choose.
fn people(
    conn: &mut Conn,
    permission: Option<Permission>,
    now: Instant,
) -> Result<Vec<Choice>, Problem> {
    let Some(permission) = permission else {
        return Ok(Vec::new());
    };
    let staff = staff::who(conn, permission, now)?;
    let choice = |person: &Named| Choice::new(person.id.to_string(), person.name.clone());
    Ok(staff.iter().map(choice).collect())
}

/// One line is no choice.
fn lines_of(conn: &mut Conn) -> Result<Vec<Choice>, Problem> {
    let lines = lines::all(conn)?;
    if lines.len() < 2 {
        return Ok(Vec::new());
    }
    let choice = |line: lines::Line| Choice::new(line.id.to_string(), line.name);
    Ok(lines.into_iter().map(choice).collect())
}

/// The bar under a list that has `rows` on its page.
pub(in crate::http::portal) fn bar(
    req: &PageRequest,
    list: FilteredList,
    offered: Option<Offered>,
    rows: usize,
) -> Option<ActBar> {
    let offered = offered.filter(|_| rows > 0)?;
    let words = req.words();
    let acts = match list {
        FilteredList::Cases if offered.changes => Acts::Changing,
        FilteredList::Cases => Acts::Closing,
        FilteredList::Escalations => Acts::Escalations,
        FilteredList::Callbacks => Acts::Callbacks,
    };
    let closes = offered.closes && acts == Acts::Changing;
    let button = match acts {
        Acts::Closing => words.say("bulk-close", &[]),
        Acts::Changing | Acts::Escalations | Acts::Callbacks => words.say("bulk-look", &[]),
    };
    let controls = match acts {
        // The last word is asked for beside what would follow.
        Acts::Closing => Vec::new(),
        Acts::Changing | Acts::Escalations | Acts::Callbacks => controls(words, acts, offered),
    };
    let form = Form::new("act", acts.action(), button, controls);
    Some(ActBar {
        action: form.action,
        controls: form.controls,
        button: form.button,
        close: closes.then(|| Link::new(words.say("bulk-close", &[]), Acts::Closing.action())),
        all: req.here("choose", Some("page")),
        rows,
        ticked: req.asked("choose") == Some("page"),
        back: req.here("choose", None),
    })
}

/// Choices for the values of a closed enum, in the words of `family`.
fn choices(words: &Catalogue, family: &str, values: &[&str]) -> Vec<Choice> {
    let choice = |value: &&str| Choice::new(*value, words.say_of(family, value, &[]));
    values.iter().map(choice).collect()
}

/// One of several values, or things as they are.
fn select(words: &Catalogue, name: &str, label: &str, choices: Vec<Choice>) -> Control {
    let stays = Choice::new("", words.say("bulk-stays", &[]));
    Control::new(Kind::Select, name, words.say_of("label", label, &[]))
        .half()
        .choices([vec![stays], choices].concat())
        .value("")
}

/// What is done. Where there are several acts, none is chosen before somebody does.
fn act(words: &Catalogue, name: &str, acts: Vec<Choice>) -> Control {
    let is_one = acts.len() == 1;
    let control = Control::new(Kind::Select, name, words.say("bulk-act-label", &[]));
    let control = control.half().required().choices(acts);
    match is_one {
        true => control,
        false => control.unchosen(words.say("access-choose", &[])),
    }
}

/// The last word on cases that are closed.
pub(super) fn last_word(words: &Catalogue) -> Control {
    let label = words.say_of("label", "closing-note", &[]);
    Control::of(BulkClosing::note(), label)
        .hint(words.say("bulk-close-note-hint", &[]))
        .kind(Kind::Lines)
}

/// The controls of what is done, each of which leaves things as they are unless something is chosen.
pub(super) fn controls(words: &Catalogue, acts: Acts, offered: Offered) -> Vec<Control> {
    match acts {
        Acts::Changing => {
            let within = |field: Declared| format!("{CHANGE}{}", field.name);
            let nobody = Choice::new(NOBODY, words.say("nobody", &[]));
            let owners = [vec![nobody], offered.people].concat();
            let lawful: Vec<_> = statuses().map(Status::as_str).collect();
            let statuses = choices(words, "status", &lawful);
            let priorities = choices(words, "priority", Priority::NAMES);
            let mut controls = vec![
                select(words, &within(BulkChange::owner()), "owner", owners),
                select(words, &within(BulkChange::status()), "status", statuses),
                select(
                    words,
                    &within(BulkChange::priority()),
                    "priority",
                    priorities,
                ),
            ];
            if !offered.lines.is_empty() {
                let name = within(BulkChange::line_of_business());
                controls.push(select(words, &name, "line-of-business", offered.lines));
            }
            controls
        }
        Acts::Closing => vec![last_word(words)],
        Acts::Escalations => {
            let names: Vec<_> = offered.escalations.iter().map(|act| act.as_str()).collect();
            let acts = choices(words, "bulk-act", &names);
            let mut controls = vec![act(words, BulkEscalations::act().name, acts)];
            if !offered.people.is_empty() {
                let name = BulkEscalations::owner().name;
                controls.push(select(words, name, "owner", offered.people));
            }
            controls
        }
        Acts::Callbacks => {
            let names: Vec<_> = offered.calls.iter().map(|act| act.as_str()).collect();
            let acts = choices(words, "bulk-call-act", &names);
            let mut controls = vec![act(words, BulkCallbacks::act().name, acts)];
            if !offered.people.is_empty() {
                let name = BulkCallbacks::owner().name;
                controls.push(select(words, name, "caller", offered.people));
            }
            if offered.calls.iter().any(|act| act.takes_words()) {
                let label = words.say("bulk-call-note", &[]);
                let note = Control::of(BulkCallbacks::note(), label);
                controls.push(note.hint(words.say("bulk-call-note-hint", &[])));
            }
            controls
        }
    }
}
