use super::*;
use crate::input::Fault;

fn answered(problem: &Problem) -> (HttpResponse, Value) {
    let document = problem.document(&Catalogue::load().expect("the catalogue"));
    (
        problem.error_response(),
        serde_json::to_value(&document).expect("JSON"),
    )
}

#[test]
fn a_problem_is_a_document_with_its_facts() {
    let problem = Problem::missing_permission(Permission::CasesClose);
    let (response, document) = answered(&problem);
    assert_eq!(response.status(), 403);
    assert_eq!(document["type"], "urn:casebell:problem:missing_permission");
    assert_eq!(document["status"], 403);
    assert_eq!(document["code"], "missing_permission");
    assert_eq!(document["permission"], "cases:close");
    assert!(
        document["detail"]
            .as_str()
            .expect("detail")
            .contains("cases:close")
    );
    assert!(document.get("errors").is_none());
}

#[test]
fn fields_are_named() {
    let problem = Problem::invalid(vec![
        FieldError::new("subject", Fault::new("too_long").with("max", 200_i64)),
        FieldError::new("next_steps[0].due_at", Fault::new("required")),
    ]);
    let (response, document) = answered(&problem);
    assert_eq!(response.status(), 422);
    assert_eq!(document["errors"][0]["field"], "subject");
    assert_eq!(document["errors"][0]["code"], "too_long");
    assert!(
        document["errors"][0]["message"]
            .as_str()
            .expect("words")
            .contains("200")
    );
    assert_eq!(document["errors"][1]["field"], "next_steps[0].due_at");
}

#[test]
fn a_lost_database_says_when_to_come_back_and_nothing_else() {
    let problem = Problem::from(DbError::Unavailable(
        "password authentication failed for hunter2".into(),
    ));
    let (response, document) = answered(&problem);
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key("retry-after"));
    assert!(!document.to_string().contains("hunter2"));
    let (response, document) = answered(&Problem::from(DbError::Panicked));
    assert_eq!(
        (response.status().as_u16(), &document["code"]),
        (500, &Value::from("internal"))
    );
}

#[test]
fn waiting_is_rounded_up_to_seconds() {
    let now = Instant::UNIX_EPOCH;
    let seconds = |millis| {
        let problem = Problem::new(Code::TooManyAttempts)
            .retry_at(now + chrono::TimeDelta::milliseconds(millis), now);
        problem.fact("retry_after_seconds").and_then(Value::as_i64)
    };
    assert_eq!(seconds(1), Some(1));
    assert_eq!(seconds(1000), Some(1));
    assert_eq!(seconds(1001), Some(2));
    assert_eq!(seconds(-5), Some(0));
}
