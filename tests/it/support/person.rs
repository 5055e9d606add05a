//! People who talk to the desk, over the API and a real connection.

use std::collections::BTreeMap;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use chrono::{DateTime, Utc};
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

use super::answer::Answer;
use super::desk::Desk;
use super::fixtures::Somebody;
use super::markup;
use super::process_guard::PATIENCE;
use super::timing::spent;

/// Somebody with an API token.
#[derive(Clone)]
pub struct Person {
    /// Who it is.
    pub is: Somebody,
    desk: Desk,
    token: String,
}

/// A case, as people refer to it.
#[derive(Clone, Debug)]
pub struct Case {
    /// `C-000123`.
    pub number: String,
    /// Its id.
    pub id: String,
}

impl Case {
    /// The case that an answer shows.
    #[track_caller]
    pub fn of(json: &Value) -> Self {
        Self {
            number: text(json, "number"),
            id: text(json, "id"),
        }
    }
}

/// An escalation, as people refer to it.
#[derive(Clone, Debug)]
pub struct Escalation {
    /// `E-000045`.
    pub number: String,
    /// Its id.
    pub id: String,
}

impl Escalation {
    /// The escalation that an answer shows.
    #[track_caller]
    pub fn of(json: &Value) -> Self {
        Self {
            number: text(json, "number"),
            id: text(json, "id"),
        }
    }
}

#[track_caller]
fn text(json: &Value, field: &str) -> String {
    json[field]
        .as_str()
        .unwrap_or_else(|| panic!("no {field} in {json}"))
        .to_owned()
}

/// What somebody opens.
#[derive(Clone, Debug)]
pub struct NewCase(Value);

/// A high-priority case in the cloud with a significant impact, until said otherwise.
pub fn high() -> NewCase {
    NewCase(json!({
        "subject": "Payments are not booked", "description": "Since this morning, no payment is booked.",
        "priority": "high", "deployment": "cloud", "business_impact": "significant",
    }))
}

/// The same with medium priority.
pub fn medium() -> NewCase {
    high().with("priority", "medium")
}

/// The same with low priority.
pub fn low() -> NewCase {
    high().with("priority", "low")
}

impl NewCase {
    /// Changes a field.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.0[field] = value.into();
        self
    }

    /// On the customer's own machines.
    #[must_use]
    pub fn premise(self) -> Self {
        self.with("deployment", "premise")
    }

    /// With a limited impact.
    #[must_use]
    pub fn limited(self) -> Self {
        self.with("business_impact", "limited")
    }

    /// With a subject of its own.
    #[must_use]
    pub fn about(self, subject: &str) -> Self {
        self.with("subject", subject)
    }

    /// For another organization, which only staff can.
    #[must_use]
    pub fn of(self, organization: &str) -> Self {
        self.with("organization", organization)
    }

    /// The body of the request.
    pub fn json(&self) -> Value {
        self.0.clone()
    }
}

