use chrono_tz::Tz;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::domain::text::{Note, TextError};

fn installed_reason(code: &str) -> Reason {
    installed()
        .into_iter()
        .find(|reason| reason.code == code)
        .unwrap()
}

fn given(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn problems(reason: &Reason, answers: Value) -> Vec<(String, &'static str)> {
    let errors = check_answers(reason, &given(answers)).unwrap_err();
    errors
        .into_iter()
        .map(|error| (error.question.clone(), error.code()))
        .collect()
}

#[test]
fn five_reasons_are_installed() {
    let told: Vec<String> = installed()
        .iter()
        .map(|reason| {
            let asks: Vec<String> = reason
                .questions
                .iter()
                .map(|question| {
                    format!(
                        "{}:{}{}",
                        question.code,
                        question.kind,
                        if question.required { "!" } else { "" }
                    )
                })
                .collect();
            format!("{} {} {}", reason.code, reason.governed_by, asks.join(" "))
                .trim_end()
                .to_owned()
        })
        .collect();
    assert_eq!(
        told,
        [
            "no_update staleness business_impact:text! ongoing:confirm!",
            "no_progress staleness expected:text! business_impact:text!",
            "missed_commitment commitment commitment:text! promised_for:date",
            "rca_overdue rca_window must_answer:text!",
            "urgency_or_impact_change never",
        ]
    );
}

#[test]
fn good_answers_are_taken_and_trimmed() {
    let answers = check_answers(
        &installed_reason("no_update"),
        &given(json!({"business_impact": " 40 of 120 agents \r\n offline ", "ongoing": true})),
    )
    .unwrap();
    assert_eq!(
        answers.get("business_impact"),
        Some(&Answer::Text("40 of 120 agents \n offline".to_owned()))
    );
    assert_eq!(answers.get("ongoing"), Some(&Answer::Confirm(true)));
    assert!(
        check_answers(&installed_reason("urgency_or_impact_change"), &Map::new())
            .unwrap()
            .is_empty()
    );
}

#[test]
fn everything_wrong_is_said_at_once() {
    assert_eq!(
        problems(
            &installed_reason("no_update"),
            json!({"business_impact": "a\u{202e}b", "ongoing": "yes", "zeal": 1, "anger": null})
        ),
        [
            ("business_impact".to_owned(), "control_character"),
            ("ongoing".to_owned(), "wrong_kind"),
            ("anger".to_owned(), "unknown_question"),
            ("zeal".to_owned(), "unknown_question"),
        ]
    );
}

#[test]
fn required_answers_are_required() {
    let reason = installed_reason("no_update");
    let both = [
        ("business_impact".to_owned(), "missing"),
        ("ongoing".to_owned(), "must_confirm"),
    ];
    assert_eq!(problems(&reason, json!({})), both);
    assert_eq!(
        problems(&reason, json!({"business_impact": null, "ongoing": null})),
        both
    );
    assert_eq!(
        problems(
            &reason,
            json!({"business_impact": " \n ", "ongoing": false})
        ),
        both
    );
    let kinds = [
        ("business_impact".to_owned(), "wrong_kind"),
        ("ongoing".to_owned(), "wrong_kind"),
    ];
    assert_eq!(
        problems(&reason, json!({"business_impact": 7, "ongoing": 1})),
        kinds
    );
    let long = "x".repeat(Note::MAX + 1);
    let errors = check_answers(
        &reason,
        &given(json!({"business_impact": long, "ongoing": true})),
    )
    .unwrap_err();
    assert_eq!(
        errors[0].problem,
        AnswerProblem::Text(TextError::TooLong { max: 5_000 })
    );
}

#[test]
fn an_optional_confirmation_may_be_left_alone() {
    let mut reason = installed_reason("no_update");
    reason.questions[1].required = false;
    let answers = |ongoing: Value| {
        check_answers(
            &reason,
            &given(json!({"business_impact": "All", "ongoing": ongoing})),
        )
        .unwrap()
    };
    assert_eq!(
        answers(json!(false)).get("ongoing"),
        Some(&Answer::Confirm(false))
    );
    assert_eq!(answers(json!(null)).get("ongoing"), None);
}

#[test]
fn a_date_is_a_day_or_an_instant() {
    let reason = installed_reason("missed_commitment");
    let promised = |date: Value| {
        let answers = given(json!({"commitment": "The fix", "promised_for": date}));
        check_answers(&reason, &answers).map(|answers| answers.date("promised_for"))
    };
    let day = PromisedDate::Day("2026-03-29".parse().unwrap());
    assert_eq!(promised(json!(" 2026-03-29 ")), Ok(Some(day)));
    let instant = PromisedDate::Instant("2026-03-29T10:00:00Z".parse().unwrap());
    assert_eq!(
        promised(json!("2026-03-29T12:00:00+02:00")),
        Ok(Some(instant))
    );
    for none in [json!(null), json!(""), json!("  ")] {
        assert_eq!(promised(none), Ok(None));
    }
    for text in [
        "2026-02-29",
        "29.03.2026",
        "2026-3-29",
        "tomorrow",
        "2026-03-29T12:00:00",
        "+12026-03-29T12:00:00Z",
    ] {
        let errors = promised(json!(text)).unwrap_err();
        assert_eq!(
            (errors.len(), errors[0].code()),
            (1, "not_a_date"),
            "{text}"
        );
    }
    assert_eq!(
        promised(json!(20_260_329)).unwrap_err()[0].code(),
        "wrong_kind"
    );
}

#[test]
fn a_promised_day_is_over_at_its_end_in_the_zone() {
    let day = PromisedDate::Day("2026-03-29".parse().unwrap());
    assert_eq!(
        day.due_at(Tz::Europe__Berlin).to_rfc3339(),
        "2026-03-29T22:00:00+00:00"
    );
    assert_eq!(
        day.due_at(Tz::UTC).to_rfc3339(),
        "2026-03-30T00:00:00+00:00"
    );
    let eve = PromisedDate::Day("2017-10-14".parse().unwrap());
    assert_eq!(
        eve.due_at(Tz::America__Sao_Paulo).to_rfc3339(),
        "2017-10-15T03:00:00+00:00"
    );
    let instant = PromisedDate::Instant("2026-03-29T10:00:00Z".parse().unwrap());
    assert_eq!(
        instant.due_at(Tz::Europe__Berlin).to_rfc3339(),
        "2026-03-29T10:00:00+00:00"
    );
}

#[test]
fn stored_answers_are_bare_values() {
    let answers = check_answers(
        &installed_reason("missed_commitment"),
        &given(json!({"commitment": "The fix", "promised_for": "2026-03-29T10:00:00.5+00:00"})),
    )
    .unwrap();
    let stored = serde_json::to_value(&answers).unwrap();
    assert_eq!(
        stored,
        json!({"commitment": "The fix", "promised_for": "2026-03-29T10:00:00.500Z"})
    );
    assert_eq!(serde_json::from_value::<Answers>(stored).unwrap(), answers);
    assert!(serde_json::from_value::<Answers>(json!({"commitment": 7})).is_err());
}

proptest! {
    /// Whatever was stored is shown as it was: telling dates from words never changes a text.
    #[test]
    fn stored_text_reads_back_the_same(text in "(\\PC{0,30}|20[0-9]{2}-[01][0-9]-[0-3][0-9](T1[0-9]:00:00(Z|\\+01:00))?)") {
        let answers: Answers = [("words".to_owned(), Answer::Text(text.clone()))].into_iter().collect();
        let stored = serde_json::to_value(&answers).unwrap();
        prop_assert_eq!(&stored["words"], &json!(text));
        let read: Answers = serde_json::from_value(stored.clone()).unwrap();
        prop_assert_eq!(serde_json::to_value(&read).unwrap(), stored);
    }
}
