//! Forms as data: a handler says which controls a form has, one template draws them, and a refused form is the same
//! form with what was typed and what is wrong with it.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::once;
use super::said::{fault_said_to_people, said_to_people};
use crate::http::problem::{Code, Problem};
use crate::input::{Declared, Shape, shortened};
use crate::words::Catalogue;

/// What the version is called that a form was made for.
const VERSION: &str = "version";
/// What stands before the name of a field where the form says what stood in it.
const WAS: &str = "was.";
/// In which field a form says that what would follow was seen.
pub(super) const CONFIRMED: &str = "confirmed";
/// How many digits of a hash tell one text from another here.
const DIGITS: usize = 16;

/// A short text that differs for texts that differ; line ends are as browsers send them.
fn fingerprint(text: &str) -> String {
    let hash = Sha256::digest(text.replace("\r\n", "\n").trim());
    let digits = hash.iter().take(DIGITS / 2);
    digits.map(|byte| format!("{byte:02x}")).collect()
}

/// What was typed, as a fingerprint that says of which consequences somebody was told.
pub(super) fn seen(typed: &HashMap<String, String>) -> String {
    let of_pages = |name: &str| {
        [CONFIRMED, once::FIELD, "csrf_token"].contains(&name) || name.starts_with(WAS)
    };
    let fields: BTreeMap<_, _> = typed.iter().filter(|(name, _)| !of_pages(name)).collect();
    let lines = fields
        .iter()
        .map(|(name, value)| format!("{name}={}\n", fingerprint(value)));
    fingerprint(&lines.collect::<String>())
}

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
    /// What would follow, where that is told before it is done.
    pub consequences: Vec<String>,
    /// By what it is known that this was seen.
    pub confirmed: String,
    /// Whether it has rows that come and go. Its first button is then one that is not seen, which the Enter key presses.
    pub reshapes: bool,
    /// What stood in fields that were taken off it: the names and values of hidden fields.
    pub carried: Vec<(String, String)>,
}

/// One thing to fill in.
#[derive(Clone, Debug, Serialize)]
pub struct Control {
    /// How it is drawn and what it takes.
    pub kind: Kind,
    /// Field name.
    pub name: String,
    /// Unique on the page.
    pub id: String,
    /// What it asks.
    pub label: String,
    /// More about it; may be empty.
    pub hint: String,
    /// What stands in it; for a checkbox, what it sends.
    pub value: String,
    /// Whether a checkbox is ticked.
    pub checked: bool,
    /// Whether a checkbox that is not ticked is sent too, as an empty field.
    pub sent_unticked: bool,
    /// Whether it must be filled in.
    pub required: bool,
    /// Longest text, in characters; 0 for no limit.
    pub max: u32,
    /// What can be chosen; empty for free text.
    pub choices: Vec<Choice>,
    /// What a text field suggests; empty for nothing.
    pub suggestions: Vec<String>,
    /// The browser's autocomplete token; empty for none.
    pub autocomplete: &'static str,
    /// What is wrong with it; empty when nothing is.
    pub error: String,
    /// Whether two stand side by side where there is room.
    pub half: bool,
    /// The groups that begin with it, the outer one first.
    pub opens: Vec<Group>,
    /// How many groups end with it.
    pub closes: Vec<()>,
    /// Whether it has the focus when the page opens.
    pub focused: bool,
    /// What stood in it when the page was made, as a fingerprint that is sent along; empty where nobody asks. By it is told
    /// what somebody has typed from what somebody else has changed meanwhile.
    pub was: String,
}

/// What a control takes; those of one line bear the names of the input types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One line.
    Text,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Tel,
    /// A secret line.
    Password,
    /// A whole number.
    Number,
    /// A day.
    Date,
    /// A time of the day.
    Time,
    /// A local date and time, in the reader's zone.
    #[serde(rename = "datetime-local")]
    DateTime,
    /// A short text of several lines.
    Lines,
    /// A long text of several lines, Markdown.
    Area,
    /// One of several, in a list.
    Select,
    /// One of several, all in sight.
    Radio,
    /// A file of this browser's machine; its form is sent in several parts.
    File,
    /// Yes or no.
    Check,
    /// A value that is only carried along.
    Hidden,
    /// A button that changes rows: its value says which, and its hint what they are called.
    Reshape,
}

