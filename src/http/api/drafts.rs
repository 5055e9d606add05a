//! Drafts: what one has begun to write, kept until it is sent (section 10).

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::Instant;
use crate::domain::draft::DraftPlace;
use crate::domain::feed::Visibility;
use crate::http::api_request::{ApiRequest, SIGNED_IN};
use crate::http::problem::Problem;
use crate::http::reply::{Done, Reply};
use crate::http::route::{Route, table};
use crate::store::drafts::Draft;
use crate::workflow::draft::{KeepDraft, discard_draft, keep_draft, read_draft};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { drafts:
        GET    "/me/drafts/{place}" SIGNED_IN => read, "What you have begun to write at a place, and not sent";
        PUT    "/me/drafts/{place}" SIGNED_IN => keep, "Keep what you have begun to write, for yourself alone";
        DELETE "/me/drafts/{place}" SIGNED_IN => discard, "Throw a draft away";
    }
}

/// A draft.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Draft)]
pub struct DraftDocument {
    /// Where it is written, with the id of the case or escalation: such as `case:<id>:feed`.
    pub place: String,
    /// Markdown, as far as it was typed; empty where only other fields of the form are filled in.
    pub body: String,
    /// What stands in the other fields of the form, by their names, if it was kept.
    pub fields: Option<BTreeMap<String, String>>,
    /// Who it is to reach, if that was chosen.
    pub visibility: Option<Visibility>,
    /// When it was written on. It is kept for six weeks from then.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Instant,
    /// Counts its changes.
    pub version: i64,
}

impl From<Draft> for DraftDocument {
    fn from(draft: Draft) -> Self {
        Self {
            place: draft.place,
            body: draft.body,
            fields: draft.fields.map(|fields| {
                let owned = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
                fields.iter().map(owned).collect()
            }),
            visibility: draft.visibility,
            updated_at: draft.updated_at,
            version: draft.version,
        }
    }
}

async fn read(req: ApiRequest<DraftPlace>) -> Result<Reply<DraftDocument>, Problem> {
    let draft = req
        .read(|conn, req| Ok(read_draft(conn, &req.principal.actor, &req.address)?))
        .await?;
    let document = DraftDocument::from(draft);
    Ok(Reply::new(&document)?.version(document.version))
}

async fn keep(req: ApiRequest<DraftPlace, KeepDraft>) -> Result<Reply<DraftDocument>, Problem> {
    req.write(|conn, req| {
        let actor = &req.principal.actor;
        let draft = keep_draft(conn, actor, &req.address, &req.body, req.now)?;
        let document = DraftDocument::from(draft);
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}

async fn discard(req: ApiRequest<DraftPlace>) -> Result<Done, Problem> {
    req.write(|conn, req| {
        discard_draft(conn, &req.principal.actor, &req.address)?;
        Ok(Reply::done())
    })
    .await
}
