//! Forms as data: a handler says which controls a form has, one template draws them, and a refused form is the same
//! form with what was typed and what is wrong with it.

mod control;
mod fingerprints;
mod grouping;
mod languages;
mod merge;

use std::collections::HashMap;

use serde::Serialize;

use super::file_view::{Attach, FileView};
use super::said::{fault_said_to_people, said_to_people};
use crate::http::problem::{Code, Problem};
use crate::words::Catalogue;
use crate::workflow::attachments::FIELD;

pub use control::{Choice, Control, Group, Kind, words_of};
pub(super) use fingerprints::{CONFIRMED, seen};
use fingerprints::{WAS, fingerprint};
pub use grouping::{group, group_with_hint, line, ticks};
pub use languages::language;

/// What the version is called that a form was made for.
const VERSION: &str = "version";

/// A form that changes something (or, for the first steps of some, only asks).
#[derive(Clone, Debug, Serialize)]
pub struct Form {
    /// Unique on the page; ids of its controls start with it.
    pub id: &'static str,
    /// Where it is sent.
    pub action: String,
    /// Its controls, in order.
    pub controls: Vec<Control>,
    /// What the button says: a verb.
    pub button: String,
    /// Whether it takes something away from somebody, which its button shows.
    pub takes: bool,
    /// What is wrong with the whole of it.
    pub problems: Vec<String>,
    /// What is wrong with its fields, for the summary at its head: where each is on the page, and what it says.
    pub faults: Vec<(String, String)>,
    /// What would follow, where that is told before it is done.
    pub consequences: Vec<String>,
    /// By what it is known that this was seen.
    pub confirmed: String,
    /// Whether it has rows that come and go. Its first button is then one that is not seen, which the Enter key presses.
    pub reshapes: bool,
    /// Where files to attach are chosen, if it takes any. It is then sent in several parts.
    pub attach: Option<Attach>,
    /// Whether what is typed into it is kept until it is sent.
    pub keeps: bool,
    /// What stood in fields that were taken off it: the names and values of hidden fields.
    pub carried: Vec<(String, String)>,
}

/// What is wrong with what was sent, for the summary at the head of a page or a part of it that has no [`Form`] to say so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Wrong {
    /// What is wrong with the whole of it.
    pub problems: Vec<String>,
    /// What is wrong with its fields: where each is on the page, and what it says.
    pub faults: Vec<(String, String)>,
}

impl Wrong {
    /// That `problem` is wrong with the whole of it.
    pub fn whole(problem: impl Into<String>) -> Self {
        Self {
            problems: vec![problem.into()],
            ..Self::default()
        }
    }

    /// That the element `id` of the page is wrong.
    pub fn at(id: &str, why: impl Into<String>) -> Self {
        let mut wrong = Self::default();
        wrong.add(Some(id), why);
        wrong
    }

    /// One thing more: at the element `id` of the page, or with the whole of it.
    pub fn add(&mut self, id: Option<&str>, why: impl Into<String>) {
        match id {
            Some(id) => self.faults.push((format!("#{id}"), why.into())),
            None => self.problems.push(why.into()),
        }
    }
}

/// What has the focus once rows were changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Focus {
    /// The first field of a row.
    Row(String),
    /// The button that does this.
    Button(String),
}

/// Everything that a problem says is wrong: the name of a control and why, or no name and why for the whole form.
pub(super) fn faults(words: &Catalogue, problem: &Problem, mut refuse: impl FnMut(&str, String)) {
    for error in problem.errors() {
        refuse(error.field(), fault_said_to_people(words, error));
    }
    if problem.errors().is_empty() {
        refuse("", said_to_people(words, problem));
    }
}

impl Form {
    /// A form with `controls`, sent to `action`.
    pub fn new(
        id: &'static str,
        action: impl Into<String>,
        button: impl Into<String>,
        mut controls: Vec<Control>,
    ) -> Self {
        for control in &mut controls {
            // Buttons of one name are told apart by what they do.
            let called = match control.kind {
                Kind::Reshape => &control.value,
                _ => &control.name,
            };
            let called = called.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
            control.id = format!("{id}-{called}");
        }
        let is_reshaping = |control: &Control| control.kind == Kind::Reshape;
        Self {
            id,
            action: action.into(),
            reshapes: controls.iter().any(is_reshaping),
            controls,
            button: button.into(),
            takes: false,
            problems: Vec::new(),
            faults: Vec::new(),
            consequences: Vec::new(),
            confirmed: String::new(),
            attach: None,
            keeps: false,
            carried: Vec::new(),
        }
    }

    /// The form as one that takes files to attach, which a script sends to `upload`.
    #[must_use]
    pub(super) fn attaching(mut self, upload: String) -> Self {
        self.attach = Some(Attach::new(self.id, upload));
        self
    }

    /// The form with files that are here already, and attached to nothing yet.
    #[must_use]
    pub(super) fn holding(mut self, files: Vec<FileView>) -> Self {
        if let Some(attach) = &mut self.attach {
            attach.files = files;
        }
        self
    }

    /// The form as one that takes something away from somebody.
    #[must_use]
    pub fn taking(mut self) -> Self {
        self.takes = true;
        self
    }

