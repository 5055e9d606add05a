//! What the markup of every page keeps to: looked at wherever a story is shown one, whatever it has come for.

use std::collections::BTreeSet;

use super::answer::Answer;

/// Checks a page.
pub fn check(page: &Answer) {
    let (name, html) = (&page.question, &page.text);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'"), "{name}: {policy}");
    // What follows each angle bracket. Pages are long and many, and a text is looked for the sooner the shorter it is.
    let begun: Vec<&str> = html.split('<').skip(1).collect();
    let has = |begin: &str| begun.iter().any(|rest| rest.starts_with(begin));
    for forbidden in [" onclick", " onload", "javascript:"] {
        assert!(!html.contains(forbidden), "{name} has {forbidden}");
    }
    assert!(!has("script>"), "{name} has <script>");
    if page.is_mail() {
        return;
    }
    // The Content-Security-Policy would refuse these; nothing in the markup may count on them.
    assert!(!html.contains(" style="), "{name} has style=");
    assert!(!has("style"), "{name} has <style");
    for once in ["h1", "main"] {
        let count = begun.iter().filter(|rest| rest.starts_with(once)).count();
        assert_eq!(count, 1, "{name} has one <{once}");
    }
    let (mut ids, mut labelled) = (Vec::new(), Vec::new());
    for rest in &begun {
        let mut parts = rest.split('"');
        let mut before = parts.next().unwrap_or_default();
        for part in parts {
            if before.ends_with(" id=") {
                ids.push(part);
            } else if before.ends_with(" for=") {
                labelled.push(part);
            }
            before = part;
        }
    }
    assert!(!ids.contains(&""), "{name} has an id of nothing: {ids:?}");
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "{name} has an id twice: {ids:?}");
    for target in labelled {
        let there = unique.contains(target);
        assert!(there, "{name} labels {target:?}, which is not there");
    }
    // Where news comes in by itself, whatever somebody has unfolded is known by its id, and stays so.
    if html.contains(" data-live=") {
        let main = elements(html, "main").next().unwrap_or_default();
        for fold in tags(main, "details") {
            let named = attributes(fold, "id").next().is_some();
            assert!(named, "{name} would fold this when news comes: {fold}");
        }
    }
    // What is wrong with a form is said first, and leads to where it is.
    let head = " class=\"banner late summary\"";
    let is_refused = has(&format!("div{head}"));
    assert!(
        is_refused || !has("p class=\"error\""),
        "{name} says of a field that it is wrong, and not at its head"
    );
    let summary = || elements(html, "div").find(|div| div.starts_with(head));
    if let Some(summary) = is_refused.then(summary).flatten() {
        let titled = ["<title>Error: ", "<title>Fehler: "];
        let is_said = titled.iter().any(|title| html.contains(title));
        assert!(
            is_said,
            "{name} does not say in its title that it was refused"
        );
        for target in attributes(summary, "href").filter_map(|href| href.strip_prefix('#')) {
            let there = ids.contains(&target);
            assert!(there, "{name} leads to {target:?}, which is not there");
        }
    }
    // Only a browser that is signed in has a token to carry, and then every form does.
    let has_token = |form: &&str| form.contains("name=\"csrf_token\"");
    let forms = elements(html, "form").filter(|form| form.contains("method=\"post\""));
    let (with, without): (Vec<&str>, Vec<&str>) = forms.partition(has_token);
    assert!(
        with.is_empty() || without.is_empty(),
        "{name} has forms without their token: {without:#?}"
    );
    for form in with {
        let key = form.contains("name=\"once\"");
        assert!(key, "{name} has a form that could be done twice: {form}");
    }
    let inputs = begun.iter().filter_map(|rest| rest.strip_prefix("input"));
    for tag in inputs.filter(|rest| rest.starts_with([' ', '>'])) {
        let tag = tag.split('>').next().unwrap_or_default();
        let secret = attributes(tag, "name").any(|name| name.contains("password"));
        let masked = !secret || tag.contains("type=\"password\"");
        assert!(masked, "{name} shows a password: {tag}");
    }
}

/// The elements of this name, from their attributes to their end.
pub fn elements<'a>(html: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let end = format!("</{name}>");
    begun(html, name).map(move |rest| match rest.find(&end) {
        Some(at) => &rest[..at],
        None => rest,
    })
}

/// The attributes of the tags of this name.
pub fn tags<'a>(html: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    begun(html, name).filter_map(|rest| rest.split('>').next())
}

/// What follows each tag's name.
fn begun<'a>(html: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let begin = format!("<{name}");
    let begun: Vec<&str> = html.split(&begin).skip(1).collect();
    begun
        .into_iter()
        .filter(|rest| rest.starts_with([' ', '>']))
}

/// The values of an attribute.
pub fn attributes<'a>(html: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let begin = format!(" {name}=\"");
    let begun: Vec<&str> = html.split(&begin).skip(1).collect();
    begun.into_iter().filter_map(|rest| rest.split('"').next())
}