impl Person {
    /// The same person with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: token.to_owned(),
            ..self.clone()
        }
    }

    /// What they show to enter.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Somebody who holds this token.
    pub fn new(desk: &Desk, is: Somebody, token: &str) -> Self {
        Self {
            is,
            desk: desk.clone(),
            token: token.to_owned(),
        }
    }

    /// First and last name.
    pub fn name(&self) -> String {
        self.is.name()
    }

    /// The address.
    pub fn email(&self) -> String {
        self.is.email()
    }

    /// A request under `/api/v1`, yet to be sent.
    pub fn asks(&self, method: Method, path: &str) -> Asking {
        let builder = self
            .desk
            .client()
            .request(method.clone(), self.desk.api(path))
            .bearer_auth(&self.token);
        Asking {
            question: format!("{}: {method} {path}", self.is.key),
            builder,
        }
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.asks(Method::GET, path).await
    }

    /// `POST` of JSON.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.asks(Method::POST, path).json(&body).await
    }

    /// `PATCH` with a merge patch.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.asks(Method::PATCH, path).json(&body).await
    }

    /// `PUT`.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.asks(Method::PUT, path).json(&body).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.asks(Method::DELETE, path).await
    }

    /// Opens a case.
    pub async fn opens(&self, case: NewCase) -> Case {
        Case::of(&self.post("/cases", case.json()).await.created())
    }

    /// The case as this person sees it.
    pub async fn sees(&self, case: &Case) -> Value {
        self.get(&format!("/cases/{}", case.number)).await.ok()
    }

    /// Changes a case.
    pub async fn changes(&self, case: &Case, patch: Value) -> Answer {
        self.patch(&format!("/cases/{}", case.number), patch).await
    }

    /// Writes into the case feed.
    pub async fn writes(&self, case: &Case, body: &str) -> Value {
        self.post(
            &format!("/cases/{}/feed", case.number),
            json!({ "body": body }),
        )
        .await
        .created()
    }

    /// Writes an internal note into the case feed.
    pub async fn notes(&self, case: &Case, body: &str) -> Value {
        let body = json!({ "body": body, "visibility": "internal" });
        self.post(&format!("/cases/{}/feed", case.number), body)
            .await
            .created()
    }

    /// Reads both feeds of a case.
    pub async fn reads(&self, case: &Case) {
        self.put(&format!("/cases/{}/read", case.number), json!({}))
            .await
            .done();
    }

    /// The whole case feed, oldest entry first.
    pub async fn case_feed(&self, case: &Case) -> Vec<Value> {
        self.entries(&format!("/cases/{}/feed", case.number)).await
    }

    /// The whole escalation feed of a case, oldest entry first.
    pub async fn escalation_feed(&self, case: &Case) -> Vec<Value> {
        self.entries(&format!("/cases/{}/escalation-feed", case.number))
            .await
    }

    async fn entries(&self, path: &str) -> Vec<Value> {
        let mut entries = self.all(path).await;
        entries.sort_by_key(|entry| {
            (
                entry["at"].as_str().map(str::to_owned),
                entry["id"].as_str().map(str::to_owned),
            )
        });
        entries
    }

    /// Every item of a list, page by page.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        self.all_by(path, 100).await
    }

    /// The same, in pages of so many.
    pub async fn all_by(&self, path: &str, limit: usize) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor = None;
        loop {
            let joint = if path.contains('?') { '&' } else { '?' };
            let next = cursor
                .as_ref()
                .map(|cursor| format!("&cursor={cursor}"))
                .unwrap_or_default();
            let page = self
                .get(&format!("{path}{joint}limit={limit}{next}"))
                .await
                .ok();
            items.extend(
                page["items"]
                    .as_array()
                    .unwrap_or_else(|| panic!("no items: {page}"))
                    .iter()
                    .cloned(),
            );
            match page["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return items,
            }
        }
    }

    /// Every item of a list that has no pages.
    pub async fn whole(&self, path: &str) -> Vec<Value> {
        let list = self.get(path).await.ok();
        list["items"].as_array().expect("items").clone()
    }

    /// The assessment of a case for one reason, now.
    pub async fn assesses(&self, case: &Case, reason: &str) -> Answer {
        self.get(&format!(
            "/cases/{}/eligibility?reason={reason}",
            case.number
        ))
        .await
    }

    /// The assessment of a case for one reason at an instant.
    pub async fn assesses_at(&self, case: &Case, reason: &str, at: DateTime<Utc>) -> Answer {
        let at = at.format("%Y-%m-%dT%H:%M:%S%.6fZ");
        self.get(&format!(
            "/cases/{}/eligibility?reason={reason}&at={at}",
            case.number
        ))
        .await
    }

    /// Submits an escalation, with whatever the reason asks for.
    pub fn escalates(&self, case: &Case, reason: &str) -> Submitting {
        let answers = match reason {
            "no_update" => json!({ "business_impact": "Orders stand still", "ongoing": true }),
            "no_progress" => {
                json!({ "expected": "A fix by Monday", "business_impact": "Orders stand still" })
            }
            "missed_commitment" => json!({ "commitment": "The patch" }),
            "rca_overdue" => json!({ "must_answer": "Why it happened twice" }),
            _ => json!({}),
        };
        let body = json!({
            "reason": reason, "details": "We need somebody to look at this.", "answers": answers, "acknowledgements": [],
        });
        Submitting {
            person: self.clone(),
            path: format!("/cases/{}/escalations", case.number),
            body,
        }
    }

    /// An escalation as this person sees it.
    pub async fn sees_escalation(&self, escalation: &Escalation) -> Value {
        self.get(&format!("/escalations/{}", escalation.number))
            .await
            .ok()
    }

    /// A verb on an escalation.
    pub async fn does(&self, escalation: &Escalation, verb: &str, body: Value) -> Answer {
        self.post(&format!("/escalations/{}/{verb}", escalation.number), body)
            .await
    }

    /// A next step that can be promised.
    pub fn step(&self) -> Value {
        self.desk.step()
    }

    /// Claims it.
    pub async fn claims(&self, escalation: &Escalation) -> Value {
        self.does(escalation, "claim", json!({})).await.ok()
    }

    /// Accepts it, with a next step that is far off.
    pub async fn accepts(&self, escalation: &Escalation, importance: &str, urgency: &str) -> Value {
        let body = json!({
            "importance": importance, "urgency": urgency, "reply": "We are on it.", "next_steps": [self.desk.step()],
        });
        self.does(escalation, "accept", body).await.ok()
    }

    /// Declines it.
    pub async fn declines(&self, escalation: &Escalation, reasons: &[&str]) -> Value {
        self.does(
            escalation,
            "decline",
            json!({ "reasons": reasons, "reply": "Not this time." }),
        )
        .await
        .ok()
    }

    /// Takes it back.
    pub async fn withdraws(&self, escalation: &Escalation) -> Value {
        self.does(
            escalation,
            "withdraw",
            json!({ "note": "Solved meanwhile." }),
        )
        .await
        .ok()
    }

    /// Closes it.
    pub async fn settles(&self, escalation: &Escalation) -> Value {
        self.does(
            escalation,
            "close",
            json!({ "outcome": "Resolved", "summary": "The fix is in place." }),
        )
        .await
        .ok()
    }

    /// Closes a case.
    pub async fn closes(&self, case: &Case) -> Answer {
        self.post(&format!("/cases/{}/close", case.number), json!({}))
            .await
    }

    /// Reopens a case.
    pub async fn reopens(&self, case: &Case) -> Answer {
        self.post(
            &format!("/cases/{}/reopen", case.number),
            json!({ "note": "It happened again." }),
        )
        .await
    }
}

