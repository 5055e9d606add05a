//! What the server said, and what a person makes of it.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::Value;

/// An answer of the API.
#[derive(Clone)]
pub struct Answer {
    /// What was asked, for the message of a failed expectation.
    pub question: String,
    /// The HTTP status.
    pub status: u16,
    /// The headers, by name in lower case; several of one name as the first.
    pub headers: BTreeMap<String, String>,
    /// The cookies that it sets.
    pub cookies: Vec<String>,
    /// The body as it came.
    pub text: String,
    /// The body as JSON; null if it is none.
    pub json: Value,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = serde_json::to_string_pretty(&self.json).unwrap_or_default();
        let body = if self.json.is_null() {
            &self.text
        } else {
            &body
        };
        write!(f, "{} → {} {body}", self.question, self.status)
    }
}

impl Answer {
    /// The body of an answer with this status.
    #[track_caller]
    pub fn with(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.json
    }

    /// The body of a 200.
    #[track_caller]
    pub fn ok(self) -> Value {
        self.with(200)
    }

    /// The body of a 201.
    #[track_caller]
    pub fn created(self) -> Value {
        self.with(201)
    }

    /// Checks for a 204.
    #[track_caller]
    pub fn done(self) {
        assert_eq!((self.status, self.text.as_str()), (204, ""), "{self:?}");
    }

    /// A header, empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Whether it is a mail that is looked at: no page, but HTML with its own styles, in a sandbox that lets nothing run.
    pub fn is_mail(&self) -> bool {
        self.header("content-security-policy")
            .contains("; sandbox;")
    }

    /// Whether it is a page of the portal, and not empty.
    pub fn is_page(&self) -> bool {
        self.header("content-type").starts_with("text/html") && !self.text.is_empty()
    }

    /// Checks that it is a complete problem document (RFC 9457) with this status and code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        assert_eq!(
            (self.status, self.json["code"].as_str()),
            (status, Some(code)),
            "{self:?}"
        );
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{self:?}"
        );
        assert_eq!(self.json["status"], status, "{self:?}");
        for member in ["type", "title", "detail"] {
            let text = self.json[member].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "the problem says no {member}: {self:?}");
            assert!(
                !text.contains('{') && !text.contains("$"),
                "an unfilled place in {member}: {self:?}"
            );
        }
        self
    }

    /// Checks for a problem that names exactly these fields, each with its code.
    #[track_caller]
    pub fn names_fields(self, expected: &[(&str, &str)]) -> Self {
        let answer = self.refused(422, "validation_failed");
        let mut found: Vec<(&str, &str)> = answer.json["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|error| {
                (
                    error["field"].as_str().unwrap_or_default(),
                    error["code"].as_str().unwrap_or_default(),
                )
            })
            .collect();
        found.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected, "{answer:?}");
        for error in answer.json["errors"].as_array().into_iter().flatten() {
            assert!(
                error["message"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{answer:?}"
            );
        }
        answer
    }

    /// The codes of the findings, in the order of the answer.
    pub fn findings(&self) -> Vec<&str> {
        let findings = self.json["findings"].as_array();
        findings
            .into_iter()
            .flatten()
            .filter_map(|finding| finding["code"].as_str())
            .collect()
    }

    /// One finding by its code.
    #[track_caller]
    pub fn finding(&self, code: &str) -> &Value {
        let findings = self.json["findings"].as_array().into_iter().flatten();
        let found = findings.clone().find(|finding| finding["code"] == code);
        found.unwrap_or_else(|| panic!("no finding {code}: {self:?}"))
    }
}

/// The instant that a JSON text says.
#[track_caller]
pub fn instant(value: &Value) -> DateTime<Utc> {
    let text = value
        .as_str()
        .unwrap_or_else(|| panic!("no instant: {value}"));
    assert!(text.ends_with('Z'), "an instant in UTC ends in Z: {text}");
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}
