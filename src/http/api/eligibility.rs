//! The assessment, now or at another instant (section 4).

use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use serde::Serialize;

use crate::domain::Instant;
use crate::domain::access::Permission::CasesView;
use crate::domain::ids::CaseRef;
use crate::http::api_request::{ApiRequest, may};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::input::input;
use crate::words::assessment::AssessmentView;
use crate::workflow::assess;

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { eligibility:
        GET   "/cases/{case}/eligibility" may(CasesView) => show, "Whether the case can be escalated, and if not, why and when: for one reason, or for each";
    }
}

input! {
    /// What is assessed.
    pub struct AssessmentQuery {
        /// The code of a reason; each that can be chosen if not given.
        reason: Option<String>,
        /// The instant; now if not given.
        at: Option<Instant>,
    }
}

/// One assessment, or a list of one per reason.
#[derive(Serialize)]
#[serde(untagged)]
enum Assessments {
    One(AssessmentView),
    Each { items: Vec<AssessmentView> },
}

async fn show(
    req: ApiRequest<CaseRef, (), AssessmentQuery>,
) -> Result<Reply<Assessments>, Problem> {
    let assessments = req
        .read_one(|conn, req| {
            let (actor, query) = (&req.principal.actor, &req.query);
            let reason = query.reason.as_deref();
            let assessed = assess::assess(conn, actor, &req.address, reason, query.at, req.now)?;
            let mut views: Vec<AssessmentView> = assessed
                .iter()
                .map(|assessment| AssessmentView::new(req.words(), assessment))
                .collect();
            Ok(match (reason, views.pop()) {
                (Some(_), Some(one)) => Assessments::One(one),
                (_, last) => {
                    views.extend(last);
                    Assessments::Each { items: views }
                }
            })
        })
        .await?;
    Reply::new(&assessments)
}

impl PartialSchema for Assessments {
    fn schema() -> RefOr<Schema> {
        use utoipa::openapi::Ref;
        use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder};
        let one = Ref::from_schema_name(AssessmentView::name());
        let each = ObjectBuilder::new()
            .property("items", ArrayBuilder::new().items(one.clone()))
            .required("items");
        OneOfBuilder::new().item(one).item(each).into()
    }
}

impl ToSchema for Assessments {
    fn name() -> std::borrow::Cow<'static, str> {
        "Assessments".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((
            AssessmentView::name().into_owned(),
            AssessmentView::schema(),
        ));
        AssessmentView::schemas(schemas);
    }
}