    /// The form as one for what is at this version: it tells, when it is sent, what was changed in it (see [`Control::was`]).
    #[must_use]
    pub fn guarded(mut self, version: impl ToString) -> Self {
        let version = Control::new(Kind::Hidden, VERSION, "").value(version.to_string());
        self.controls.insert(0, version);
        for control in &mut self.controls {
            if !matches!(
                control.kind,
                Kind::Hidden | Kind::Password | Kind::File | Kind::Reshape
            ) {
                control.was = fingerprint(control.sent());
            }
        }
        self
    }

    /// What was typed, put into the form that shows what is so now. If somebody has changed that meanwhile, each field says
    /// so, and what was not touched is as they left it; otherwise what was typed still belongs to the version that it was
    /// typed for, so that a change which comes in between is found.
    pub(super) fn again(
        mut self,
        words: &Catalogue,
        typed: &HashMap<String, String>,
        problem: &Problem,
    ) -> Self {
        if problem.code() == Code::StaleVersion {
            for control in &mut self.controls {
                control.merge(words, typed);
            }
            return self;
        }
        self.with_what_was_typed(typed)
    }

    /// The form as it was typed, for the version that it was typed for.
    pub(super) fn with_what_was_typed(self, typed: &HashMap<String, String>) -> Self {
        let mut form = self.filled(typed);
        for control in &mut form.controls {
            let sent = match control.kind {
                Kind::Hidden if control.name == VERSION => typed.get(VERSION),
                _ => None,
            };
            if let Some(sent) = sent {
                control.value.clone_from(sent);
            }
            if let Some(was) = typed.get(&format!("{WAS}{}", control.name)) {
                control.was.clone_from(was);
            }
        }
        // Of a row that was taken off the page it is still told if somebody else changes it.
        let is_shown = |name: &str| form.controls.iter().any(|control| control.name == name);
        let gone = |(name, was): (&String, &String)| {
            let of = name.strip_prefix(WAS)?;
            (!is_shown(of)).then(|| (name.clone(), was.clone()))
        };
        let mut carried: Vec<_> = typed.iter().filter_map(gone).collect();
        carried.sort_unstable();
        form.carried = carried;
        form
    }

    /// The form with the focus where rows were changed.
    #[must_use]
    pub(super) fn focused(mut self, focus: &Focus) -> Self {
        let is_it = |control: &&mut Control| match focus {
            Focus::Row(row) => control.kind != Kind::Hidden && control.name.starts_with(row),
            Focus::Button(act) => control.kind == Kind::Reshape && control.value == *act,
        };
        if let Some(control) = self.controls.iter_mut().find(is_it) {
            control.focused = true;
        }
        self
    }

    /// The form as it was typed, with what would follow; sent once more, it says that this was seen.
    #[must_use]
    pub fn foreseen(
        self,
        words: &Catalogue,
        typed: &HashMap<String, String>,
        consequences: Vec<String>,
    ) -> Self {
        Self {
            consequences,
            confirmed: seen(typed),
            button: words.say("form-confirm-button", &[]),
            ..self.with_what_was_typed(typed)
        }
    }

    /// The form as it was typed.
    #[must_use]
    pub fn filled(mut self, typed: &HashMap<String, String>) -> Self {
        for control in &mut self.controls {
            control.fill(typed);
        }
        self
    }

    /// The form again: what was typed, and what is wrong with it.
    #[must_use]
    pub fn refused_for(
        self,
        words: &Catalogue,
        typed: &HashMap<String, String>,
        problem: &Problem,
    ) -> Self {
        let mut form = self.again(words, typed, problem);
        faults(words, problem, |name, why| form.refuse(name, why));
        form
    }

    /// Says what is wrong with the control `name` (or with the first of its parts, `name.part`, or with the list whose item it
    /// is, `name[1]`), or with the whole form when it has none of that name.
    pub fn refuse(&mut self, name: &str, why: impl Into<String>) {
        let list = name.split('[').next().unwrap_or(name);
        let why: String = why.into();
        if let (FIELD, Some(attach)) = (list, &mut self.attach) {
            self.faults.push((format!("#{}", attach.id), why.clone()));
            attach.error = why;
            return;
        }
        let seen = |named: &dyn Fn(&str) -> bool| {
            let mut controls = self.controls.iter();
            controls.position(|control| {
                !matches!(control.kind, Kind::Hidden | Kind::Reshape) && named(&control.name)
            })
        };
        // Of a row of several, so that it is seen which; a fault of all ticks of a form is the form's.
        let part = |control: &str| {
            let rest = control.strip_prefix(name);
            name.contains('[') && rest.is_some_and(|rest| rest.starts_with('.'))
        };
        let found = seen(&|control| control == name)
            .or_else(|| seen(&part))
            .or_else(|| seen(&|control| control == list));
        match found {
            Some(place) => {
                let control = &mut self.controls[place];
                self.faults.extend(control.refused_for(&why));
            }
            None => self.problems.push(why),
        }
    }

    /// Whether something is wrong with it.
    pub fn refused(&self) -> bool {
        !self.problems.is_empty()
            || (self.attach.as_ref()).is_some_and(|attach| !attach.error.is_empty())
            || self
                .controls
                .iter()
                .any(|control| !control.error.is_empty())
    }
}

#[cfg(test)]
mod tests;
