//! A browser session without a browser: a session's cookie, for the API and for the portal's pages and forms.

use reqwest::Method;
use serde_json::{Value, json};

use super::answer::Answer;
use super::desk::Desk;
use super::fixtures::PASSWORD;
use super::person::{Asking, Person};
use super::timing::spent_on;

/// Somebody's session.
#[derive(Clone)]
pub struct Session {
    desk: Desk,
    /// What the browser shows: a name and its value.
    pub cookie: String,
    csrf: String,
}

impl Session {
    /// Signs in.
    pub async fn of(desk: &Desk, person: &Person) -> Self {
        Self::open(desk, &person.email()).await
    }

    /// Somebody with this address signs in.
    pub async fn open(desk: &Desk, email: &str) -> Self {
        let body = json!({ "email": email, "password": PASSWORD });
        let builder = desk.client().post(desk.api("/sessions")).json(&body);
        let asking = Asking::new(format!("sign in {email}"), builder);
        Self::begun(desk, spent_on("people sign in", asking.into_future()).await)
    }

    /// The session that an answer has begun.
    pub fn begun(desk: &Desk, answer: Answer) -> Self {
        let cookie = answer.header("set-cookie").split(';').next();
        let cookie = cookie.unwrap_or_default().to_owned();
        let csrf = answer.created()["csrf_token"].as_str().map(str::to_owned);
        Self {
            desk: desk.clone(),
            cookie,
            csrf: csrf.expect("a token"),
        }
    }

    /// The session with another token in its forms.
    pub fn with_token(mut self, csrf: &str) -> Self {
        self.csrf = csrf.to_owned();
        self
    }

    /// A request to the API.
    pub fn asks(&self, method: Method, path: &str) -> Asking {
        let builder = self
            .desk
            .client()
            .request(method.clone(), self.desk.api(path));
        Asking::new(format!("session: {method} {path}"), builder)
            .header("cookie", &self.cookie)
            .header("x-csrf-token", &self.csrf)
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.asks(Method::GET, path).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.asks(Method::POST, path).json(&body).await
    }

    pub async fn delete(&self, path: &str, body: Value) -> Answer {
        self.asks(Method::DELETE, path).json(&body).await
    }

    /// Switches into an organization, or home.
    pub async fn switches(&self, to: Value) -> Answer {
        self.asks(Method::POST, "/sessions/current/organization")
            .json(&to)
            .await
    }

    /// A page of the portal.
    pub async fn page(&self, path: &str) -> Answer {
        let builder = self.desk.client().get(self.desk.page(path));
        Asking::new(format!("page {path}"), builder)
            .header("cookie", &self.cookie)
            .await
    }

    /// Sends a form of the portal.
    pub async fn sends(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.sending(path, fields).await
    }

    /// The same as browsers do it, which say that a page of the desk sends it: what is not taken is shown again.
    pub async fn sends_from_page(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let asking = self.sending(path, fields);
        asking.header("sec-fetch-site", "same-origin").await
    }

    fn sending(&self, path: &str, fields: &[(&str, &str)]) -> Asking {
        let mut form = vec![("csrf_token", self.csrf.as_str())];
        form.extend_from_slice(fields);
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&form)
            .finish();
        let builder = self.desk.client().post(self.desk.page(path));
        Asking::new(format!("form {path}"), builder)
            .header("cookie", &self.cookie)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
    }

    /// Sends a form of the portal in several parts, as browsers do when it has a field for a file; a file that was not
    /// chosen has no name.
    pub async fn sends_file(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        (name, file): (&str, Option<&[u8]>),
    ) -> Answer {
        const BOUNDARY: &str = "----WebKitFormBoundaryB7MA4YWxkTrZu0gW";
        let mut body = Vec::new();
        let mut part = |head: String, content: &[u8]| {
            let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        };
        part("name=\"csrf_token\"".to_owned(), self.csrf.as_bytes());
        for (name, value) in fields {
            part(format!("name=\"{name}\""), value.as_bytes());
        }
        let chosen = file.map_or("", |_| "holidays.ics");
        let head = format!("name=\"{name}\"; filename=\"{chosen}\"\r\nContent-Type: text/calendar");
        part(head, file.unwrap_or_default());
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let builder = self.desk.client().post(self.desk.page(path));
        Asking::new(format!("form {path}"), builder)
            .header("cookie", &self.cookie)
            .header(
                "content-type",
                &format!("multipart/form-data; boundary={BOUNDARY}"),
            )
            .body(body)
            .await
    }
}