/// What several controls next to each other are about.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// What it is called.
    pub legend: String,
    /// More about it; may be empty.
    pub hint: String,
    /// Whether its controls follow each other in lines, as ticks do.
    pub inline: bool,
    /// Whether its controls are one line, and its name is only read out.
    pub line: bool,
}

impl Group {
    /// A group of controls that are one line.
    pub fn line(legend: impl Into<String>) -> Self {
        Self {
            line: true,
            ..Self::new(legend)
        }
    }

    fn new(legend: impl Into<String>) -> Self {
        Self {
            legend: legend.into(),
            hint: String::new(),
            inline: false,
            line: false,
        }
    }
}

/// `controls` as a group called `legend`.
pub fn group(legend: impl Into<String>, controls: Vec<Control>) -> Vec<Control> {
    grouped(Group::new(legend), controls)
}

/// The same, with more about it.
pub fn group_with_hint(
    legend: impl Into<String>,
    hint: impl Into<String>,
    controls: Vec<Control>,
) -> Vec<Control> {
    let hint = hint.into();
    grouped(
        Group {
            hint,
            ..Group::new(legend)
        },
        controls,
    )
}

/// `controls` as one line, which is called `legend`.
pub fn line(legend: impl Into<String>, controls: Vec<Control>) -> Vec<Control> {
    grouped(Group::line(legend), controls)
}

/// `ticks` as a group called `legend`, in lines.
pub fn ticks(legend: impl Into<String>, ticks: Vec<Control>) -> Vec<Control> {
    let inline = true;
    grouped(
        Group {
            inline,
            ..Group::new(legend)
        },
        ticks,
    )
}

fn grouped(group: Group, mut controls: Vec<Control>) -> Vec<Control> {
    if let Some(first) = controls.first_mut() {
        first.opens.insert(0, group);
    }
    if let Some(last) = controls.last_mut() {
        last.closes.push(());
    }
    controls
}

/// What has the focus once rows were changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Focus {
    /// The first field of a row.
    Row(String),
    /// The button that does this.
    Button(String),
}

/// One thing that can be chosen.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What it is called.
    pub label: String,
    /// More about it; may be empty.
    pub hint: String,
    /// Whether it is the one chosen.
    pub selected: bool,
}

impl Choice {
    /// A choice of `value`, called `label`.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
            hint: String::new(),
            selected: false,
        }
    }

    /// With more about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

