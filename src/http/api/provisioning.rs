//! Provisioning: what decides how the desk works as a file, and such a file taken in, with a preview (A8).

use actix_web::web::Bytes;
use futures_util::stream;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::access::Permission;
use crate::domain::closed_enum;
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::download::Download;
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::input::Input;
use crate::words::Catalogue;
use crate::workflow::Rejection;
use crate::workflow::provision::{
    FieldChange, Mode, Outcome, Provisioned, Provisioning, RecordKind, What, Why, export, take_in,
};

/// What the file is called.
const FILE: &str = "provisioning.ndjson";

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    const RUN: Permission = Permission::ProvisioningRun;
    let files = table! { provisioning:
        GET "/developer/provisioning" may(RUN) => file, "Lines of business, calendars, reasons, policies, targets and the ladder as a file";
    };
    let files = files
        .into_iter()
        .map(|route| route.answering_in(&[Provisioning::MEDIA]));
    let others = table! { provisioning:
        POST "/developer/provisioning/preview" may(RUN) => preview, "What taking such a file in would do; nothing is changed";
        POST "/developer/provisioning"         may(RUN) => apply, "Takes such a file in, all of it or nothing";
    };
    files.chain(others).collect()
}

/// A file of records.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct ProvisioningFile {}

impl PartialSchema for ProvisioningFile {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("Records, one a line, each in JSON."))
            .into()
    }
}

impl ToSchema for ProvisioningFile {}

closed_enum! {
    /// What has become of a record, or would.
    pub enum RecordOutcome {
        /// It is new.
        New = "new",
        /// It was otherwise.
        Changed = "changed",
        /// It was so already.
        Unchanged = "unchanged",
        /// It cannot be so.
        Refused = "refused",
    }
}

/// What came of a file, or would.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Provisioned)]
pub struct ProvisionedDocument {
    /// Whether it was done. If not, nothing was changed.
    pub applied: bool,
    /// How many records are new.
    pub new: usize,
    /// How many were otherwise.
    pub changed: usize,
    /// How many were so already.
    pub unchanged: usize,
    /// How many cannot be so; with one, nothing is taken in.
    pub refused: usize,
    /// Each record, in the order of the file.
    pub items: Vec<RecordDocument>,
    /// What is there, as a number that differs for what differs: for `If-Match`, so that what is done is what was seen.
    pub version: i64,
}

/// What has become of a record, or would.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ProvisionedRecord)]
pub struct RecordDocument {
    /// Its line in the file, counted from 1.
    pub line: usize,
    /// What it tells of; null where that cannot be told.
    #[serde(rename = "type")]
    #[schema(value_type = Option<RecordKind>)]
    pub kind: Option<RecordKind>,
    /// What that is called; empty for what there is one of.
    pub name: String,
    /// What has become of it.
    pub outcome: RecordOutcome,
    /// The fields that are otherwise.
    pub changes: Vec<FieldChangeDocument>,
    /// What is wrong with it.
    pub errors: Vec<RecordError>,
}

/// A field that is otherwise.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ProvisionedField)]
pub struct FieldChangeDocument {
    /// Its name.
    pub field: String,
    /// What it was; null if nothing.
    #[schema(value_type = Value)]
    pub before: Value,
    /// What it is; null if nothing.
    #[schema(value_type = Value)]
    pub after: Value,
}

/// What is wrong with a record.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ProvisioningError)]
pub struct RecordError {
    /// The field's path; empty for the whole record.
    pub field: String,
    /// The stable reason, for programs.
    pub code: String,
    /// The reason in words.
    pub message: String,
}

impl From<FieldChange> for FieldChangeDocument {
    fn from(change: FieldChange) -> Self {
        Self {
            field: change.field,
            before: change.before,
            after: change.after,
        }
    }
}