/// A request that is about to be sent: `.await` sends it.
pub struct Asking {
    question: String,
    builder: reqwest::RequestBuilder,
}

impl Asking {
    /// A request of nobody in particular.
    pub fn new(question: String, builder: reqwest::RequestBuilder) -> Self {
        Self { question, builder }
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        Self {
            builder: self.builder.json(body),
            ..self
        }
    }

    /// With a body as it is.
    #[must_use]
    pub fn body(self, body: impl Into<reqwest::Body>) -> Self {
        Self {
            builder: self.builder.body(body),
            ..self
        }
    }

    /// With a header.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        Self {
            builder: self.builder.header(name, value),
            ..self
        }
    }
}

impl IntoFuture for Asking {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let question = self.question;
            let response = self
                .builder
                .timeout(PATIENCE)
                .send()
                .await
                .unwrap_or_else(|error| panic!("{question}: {error:?}"));
            let status = response.status().as_u16();
            let text_of =
                |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
            let cookies = response.headers().get_all("set-cookie");
            let cookies = cookies.iter().map(text_of).collect();
            let mut headers = BTreeMap::new();
            for (name, value) in response.headers() {
                headers
                    .entry(name.to_string())
                    .or_insert_with(|| text_of(value));
            }
            let text = response
                .text()
                .await
                .unwrap_or_else(|error| panic!("{question}: {error:?}"));
            let json = serde_json::from_str(&text).unwrap_or_default();
            let answer = Answer {
                question,
                status,
                headers,
                cookies,
                text,
                json,
            };
            if answer.is_page() {
                spent("pages are checked", || markup::check(&answer));
            }
            answer
        })
    }
}

/// An escalation that is about to be submitted: `.await` submits it.
pub struct Submitting {
    person: Person,
    path: String,
    body: Value,
}

impl Submitting {
    /// Acknowledges these findings.
    #[must_use]
    pub fn acknowledging(self, codes: &[&str]) -> Self {
        self.with("acknowledgements", json!(codes))
    }

    /// Answers the reason's questions so.
    #[must_use]
    pub fn answering(self, answers: Value) -> Self {
        self.with("answers", answers)
    }

    /// Changes a field of the request.
    #[must_use]
    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.body[field] = value;
        self
    }

    /// Submits, and expects that it is taken.
    pub async fn taken(self) -> Escalation {
        Escalation::of(&self.await.created())
    }
}

impl IntoFuture for Submitting {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.person.post(&self.path, self.body).await })
    }
}
