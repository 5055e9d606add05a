use proptest::prelude::*;

use super::*;

fn refused(text: &str) -> TemplateError {
    text.parse::<Template>().expect_err("no template")
}

fn values(given: &[(TemplateField, &str)]) -> Values {
    given
        .iter()
        .map(|(field, value)| (*field, (*value).to_owned()))
        .collect()
}

#[test]
fn fields_are_filled_in_with_or_without_spaces() {
    let text = "Hello {{contact.first_name}}, {{ case.number }} is with {{owner.name}}.";
    let filled = fill(
        text,
        &values(&[
            (TemplateField::ContactFirstName, "Dana"),
            (TemplateField::CaseNumber, "C-000012"),
            (TemplateField::OwnerName, "Ola Berg"),
        ]),
    );
    assert_eq!(filled.text, "Hello Dana, C-000012 is with Ola Berg.");
    assert!(filled.missing.is_empty());
}

#[test]
fn what_is_missing_is_told_once_and_stays_in_sight() {
    let text = "{{ case.external_id }}, again {{case.external_id}}: {{case.number}}";
    let filled = fill(text, &values(&[(TemplateField::CaseNumber, "C-000012")]));
    assert_eq!(
        filled.text,
        "{{ case.external_id }}, again {{case.external_id}}: C-000012"
    );
    assert_eq!(
        filled.missing,
        BTreeSet::from([TemplateField::CaseExternalId])
    );
}

#[test]
fn a_field_that_there_is_not_is_refused_with_its_place() {
    let expected = TemplateError::UnknownField {
        position: 7,
        name: "case.colour".to_owned(),
    };
    assert_eq!(refused("Größe {{case.colour}}"), expected);
    let empty = TemplateError::UnknownField {
        position: 1,
        name: String::new(),
    };
    assert_eq!(refused("{{}}"), empty);
    assert_eq!(
        refused("{{case.number}} {{case.number"),
        TemplateError::Unclosed { position: 17 }
    );
}

#[test]
fn what_is_too_long_or_empty_is_no_template() {
    assert!("x".repeat(Template::MAX).parse::<Template>().is_ok());
    assert_eq!(
        refused(&"x".repeat(Template::MAX + 1)),
        TextError::TooLong { max: Template::MAX }.into()
    );
    assert_eq!(refused(" \n"), TextError::Empty.into());
}

#[test]
fn what_is_left_over_is_found_among_other_braces() {
    let text = "{{ {{case.number}} {{x}} {{ owner.name }} {{next_step.by";
    let expected = BTreeSet::from([TemplateField::CaseNumber, TemplateField::OwnerName]);
    assert_eq!(left_over(text), expected);
    assert!(left_over("Nothing {here}.").is_empty());
}

fn any_field() -> impl Strategy<Value = TemplateField> {
    proptest::sample::select(TemplateField::ALL)
}

proptest! {
    /// What customers write is put in and not read.
    #[test]
    fn values_are_never_read_as_templates(field in any_field(), other in any_field(), words in "[a-z ]{0,12}") {
        let value = format!("{{{{{other}}}}}{words}}}}}{{{{");
        let mut given = Values::new();
        for all in TemplateField::ALL {
            given.insert(*all, "told".to_owned());
        }
        given.insert(field, value.clone());
        let filled = fill(&format!("<{{{{{field}}}}}>"), &given);
        prop_assert_eq!(filled.text, format!("<{value}>"));
        prop_assert!(filled.missing.is_empty());
    }

    /// Without values a text comes out as it went in, and says each of its fields.
    #[test]
    fn nothing_is_lost_without_values(fields in proptest::collection::vec(any_field(), 0..6), words in "[a-zäß \n{}]{0,20}") {
        let words = words.replace("{{", "").replace("}}", "");
        let text: String = fields.iter().map(|field| format!(" {words} {{{{{field}}}}} ")).collect();
        let filled = fill(&text, &Values::new());
        prop_assert_eq!(&filled.text, &text);
        if text.parse::<Template>().is_ok() {
            prop_assert_eq!(filled.missing, fields.into_iter().collect::<BTreeSet<_>>());
        }
    }

    /// No text takes reading it down, and what is a template stays one, as it was written.
    #[test]
    fn any_text_is_read(text in "\\PC{0,60}") {
        if let Ok(template) = text.parse::<Template>() {
            let again: Template = template.as_str().parse().expect("a template");
            prop_assert_eq!(again, template);
        }
        let _ = fill(&text, &Values::new());
    }
}