impl ProvisionedDocument {
    /// What came of a file, worded by `words`.
    pub fn new(words: &Catalogue, provisioned: Provisioned) -> Self {
        let outcomes = provisioned.outcomes.into_iter();
        let items: Vec<RecordDocument> = outcomes
            .map(|outcome| RecordDocument::new(words, outcome))
            .collect();
        let count = |wanted| items.iter().filter(|item| item.outcome == wanted).count();
        Self {
            applied: provisioned.is_applied,
            new: count(RecordOutcome::New),
            changed: count(RecordOutcome::Changed),
            unchanged: count(RecordOutcome::Unchanged),
            refused: count(RecordOutcome::Refused),
            version: provisioned.version,
            items,
        }
    }
}

impl RecordDocument {
    fn new(words: &Catalogue, outcome: Outcome) -> Self {
        let (what, changes, errors) = match outcome.what {
            What::New(changes) => (RecordOutcome::New, changes, Vec::new()),
            What::Changed(changes) => (RecordOutcome::Changed, changes, Vec::new()),
            What::Unchanged => (RecordOutcome::Unchanged, Vec::new(), Vec::new()),
            What::Refused(why) => (RecordOutcome::Refused, Vec::new(), errors(words, why)),
        };
        Self {
            line: outcome.line,
            kind: outcome.kind,
            name: outcome.name,
            outcome: what,
            changes: changes.into_iter().map(Into::into).collect(),
            errors,
        }
    }
}

fn errors(words: &Catalogue, why: Why) -> Vec<RecordError> {
    let problem = match why {
        Why::Unreadable(errors) => Problem::invalid(errors),
        Why::Rejected(rejected) => Problem::from(rejected),
    };
    if problem.errors().is_empty() {
        return vec![RecordError {
            field: String::new(),
            code: problem.code().as_str().to_owned(),
            message: problem.detail(words),
        }];
    }
    let error = |error: &crate::input::FieldError| RecordError {
        // Where a verb takes many, the record is the only one.
        field: error.field().trim_start_matches("items[0].").to_owned(),
        code: error.code().to_owned(),
        message: error.message(words),
    };
    problem.errors().iter().map(error).collect()
}

/// What is there, as a file.
pub(in crate::http) fn download(text: String) -> Download {
    let chunk = stream::iter([Ok(Bytes::from(text))]);
    Download::new(Provisioning::MEDIA, FILE.to_owned(), chunk)
}

/// What decides how the desk works, as a file.
pub async fn file(req: ApiRequest) -> Result<Reply<ProvisioningFile>, Problem> {
    let text = req
        .search(|conn, req| Ok(export(conn, &req.principal.actor)?))
        .await?;
    Ok(Reply::new(&ProvisioningFile {})?.download(download(text)))
}

/// What taking a file in would do.
pub async fn preview(
    req: ApiRequest<Guarded<()>, Provisioning>,
) -> Result<Reply<ProvisionedDocument>, Problem> {
    let (desk, language) = (req.desk.clone(), req.language);
    // By the way of a change, which is taken back: nothing of it is kept.
    let looking = desk.db.write(move |conn| {
        let (actor, expected) = (&req.principal.actor, req.expected());
        let seen = take_in(conn, actor, expected, &req.body, Mode::Preview, req.now);
        seen.map_err(Problem::from)
    });
    let seen = ProvisionedDocument::new(desk.words.of(language), looking.await?);
    Ok(Reply::new(&seen)?.version(seen.version))
}

/// Takes a file in.
pub async fn apply(
    req: ApiRequest<Guarded<()>, Provisioning>,
) -> Result<Reply<ProvisionedDocument>, Problem> {
    req.write(|conn, req| {
        let (actor, expected) = (&req.principal.actor, req.expected());
        let done = take_in(conn, actor, expected, &req.body, Mode::Apply, req.now)?;
        let refused = done.refused();
        let mut done = ProvisionedDocument::new(req.words(), done);
        if refused > 0 {
            done.items
                .retain(|item| item.outcome == RecordOutcome::Refused);
            let problem = Problem::from(Rejection::RecordsRefused(refused));
            return Err(problem.with_json("refused", &done.items));
        }
        Ok(Reply::new(&done)?.version(done.version))
    })
    .await
}
