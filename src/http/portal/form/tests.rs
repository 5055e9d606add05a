use super::*;

#[test]
fn of_a_form_that_is_too_old_what_was_typed_is_kept_and_what_others_changed_is_told() {
    let form = |subject: &str, product: &str, priority: &str, version: &str| {
        let choices = [("low", "Low"), ("high", "High")];
        let choices = choices.map(|(value, label)| Choice::new(value, label));
        let controls = vec![
            Control::new(Kind::Lines, "subject", "Subject").value(subject),
            Control::new(Kind::Text, "product", "Product").value(product),
            Control::new(Kind::Select, "priority", "Priority")
                .choices(choices.into())
                .value(priority),
            Control::new(Kind::Check, "urgent", "Urgent"),
        ];
        Form::new("edit", "/cases/C-1", "Save", controls).guarded(version)
    };
    let words = Catalogue::load().unwrap();
    let shown = form("One\nline", "Edge", "low", "1");
    let mut typed: HashMap<String, String> = HashMap::new();
    for control in &shown.controls {
        typed.insert(control.name.clone(), control.sent().replace('\n', "\r\n"));
        typed.insert(format!("was.{}", control.name), control.was.clone());
    }
    typed.insert("product".to_owned(), "Router".to_owned());
    typed.insert("urgent".to_owned(), "on".to_owned());

    // Somebody else has raised the priority and named another product.
    let stale = Problem::new(Code::StaleVersion).with("version", 2);
    let again = form("One\nline", "Switch", "high", "2").refused_for(&words, &typed, &stale);
    let [version, subject, product, priority, urgent] = &again.controls[..] else {
        panic!("five controls");
    };
    assert_eq!(version.value, "2");
    assert_eq!(
        (subject.value.as_str(), subject.error.as_str()),
        ("One\nline", "")
    );
    assert_eq!(product.value, "Router");
    assert!(product.error.contains("Switch"), "{}", product.error);
    assert!(priority.value == "high" && priority.choices[1].selected);
    assert!(!priority.error.is_empty());
    assert!(urgent.checked && urgent.error.is_empty());
    // What is sent next is measured against what is so now.
    assert_eq!(priority.was, fingerprint("high"));

    // For any other reason the form stays that of the version it was made for, so that the change is found then.
    let invalid = Problem::new(Code::ValidationFailed);
    let again = form("One\nline", "Switch", "high", "2").refused_for(&words, &typed, &invalid);
    assert_eq!(again.controls[0].value, "1");
    assert_eq!(again.controls[3].value, "low");
    assert_eq!(again.controls[3].was, fingerprint("low"));
}

#[test]
fn a_refused_form_keeps_what_was_typed() {
    let controls = vec![
        Control::new(Kind::Text, "subject", "Subject").required(),
        Control::new(Kind::Password, "password", "Password"),
        Control::new(Kind::Check, "ack.unread_update", "I have read it"),
        Control::new(Kind::Select, "priority", "Priority")
            .choices(vec![
                Choice::new("low", "Low"),
                Choice::new("medium", "Medium"),
            ])
            .value("low"),
    ];
    let typed = [
        ("subject", "x"),
        ("password", "secret"),
        ("ack.unread_update", "on"),
        ("priority", "medium"),
    ];
    let typed = typed
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let mut form = Form::new("open", "/cases", "Open", controls).filled(&typed);
    assert!(!form.refused());
    form.refuse("subject", "too short");
    form.refuse("", "sign in again");
    assert!(form.refused());
    assert_eq!(form.controls[0].value, "x");
    assert_eq!(form.controls[0].error, "too short");
    assert_eq!(form.controls[1].value, "");
    assert!(form.controls[2].checked);
    assert_eq!(form.controls[2].id, "open-ack-unread-update");
    assert!(form.controls[3].choices[1].selected && !form.controls[3].choices[0].selected);
    assert_eq!(form.problems, ["sign in again"]);
}
