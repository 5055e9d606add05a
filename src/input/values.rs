//! The values that fields have.

mod attachments;
mod lists;
mod plain;
mod texts;
mod times;

use serde_json::Value;

use super::{At, Errors, Fault, Shape};
use crate::domain::access::{Grant, Permission, Role, RoleCode, RoleName};
use crate::domain::access_request::AccessRequestState;
use crate::domain::article;
use crate::domain::audience::AudienceKind;
use crate::domain::audit::Topic;
use crate::domain::bulk::{CallbackAct, EscalationAct};
use crate::domain::calendar::{Doubt, Unit};
use crate::domain::callback;
use crate::domain::case::{
    BusinessImpact, Channel, Deployment, Engagement, Priority, Status, StepState,
};
use crate::domain::duty::{Assignment, Weekday};
use crate::domain::eligibility::FindingCode;
use crate::domain::escalation::{Level, State};
use crate::domain::feed::{Feed, Visibility};
use crate::domain::guide::GuideKind;
use crate::domain::ids::{
    CalendarId, CallbackId, CaseRef, EscalationRef, GroupId, LineId, NextStepId, OrganizationId,
    PersonId, VisitId,
};
use crate::domain::language::Language;
use crate::domain::network::Network;
use crate::domain::notice::{self, Delivery, NoticeKind, NoticeState, Stance};
use crate::domain::organization::OrganizationKind;
use crate::domain::pairing::Direction;
use crate::domain::reason::{Governance, QuestionKind, ReasonCode};
use crate::domain::report::Grouping;
use crate::domain::saved_filter::FilteredList;
use crate::domain::target::{TargetClock, TargetKind, Tell};
use crate::domain::template::{Purpose, Template};
use crate::domain::text::{
    EmailAddress, FilterQuery, Markdown, Note, PersonName, PhoneNumber, PlaceOrLink, Slug, Subject,
    Summary, Title, WebLink,
};
use crate::domain::{announcement, tutorial};
use crate::words::markdown;

pub use lists::{CommaList, Patch};
pub use plain::{ReadOnly, Whole};
pub use texts::{AccountAddress, AsIs, Secret};
pub use times::{Day, LastDay};

/// The most items that a list in a request has.
pub(crate) const LONGEST_LIST: usize = 100;
/// The most characters of a code or a name that is looked up.
const LONGEST_NAME: usize = 200;

pub(crate) fn text<'v>(value: &'v Value, at: &At<'_>, errors: &mut Errors) -> Option<&'v str> {
    match value {
        Value::String(text) => Some(text),
        Value::Array(_) if errors.texts() => errors.refuse(at, Fault::new("given_twice")),
        other => errors.refuse(at, Fault::wrong_type("a string", other)),
    }
}

/// What a form sends for what is ticked.
const TICKED: &str = "on";

/// A character takes twelve bytes at the most: one outside the basic plane, written as two escapes.
pub(super) const WIDEST: usize = 12;

/// What is written as a text and read by its `FromStr`: what pages draw it by, and what is done with it besides.
macro_rules! written {
    ($($type:ty $(: $shape:expr)? $(=> $then:path)?),+ $(,)?) => {$(
        impl $crate::input::Field for $type {
            $(
                const SHAPE: $crate::input::Shape = $shape;
                const MOST_BYTES: usize = $shape.most_bytes();
            )?

            fn read(
                value: &serde_json::Value,
                at: &$crate::input::At<'_>,
                errors: &mut $crate::input::Errors,
            ) -> Option<Self> {
                match <$type as std::str::FromStr>::from_str($crate::input::text(value, at, errors)?) {
                    Ok(read) => {
                        $($then(read.as_str());)?
                        Some(read)
                    }
                    Err(fault) => errors.refuse(at, fault),
                }
            }

            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::Ref::from_schema_name(<$type as utoipa::ToSchema>::name()).into()
            }

            fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
                schemas.push((
                    <$type as utoipa::ToSchema>::name().into_owned(),
                    <$type as utoipa::PartialSchema>::schema(),
                ));
            }
        }
    )+};
}

pub(crate) use written;

written! {
    // Rendered here, where it is read, and not by the one writer that keeps it.
    Markdown: Shape::Markdown(Markdown::MAX) => markdown::prepare,
    Note: Shape::Words(Note::MAX) => markdown::prepare,
    Subject: Shape::Line(Subject::MAX),
    Summary: Shape::Line(Summary::MAX),
    Title: Shape::Line(Title::MAX),
    PersonName: Shape::Line(PersonName::MAX),
    EmailAddress: Shape::Email(EmailAddress::MAX),
    Slug: Shape::Line(Slug::MAX),
    PhoneNumber: Shape::Line(PhoneNumber::MAX),
    PlaceOrLink: Shape::Line(PlaceOrLink::MAX),
    WebLink: Shape::Line(WebLink::MAX),
    AudienceKind: Shape::Choice, announcement::Importance: Shape::Choice, announcement::State: Shape::Choice, tutorial::When: Shape::Choice,
    Template: Shape::Markdown(Template::MAX), Purpose: Shape::Choice,
    FilterQuery: Shape::Line(FilterQuery::MAX), FilteredList: Shape::Choice, EscalationAct: Shape::Choice, CallbackAct: Shape::Choice,
    RoleCode: Shape::Line(RoleCode::MAX),
    ReasonCode: Shape::Line(ReasonCode::MAX),
    article::State: Shape::Choice, GuideKind: Shape::Choice,
    Priority: Shape::Choice, Status: Shape::Choice, Deployment: Shape::Choice, BusinessImpact: Shape::Choice,
    Channel: Shape::Choice, Engagement: Shape::Choice, StepState: Shape::Choice, State: Shape::Choice, callback::State: Shape::Choice,
    Level: Shape::Choice, TargetKind: Shape::Choice, TargetClock: Shape::Choice, Tell: Shape::Choice, Assignment: Shape::Choice,
    Weekday: Shape::Choice, Language: Shape::Choice, Visibility: Shape::Choice, OrganizationKind: Shape::Choice, Governance: Shape::Choice, Grouping: Shape::Choice,
    QuestionKind, Unit, Doubt, Grant, Network, Permission, Role, RoleName, GroupId, Direction, CaseRef, EscalationRef, OrganizationId, PersonId, LineId,
    CalendarId, CallbackId, VisitId, NextStepId, Feed, FindingCode, NoticeState, NoticeKind, notice::Fault, Delivery, Stance, AccessRequestState,
    Topic: Shape::Choice,
}
