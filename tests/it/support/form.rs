//! The forms of a page, filled in as its readers might.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::markup::{attributes, elements, tags};

/// A form of a page.
#[derive(Clone)]
pub struct Form {
    /// Where it leads.
    pub action: String,
    /// What it has, by name.
    pub fields: BTreeMap<String, Field>,
    /// Whether it has something to fill in that may not stay empty.
    pub asks: bool,
}

/// Something in a form that has a name.
#[derive(Clone)]
pub struct Field {
    name: String,
    kind: String,
    /// What is sent if nobody touches it.
    kept: Option<String>,
    /// What can be typed or chosen there.
    offered: String,
}

impl Form {
    /// Where it leads, if it is sent as most are: what takes a file is sent in parts, and has stories of its own. What may carry
    /// files to attach is taken without any as well.
    pub fn leads(form: &str) -> Option<String> {
        let head = form.split('>').next().unwrap_or_default();
        let in_parts = head.contains("multipart/form-data") && !form.contains(" data-attach=");
        let posts = head.contains("method=\"post\"") && !in_parts;
        text_of(head, "action").filter(|_| posts)
    }

    /// Reads a form, from its attributes to its end.
    pub fn read(form: &str) -> Option<Self> {
        let action = Self::leads(form)?;
        let mut fields = BTreeMap::new();
        let mut add = |field: Field| match fields.entry(field.name.clone()) {
            Entry::Vacant(place) => {
                place.insert(field);
            }
            // One of several choices, or of several buttons: the last is the one to press.
            Entry::Occupied(mut there) => {
                let there: &mut Field = there.get_mut();
                there.kept = field.kept.or(there.kept.take());
            }
        };
        for tag in tags(form, "input") {
            let kind = text_of(tag, "type").unwrap_or_default();
            let value = text_of(tag, "value").unwrap_or_default();
            let ticked = !matches!(kind.as_str(), "checkbox" | "radio") || tag.contains(" checked");
            add(Field::new(
                tag,
                &kind,
                ticked.then_some(value.clone()),
                value,
            ));
        }
        for area in elements(form, "textarea") {
            let text = area.split_once('>').map_or("", |(_, text)| text);
            let text = unescaped(text.trim_start_matches('\n'));
            add(Field::new(area, "textarea", Some(text), String::new()));
        }
        for select in elements(form, "select") {
            let options: Vec<&str> = tags(select, "option").collect();
            let chosen = options.iter().find(|option| option.contains(" selected"));
            let chosen = chosen.or(options.first());
            let chosen = chosen.and_then(|option| text_of(option, "value"));
            let mut offered = options.iter().filter_map(|option| text_of(option, "value"));
            let offered = offered.find(|value| !value.is_empty());
            add(Field::new(
                select,
                "select",
                chosen,
                offered.unwrap_or_default(),
            ));
        }
        // What changes rows of a form, puts a template in, or keeps a draft of it, is not what it is for.
        let marks = [" data-reshape", " data-keep", " name=\"insert\""];
        let aside = |tag: &&str| marks.iter().any(|mark| tag.contains(mark));
        let buttons = tags(form, "button").filter(|tag| !aside(tag));
        for tag in buttons {
            add(Field::new(
                tag,
                "button",
                text_of(tag, "value"),
                String::new(),
            ));
        }
        fields.remove("");
        // A row that is left empty is left out, whatever it asks for.
        let in_row = |tag: &str| text_of(tag, "name").is_some_and(|name| name.contains('['));
        let asks = ["input", "textarea", "select"].iter().any(|element| {
            tags(form, element).any(|tag| tag.contains(" required") && !in_row(tag))
        });
        Some(Self {
            action,
            fields,
            asks,
        })
    }
}

impl Field {
    fn new(tag: &str, kind: &str, kept: Option<String>, offered: String) -> Self {
        let head = tag.split('>').next().unwrap_or_default();
        Self {
            name: text_of(head, "name").unwrap_or_default(),
            kind: kind.to_owned(),
            kept,
            offered,
        }
    }

    /// As the page has it.
    pub fn kept(&self) -> Option<String> {
        self.kept.clone()
    }

    fn is_filled(&self) -> bool {
        self.kept.as_deref().is_some_and(|kept| !kept.is_empty())
    }

    /// With nothing in it.
    pub fn empty(&self) -> Option<String> {
        match self.kind.as_str() {
            "hidden" | "button" => self.kept(),
            "checkbox" | "radio" => None,
            _ => Some(String::new()),
        }
    }

    /// As a page had it before somebody else changed what it shows.
    pub fn old(&self) -> Option<String> {
        match self.name.as_str() {
            "version" => Some("0".to_owned()),
            _ => self.kept(),
        }
    }

    /// With something in it.
    pub fn filled(&self) -> Option<String> {
        if self.is_filled() {
            return self.kept();
        }
        let something = match self.kind.as_str() {
            "hidden" | "button" => return self.kept(),
            "checkbox" | "radio" | "select" => &self.offered,
            "email" => "looked.at@acme.example",
            "date" => "2030-01-02",
            "datetime-local" => "2030-01-02T03:04",
            "time" => "03:04",
            "number" => "1",
            _ => "Looked at again",
        };
        Some(something.to_owned())
    }
}

/// An attribute's value as it was before it was escaped.
pub fn text_of(tag: &str, attribute: &str) -> Option<String> {
    attributes(tag, attribute).next().map(unescaped)
}

fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let signs = [
        ("&#x3D;", "="),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ];
    let plain = |text: String, (escaped, sign): (&str, &str)| text.replace(escaped, sign);
    signs.into_iter().fold(text.to_owned(), plain)
}