impl Control {
    /// An empty control of `kind`.
    pub fn new(kind: Kind, name: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            id: String::new(),
            label: label.into(),
            hint: String::new(),
            value: if kind == Kind::Check {
                "on".to_owned()
            } else {
                String::new()
            },
            checked: false,
            sent_unticked: false,
            required: false,
            max: 0,
            choices: Vec::new(),
            suggestions: Vec::new(),
            autocomplete: "",
            error: String::new(),
            half: false,
            opens: Vec::new(),
            closes: Vec::new(),
            focused: false,
            was: String::new(),
        }
    }

    /// The control of a field of an input: its kind and its limit are those of the field's type.
    pub fn of(field: Declared, label: impl Into<String>) -> Self {
        let kind = match field.shape {
            Shape::Line(_) | Shape::Other => Kind::Text,
            Shape::Email(_) => Kind::Email,
            Shape::Words(_) => Kind::Lines,
            Shape::Markdown(_) => Kind::Area,
            Shape::Secret(_) => Kind::Password,
            Shape::Choice => Kind::Select,
            Shape::Tick => Kind::Check,
            Shape::Moment => Kind::DateTime,
            Shape::Day => Kind::Date,
        };
        let control = Self {
            required: field.required,
            sent_unticked: kind == Kind::Check,
            ..Self::new(kind, field.name, label)
        };
        match field.shape.longest() {
            Some(longest) => control.longest(longest),
            None => control,
        }
    }

    /// At most so many characters, as a type has it.
    #[must_use]
    pub fn longest(mut self, characters: usize) -> Self {
        self.max = u32::try_from(characters).unwrap_or(u32::MAX);
        self
    }

    /// Drawn in another way than its type is in general.
    #[must_use]
    pub fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// As a field of what `prefix` names, such as `next_steps[0].`.
    #[must_use]
    pub fn within(mut self, prefix: &str) -> Self {
        self.name.insert_str(0, prefix);
        self
    }

    /// With more about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// To be filled in.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// At most `max` characters.
    #[must_use]
    pub fn max(mut self, max: u32) -> Self {
        self.max = max;
        self
    }

    /// With `value` in it; a choice of that value is the chosen one.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        let value = value.into();
        if matches!(self.kind, Kind::Hidden | Kind::Reshape) {
            self.value = value;
        } else {
            self.set(Some(&value));
        }
        self
    }

    /// Ticked or not.
    #[must_use]
    pub fn checked(mut self, checked: bool) -> Self {
        self.checked = checked;
        self
    }

    /// One of `choices`.
    #[must_use]
    pub fn choices(mut self, choices: Vec<Choice>) -> Self {
        self.choices = choices;
        let value = self.value.clone();
        self.set(Some(&value));
        self
    }

    /// Suggesting `suggestions`.
    #[must_use]
    pub fn suggestions(mut self, suggestions: Vec<String>) -> Self {
        self.suggestions = suggestions;
        self
    }

    /// With the browser's autocomplete token.
    #[must_use]
    pub fn autocomplete(mut self, token: &'static str) -> Self {
        self.autocomplete = token;
        self
    }

    /// Side by side with its neighbour where there is room.
    #[must_use]
    pub fn half(mut self) -> Self {
        self.half = true;
        self
    }

    /// What it sends as it stands.
    fn sent(&self) -> &str {
        match self.kind {
            Kind::Check if !self.checked => "",
            _ => &self.value,
        }
    }

    /// What it sends, as people read it.
    fn told(&self) -> String {
        let chosen = self.choices.iter().find(|choice| choice.selected);
        let text = chosen.map_or(self.value.as_str(), |choice| choice.label.as_str());
        shortened(text).into_owned()
    }

    /// Puts in what was typed if that was typed, and leaves what somebody else has changed meanwhile, with a word on it.
    fn merge(&mut self, words: &Catalogue, typed: &HashMap<String, String>) {
        let Some(was) = typed.get(&format!("{WAS}{}", self.name)) else {
            let tells_what_was = typed.keys().any(|name| name.starts_with(WAS));
            // A row that was not there yet when the page was made is theirs.
            if tells_what_was && !self.was.is_empty() && !typed.contains_key(&self.name) {
                if !self.sent().is_empty() {
                    self.error = words.say("changed-meanwhile", &[]);
                }
                return;
            }
            return self.fill(typed);
        };
        let changed = *was != fingerprint(self.sent());
        let mine = typed.get(&self.name).map_or("", String::as_str);
        if fingerprint(mine) == *was {
            if changed {
                self.error = words.say("changed-meanwhile", &[]);
            }
        } else if fingerprint(mine) != fingerprint(self.sent()) {
            let (told, ticks) = (self.told(), self.kind == Kind::Check);
            self.fill(typed);
            if changed && ticks {
                self.error = words.say("changed-otherwise-meanwhile", &[]);
            } else if changed {
                self.error = words.say("changed-to-meanwhile", &[("now", told.into())]);
            }
        }
    }

    /// Puts in what was typed into the field of its name.
    pub(super) fn fill(&mut self, typed: &HashMap<String, String>) {
        self.set(typed.get(&self.name).map(String::as_str));
    }

    /// Puts in what was typed. A secret is never sent back.
    fn set(&mut self, typed: Option<&str>) {
        match self.kind {
            Kind::Check => self.checked = typed == Some(self.value.as_str()),
            // What is carried along is this page's, not what an older one sent; a browser chooses no file by itself.
            Kind::Password | Kind::Hidden | Kind::File | Kind::Reshape => {}
            Kind::Select | Kind::Radio => {
                self.value = typed.unwrap_or_default().to_owned();
                for choice in &mut self.choices {
                    choice.selected = choice.value == self.value;
                }
            }
            _ => self.value = typed.unwrap_or_default().to_owned(),
        }
    }

    /// Says what is wrong with it: the first thing is enough to begin with.
    pub(super) fn refuse(&mut self, why: impl Into<String>) {
        if self.error.is_empty() {
            self.error = why.into();
        }
    }
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
            consequences: Vec::new(),
            confirmed: String::new(),
            carried: Vec::new(),
        }
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
            Some(place) => self.controls[place].refuse(why),
            None => self.problems.push(why.into()),
        }
    }

    /// Whether something is wrong with it.
    pub fn refused(&self) -> bool {
        !self.problems.is_empty()
            || self
                .controls
                .iter()
                .any(|control| !control.error.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_form_that_is_too_old_what_was_typed_is_kept_and_what_others_changed_is_told() {
        let form = |subject: &str, product: &str, priority: &str, version: &str| {
            let choices = [("low", "Low"), ("high", "High")];
            let choices = choices.map(|(value, label)| Choice::new(value, label));
            let controls = vec![
                Control::new(Kind::Lines, "subject", "Subject").value(subject),
                Control::new(Kind::Text, "product", "Product").value(product),
                Control::new(Kind::Select, "priority", "Priority")
                    .choices(choices.into())
                    .value(priority),
                Control::new(Kind::Check, "urgent", "Urgent"),
            ];
            Form::new("edit", "/cases/C-1", "Save", controls).guarded(version)
        };
        let words = Catalogue::load().unwrap();
        let shown = form("One\nline", "Edge", "low", "1");
        let mut typed: HashMap<String, String> = HashMap::new();
        for control in &shown.controls {
            typed.insert(control.name.clone(), control.sent().replace('\n', "\r\n"));
            typed.insert(format!("was.{}", control.name), control.was.clone());
        }
        typed.insert("product".to_owned(), "Router".to_owned());
        typed.insert("urgent".to_owned(), "on".to_owned());

        // Somebody else has raised the priority and named another product.
        let stale = Problem::new(Code::StaleVersion).with("version", 2);
        let again = form("One\nline", "Switch", "high", "2").refused_for(&words, &typed, &stale);
        let [version, subject, product, priority, urgent] = &again.controls[..] else {
            panic!("five controls");
        };
        assert_eq!(version.value, "2");
        assert_eq!(
            (subject.value.as_str(), subject.error.as_str()),
            ("One\nline", "")
        );
        assert_eq!(product.value, "Router");
        assert!(product.error.contains("Switch"), "{}", product.error);
        assert!(priority.value == "high" && priority.choices[1].selected);
        assert!(!priority.error.is_empty());
        assert!(urgent.checked && urgent.error.is_empty());
        // What is sent next is measured against what is so now.
        assert_eq!(priority.was, fingerprint("high"));

        // For any other reason the form stays that of the version it was made for, so that the change is found then.
        let invalid = Problem::new(Code::ValidationFailed);
        let again = form("One\nline", "Switch", "high", "2").refused_for(&words, &typed, &invalid);
        assert_eq!(again.controls[0].value, "1");
        assert_eq!(again.controls[3].value, "low");
        assert_eq!(again.controls[3].was, fingerprint("low"));
    }

    #[test]
    fn a_refused_form_keeps_what_was_typed() {
        let controls = vec![
            Control::new(Kind::Text, "subject", "Subject").required(),
            Control::new(Kind::Password, "password", "Password"),
            Control::new(Kind::Check, "ack.unread_update", "I have read it"),
            Control::new(Kind::Select, "priority", "Priority")
                .choices(vec![
                    Choice::new("low", "Low"),
                    Choice::new("medium", "Medium"),
                ])
                .value("low"),
        ];
        let typed = [
            ("subject", "x"),
            ("password", "secret"),
            ("ack.unread_update", "on"),
            ("priority", "medium"),
        ];
        let typed = typed
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let mut form = Form::new("open", "/cases", "Open", controls).filled(&typed);
        assert!(!form.refused());
        form.refuse("subject", "too short");
        form.refuse("", "sign in again");
        assert!(form.refused());
        assert_eq!(form.controls[0].value, "x");
        assert_eq!(form.controls[0].error, "too short");
        assert_eq!(form.controls[1].value, "");
        assert!(form.controls[2].checked);
        assert_eq!(form.controls[2].id, "open-ack-unread-update");
        assert!(form.controls[3].choices[1].selected && !form.controls[3].choices[0].selected);
        assert_eq!(form.problems, ["sign in again"]);
    }
}
