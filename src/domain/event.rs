//! What can happen, each with its facts, and what every room makes of it: the audited event, the marks in the case feed, the
//! words in a feed, the notice, the letter.
//!
//! A verb says what happened once. Whoever adds something that can happen adds a variant here, and the compiler names what
//! has to be said of it.

mod access_request;
mod account;
mod administrative;
mod article;
mod audited;
mod callback;
mod case;
mod escalation;
mod feed;
mod help;
mod pairing;

pub(crate) use access_request::{AccessReader, AccessRequestEvent, RequestedAccess};
pub(crate) use account::{AccountEvent, ProfileFields};
pub(crate) use administrative::{
    AddedLine, AddedOrganization, AddedPerson, AddedRole, AdministrativeEvent, AttemptFields,
    CalendarFields, ClientFields, DutyFields, ExportFields, GroupFields, LineFields, NetworkFields,
    NoticeFields, OrganizationFields, PersonFields, ReasonFields, RemovedRole, ResentFilters,
    ResentNotices, RoleFields, SecondFactorFields, SharedFilterFields, TokenFields, TokenOwner,
};
pub(crate) use article::{ArticleEvent, ArticleFields, CategoryFields, GuideFields};
pub(crate) use audited::{Audited, Changed, subject};
pub(crate) use callback::CallbackEvent;
pub(crate) use case::{CaseChange, CaseEvent};
pub(crate) use escalation::EscalationEvent;
pub(crate) use feed::{EntryEvent, PostedEntry, PostedWords, StepEvent};
pub(crate) use help::{
    AnnouncementFields, AudienceFields, CanceledTutorial, RegistrationFields, TemplateFields,
    ToolFields, TutorialFields,
};
pub(crate) use pairing::{CloneFields, PairingEvent};
