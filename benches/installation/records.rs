//! The desk that benches fill: a provider with its lines of business and engineers, its customers with a contact each, and their
//! cases.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::ops::RangeInclusive;
use std::path::Path;

use serde_json::{Value, json};

/// How many organizations have the cases, in how many lines of business, and how many entries each case has.
pub const ORGANIZATIONS: usize = 50;
const LINES: usize = 8;
pub const ENTRIES: usize = 3;
/// With it `eve@bench.test`, a supervisor, signs in.
pub const PASSWORD: &str = "the bench's own 4 words";

/// All of it, with so many cases.
pub fn write(path: &Path, cases: usize) -> Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    write_furniture(&mut out)?;
    write_cases(&mut out, 0..cases)?;
    out.flush()
}

/// These cases alone, for a desk that has the rest.
pub fn write_more(path: &Path, cases: RangeInclusive<usize>) -> Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    write_cases(&mut out, cases)?;
    out.flush()
}

fn write_furniture(out: &mut impl Write) -> Result<()> {
    let mut record = |value: Value| writeln!(out, "{value}");
    record(json!({"type": "organization", "slug": "bench", "name": "Bench", "kind": "provider"}))?;
    for line in 0..LINES {
        record(json!({"type": "line_of_business", "name": format!("Line {line}")}))?;
    }
    let person = |email: String, first: &str, last: String, organization: String, role: &str| {
        json!({"type": "user", "email": email, "first_name": first, "last_name": last,
            "organization": organization, "roles": [role]})
    };
    let mut eve = person(
        "eve@bench.test".into(),
        "Eve",
        "Hart".into(),
        "bench".into(),
        "supervisor",
    );
    eve["password"] = PASSWORD.into();
    record(eve)?;
    for n in 0..ORGANIZATIONS {
        let (slug, name) = (format!("customer{n}"), format!("Customer {n}"));
        record(json!({"type": "organization", "slug": slug, "name": name, "kind": "customer"}))?;
        let (email, last) = (format!("contact{n}@bench.test"), format!("Cole {n}"));
        record(person(email, "Dana", last, slug, "designated_contact"))?;
    }
    Ok(())
}

fn write_cases(out: &mut impl Write, cases: impl Iterator<Item = usize>) -> Result<()> {
    for n in cases {
        let (day, minute) = (1 + n % 28, n / 28 % 1440);
        let at = |hour: usize| {
            format!(
                "2026-02-{day:02}T{:02}:{:02}:{:02}Z",
                (minute / 60 + hour) % 24,
                minute % 60,
                hour
            )
        };
        let contact = format!("contact{}@bench.test", n % ORGANIZATIONS);
        let opened = format!("2026-02-{day:02}T00:00:00Z");
        let mut said = String::new();
        let feed: Vec<Value> = (0..ENTRIES)
            .map(|entry| {
                let author = if entry % 2 == 0 {
                    contact.as_str()
                } else {
                    "eve@bench.test"
                };
                said.clear();
                let _ = write!(
                    said,
                    "We saw it again, {entry} times today, on trunk {}.",
                    n % 97
                );
                json!({"at": at(entry), "author": author, "body": said, "visibility": "public"})
            })
            .collect();
        let case = json!({"type": "case", "organization": format!("customer{}", n % ORGANIZATIONS), "opened_by": contact,
            "owner": "eve@bench.test", "line_of_business": format!("Line {}", n % LINES),
            "subject": format!("Calls drop, number {n}"), "description": "They do, on every second trunk.",
            "priority": "high", "status": "in_progress", "deployment": "cloud", "business_impact": "significant",
            "opened_at": opened, "external_id": format!("bench-{n}"), "feed": feed});
        writeln!(out, "{case}")?;
    }
    Ok(())
}
