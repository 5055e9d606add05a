//! My cases: the list with its filters, and the form that opens one.

mod handlers;

use serde::Serialize;

use super::bulk::ActBar;
use super::columns::ColumnsView;
use super::form::{Choice, Control, Form, Kind, words_of};
use super::help::announcements::Announced;
use super::help::suggested::Suggested;
use super::list::{Filters, Head};
use super::parts::Pager;
use super::saved::SavedFilters;
use crate::domain::Instant;
use crate::domain::case::{BusinessImpact, Channel, Deployment, Priority, Status};
use crate::domain::list_columns::Columns;
use crate::words::Catalogue;
use crate::workflow::open_case::OpenCase;

pub(super) use handlers::{customers, routes};

/// The list of cases.
#[derive(Clone, Debug, Serialize)]
pub struct CasesPage {
    /// What support announces and the reader has not read.
    pub announced: Vec<Announced>,
    /// What is searched for, status, priority and so on.
    pub filters: Filters,
    /// Filters that were saved.
    pub saved: SavedFilters,
    /// The form by which the columns are chosen.
    pub columns: ColumnsView,
    /// Which are shown.
    pub shown: ShownOfCases,
    /// Heads of the columns.
    pub heads: Vec<Head>,
    /// The cases.
    pub rows: Vec<CaseRow>,
    /// What can be done with several of them; none where the reader does nothing with them.
    pub acts: Option<ActBar>,
    /// How many there are in all.
    pub total: String,
    /// To the next page.
    pub pager: Pager,
    /// Whether the reader may open cases.
    pub open: bool,
    /// Whether the provider's staff reads it, who see several organizations.
    pub staff: bool,
}

/// Which columns are shown besides the one that names the case.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ShownOfCases {
    /// The priority.
    pub priority: bool,
    /// The status.
    pub status: bool,
    /// The customer.
    pub organization: bool,
    /// The line of business.
    pub line_of_business: bool,
    /// The engineer.
    pub owner: bool,
    /// When it was opened.
    pub opened_at: bool,
    /// When it last changed or was written on.
    pub updated_at: bool,
}

impl ShownOfCases {
    /// Those of the columns.
    pub fn of(columns: &Columns) -> Self {
        Self {
            priority: columns.shows("priority"),
            status: columns.shows("status"),
            organization: columns.shows("organization"),
            line_of_business: columns.shows("line_of_business"),
            owner: columns.shows("owner"),
            opened_at: columns.shows("opened_at"),
            updated_at: columns.shows("updated_at"),
        }
    }
}

/// One case of the list.
#[derive(Clone, Debug, Serialize)]
pub struct CaseRow {
    /// `C-000123`.
    pub number: String,
    /// Its page.
    pub href: String,
    /// Its subject.
    pub subject: String,
    /// Its priority.
    pub priority: Priority,
    /// Its status.
    pub status: Status,
    /// The customer's name.
    pub organization: String,
    /// The line of business; empty for customers, to whom it is not told.
    pub line: String,
    /// The engineer, if it has one.
    pub owner: Option<String>,
    /// When it was opened.
    pub opened_at: Instant,
    /// When it last changed or was written on.
    pub updated_at: Instant,
    /// Whether an escalation is active.
    pub escalation: bool,
    /// Whether there is something that the reader has not read.
    pub unread: bool,
    /// Its version, with which it is ticked.
    pub version: i64,
    /// Whether its reader may escalate cases and does not work on them: then `e` leads there where no row is chosen.
    pub escalates: bool,
}

/// The page on which a case is opened.
#[derive(Clone, Debug, Serialize)]
pub struct OpenCasePage {
    /// What to fill in.
    pub form: Form,
    /// Support's telephone number, or what stands for it; empty for support itself.
    pub phone: String,
    /// Articles that may help before it is opened.
    pub suggested: Suggested,
}

/// For whom a case can be opened by somebody who is no contact of it.
#[derive(Clone, Debug, Default)]
pub struct ForOthers {
    /// The customers that staff choose from.
    pub organizations: Vec<Choice>,
    /// The organization's contacts that a paired person chooses from.
    pub contacts: Vec<Choice>,
}

/// What a case is opened with. What is empty (`lines`, or whom staff and paired people open it for) is left out.
pub fn open_case_form(words: &Catalogue, of: ForOthers, lines: Vec<Choice>) -> Form {
    let label = |key| words.say_of("label", key, &[]);
    let hint = |key| words.say_of("hint", key, &[]);
    let mut controls = Vec::new();
    if !of.organizations.is_empty() {
        controls.extend([
            Control::of(OpenCase::organization(), label("organization"))
                .kind(Kind::Select)
                .required()
                .choices(of.organizations)
                .unchosen(words.say("access-choose", &[])),
            Control::of(OpenCase::contact(), label("contact"))
                .hint(hint("contact"))
                .half()
                .required(),
            Control::of(OpenCase::channel(), label("reached-by"))
                .half()
                .required()
                .choices(words_of(words, "channel", Channel::NAMES, ""))
                .unchosen(words.say("access-choose", &[])),
        ]);
    }
    if !of.contacts.is_empty() {
        controls.push(
            Control::of(OpenCase::contact(), label("contact"))
                .kind(Kind::Select)
                .required()
                .choices(of.contacts)
                .unchosen(words.say("access-choose", &[])),
        );
    }
    controls.extend([
        Control::of(OpenCase::subject(), label("subject")).hint(hint("subject")),
        Control::of(OpenCase::description(), label("description")).hint(hint("description")),
        Control::of(OpenCase::priority(), label("priority"))
            .kind(Kind::Radio)
            .half()
            .choices(words_of(
                words,
                "priority",
                Priority::NAMES,
                "priority-hint",
            )),
        Control::of(OpenCase::business_impact(), label("business-impact"))
            .kind(Kind::Radio)
            .half()
            .choices(words_of(
                words,
                "impact",
                BusinessImpact::NAMES,
                "impact-hint",
            )),
        Control::of(OpenCase::deployment(), label("deployment"))
            .kind(Kind::Radio)
            .half()
            .choices(words_of(words, "deployment", Deployment::NAMES, "")),
        Control::of(OpenCase::product(), label("product")).half(),
    ]);
    if !lines.is_empty() {
        controls.push(
            Control::of(OpenCase::line_of_business(), label("line-of-business"))
                .kind(Kind::Select)
                .choices(lines),
        );
    }
    Form::new(
        "open-case",
        "/cases",
        words.say("open-case-button", &[]),
        controls,
    )
    .attaching("/api/v1/attachments".to_owned())
}
