//! The desk that is measured, as records of Casebell's own format: organizations of very different sizes, lines below lines,
//! engineers, and cases of three years with feeds of one entry to forty. Each is made of its number alone, so that every run of a
//! size has the same ones.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::ops::Range;
use std::path::Path;

use casebell::domain::Instant;
use chrono::{SubsecRound, TimeDelta, Utc};
use serde_json::{Value, json};

/// With it `eve@bench.test`, a supervisor, signs in.
pub const PASSWORD: &str = "the bench's own 4 words";
/// Who reads and writes for the staff.
pub const STAFF: &str = "eve@bench.test";
/// The contacts of so many organizations ask; these are the largest ones.
pub const ASKING: usize = 50;
/// How many engineers own the cases.
pub const ENGINEERS: usize = 40;
/// How many of them are told of each new case by mail; the others look at the list.
pub const TOLD: usize = 5;
/// How many people review escalations, besides [`STAFF`].
pub const OWNERS: usize = 2;
/// Of so many cases one was escalated in its past.
const ESCALATED: usize = 100;
/// Above each of these lines of business are two more.
const LINES: [&str; 8] = [
    "Voice",
    "Recording",
    "Reporting",
    "Messaging",
    "Network",
    "Billing",
    "Workforce",
    "Hardware",
];
const BELOW: [&str; 2] = ["Cloud", "On premise"];
/// Cases are of this time.
const SPAN: TimeDelta = TimeDelta::days(1_000);

const SYMPTOMS: [&str; 24] = [
    "Calls drop after a transfer",
    "Agents cannot sign in",
    "Recordings are missing",
    "The nightly report is empty",
    "Audio is heard on one side",
    "Messages arrive twice",
    "The queue shows nobody",
    "Invoices list the wrong tariff",
    "Headsets are not found",
    "Voicemail has no sound",
    "The dashboard stands still",
    "Schedules are shifted by an hour",
    "Screens stay black after the update",
    "Callers hear the old greeting",
    "Exports end in the middle",
    "Transfers go to the wrong site",
    "The gateway restarts by itself",
    "Licences are used up",
    "Passwords are asked for again",
    "Wallboards show yesterday",
    "Search finds no number",
    "Callbacks come too late",
    "Chats lose their history",
    "Faxes are cut off",
];

const SENTENCES: [&str; 20] = [
    "We saw it again this morning, several times, and it stopped by itself.",
    "It began with the release of last week; before that nobody had noticed anything.",
    "About forty people at this site cannot work, and customers wait on the line.",
    "We have read the log of the edge and found that the session is refused there.",
    "Could you tell us the exact time of one call, and the numbers on both sides?",
    "The trace shows that the second node answers before the first one has finished.",
    "We have moved the trunk to another gateway; please try it once more.",
    "It works for everybody who was added after the change, and for nobody else.",
    "Thank you. We compare it with a region where nothing like it happens.",
    "The carrier says that nothing was changed, and sends us the records of the day.",
    "Our own test number behaves in the same way, so it is not your network.",
    "We shall restart the service tonight, outside of your opening hours.",
    "After the restart calls drop less often, but it is not over.",
    "Nothing was lost: what could not be delivered waits, and is sent again.",
    "Please send the file that the assistant writes when it fails.",
    "The certificate had expired, and the program said nothing of it.",
    "We have written a correction, which is being tested at the moment.",
    "The night shift reports that it has been quiet since two o'clock.",
    "Is there a way to be told before it happens next time?",
    "We leave the case open until the end of the month, to be sure.",
];

/// The desk.
#[derive(Clone, Debug)]
pub struct World {
    /// How many cases there are.
    pub cases: usize,
    /// When the last of them was opened; all that was written on them is older than a day.
    pub ends: Instant,
}

/// What a case is like.
pub struct Plan {
    /// Whose it is.
    pub organization: usize,
    engineer: usize,
    line: String,
    opened_at: Instant,
    closed_at: Option<Instant>,
    status: &'static str,
    priority: &'static str,
    impact: &'static str,
    entries: usize,
    gap: TimeDelta,
}

impl World {
    /// One that ends a few days ago.
    pub fn of(cases: usize) -> Self {
        Self {
            cases,
            ends: Utc::now().trunc_subsecs(0) - TimeDelta::days(3),
        }
    }

    /// How many organizations there are: ten times as many for a hundred times as many cases.
    pub fn organizations(&self) -> usize {
        let times = (self.cases as f64 / 10_000.0).sqrt();
        ASKING.max((ASKING as f64 * times) as usize)
    }

    /// How many of the cases were escalated; these are told, and not written as records.
    pub fn escalated(&self) -> usize {
        self.cases / ESCALATED
    }

    /// How many are written as records.
    pub fn recorded(&self) -> usize {
        self.cases - self.escalated()
    }

    /// An instant in the time of this desk, `part` of `whole` after its beginning.
    pub fn at(&self, part: usize, whole: usize) -> Instant {
        let seconds = SPAN.num_seconds() * i64::try_from(part).expect("small")
            / i64::try_from(whole.max(1)).expect("small");
        self.ends - SPAN + TimeDelta::seconds(seconds)
    }

    /// What the `n`th recorded case is like, counted from 0.
    pub fn plan(&self, n: usize) -> Plan {
        let chance = Chance::of(n);
        let opened_at = self.at(n, self.recorded());
        let entries = match chance.of_hundred(1) {
            0..40 => 2,
            40..70 => 3,
            70..90 => 5,
            90..99 => 9,
            _ => 40,
        };
        let status = match chance.of_hundred(2) {
            0..60 => "closed",
            60..68 => "open",
            68..88 => "in_progress",
            88..94 => "awaiting_customer",
            94..96 => "awaiting_third_party",
            _ => "solution_provided",
        };
        let (priority, impact) = match chance.of_hundred(3) {
            0..25 => ("low", "none"),
            25..70 => ("medium", "limited"),
            _ => ("high", "significant"),
        };
        // Few organizations have most of the cases.
        let share = chance.share(4);
        let line = LINES[chance.below(5, LINES.len())];
        let mut plan = Plan {
            organization: (share * share * self.organizations() as f64) as usize,
            engineer: chance.below(6, ENGINEERS),
            line: match chance.below(7, 3) {
                0 => line.to_owned(),
                below => lower(line, BELOW[below - 1]),
            },
            opened_at,
            closed_at: None,
            status,
            priority,
            impact,
            entries,
            gap: TimeDelta::minutes(10 + i64::try_from(chance.below(8, 700)).expect("small")),
        };
        let last = self.written_at(&plan, entries - 1);
        plan.closed_at = (status == "closed").then(|| last + TimeDelta::hours(1));
        plan
    }

    /// When an entry of a case was written: before this desk ends, or soon after it.
    fn written_at(&self, plan: &Plan, entry: usize) -> Instant {
        let index = i32::try_from(entry + 1).expect("small");
        let left = i64::try_from(plan.entries - entry).expect("small");
        let latest = self.ends + TimeDelta::days(1) - TimeDelta::seconds(left);
        latest.min(plan.opened_at + plan.gap * index)
    }

    /// A case whose page is looked at: of the middle of the time, urgent, and with as many entries in a desk of any size.
    pub fn shown(&self) -> usize {
        let middle = self.recorded() / 2;
        (middle..self.recorded())
            .find(|n| {
                let plan = self.plan(*n);
                plan.organization < ASKING
                    && (plan.status, plan.priority, plan.entries) == ("in_progress", "high", 3)
            })
            .expect("one of many is like that")
    }

    /// Cases on which staff write, which is why nobody escalates them.
    pub fn written_on(&self, most: usize) -> Vec<usize> {
        let waiting = |n: &usize| self.plan(*n).status == "awaiting_customer";
        (0..self.recorded()).filter(waiting).take(most).collect()
    }

    /// Cases that can be escalated, each with whose it is.
    pub fn eligible(&self, most: usize) -> Vec<(usize, usize)> {
        let shown = self.shown();
        (0..self.recorded())
            .filter(|n| *n != shown)
            .map(|n| (n, self.plan(n)))
            .filter(|(_, plan)| {
                plan.organization < ASKING
                    && plan.priority != "low"
                    && matches!(plan.status, "open" | "in_progress")
            })
            .map(|(n, plan)| (n, plan.organization))
            .take(most)
            .collect()
    }

    /// Everything but the cases.
    pub fn write_furniture(&self, path: &Path) -> Result<()> {
        let mut out = BufWriter::new(File::create(path)?);
        let mut record = |value: Value| writeln!(out, "{value}");
        record(
            json!({"type": "organization", "slug": "bench", "name": "Bench", "kind": "provider"}),
        )?;
        for line in LINES {
            record(json!({"type": "line_of_business", "name": line}))?;
            for below in BELOW {
                record(
                    json!({"type": "line_of_business", "name": lower(line, below), "parent": line}),
                )?;
            }
        }
        let mut eve = person(STAFF.to_owned(), "Eve", "Hart", "bench", "supervisor");
        eve["password"] = PASSWORD.into();
        record(eve)?;
        for n in 0..ENGINEERS {
            let last = format!("Reed {n}");
            record(person(
                engineer(n),
                "Sam",
                &last,
                "bench",
                "support_engineer",
            ))?;
        }
        for n in 0..OWNERS {
            let last = format!("Marin {n}");
            record(person(owner(n), "Olga", &last, "bench", "escalation_owner"))?;
        }
        for n in 0..self.organizations() {
            let (slug, name) = (format!("customer{n}"), format!("Customer {n}"));
            record(
                json!({"type": "organization", "slug": slug, "name": name, "kind": "customer"}),
            )?;
            let (cole, low) = (format!("Cole {n}"), format!("Low {n}"));
            record(person(
                contact(n),
                "Dana",
                &cole,
                &slug,
                "designated_contact",
            ))?;
            let viewer = format!("viewer{n}@bench.test");
            record(person(viewer, "Fay", &low, &slug, "portal_viewer"))?;
        }
        out.flush()
    }

    /// These recorded cases; gives how many entries they have.
    pub fn write_cases(&self, path: &Path, cases: Range<usize>) -> Result<usize> {
        let mut out = BufWriter::new(File::create(path)?);
        let mut written = 0;
        for n in cases {
            let plan = self.plan(n);
            written += plan.entries;
            writeln!(out, "{}", self.case(n, &plan))?;
        }
        out.flush()?;
        Ok(written)
    }

    fn case(&self, n: usize, plan: &Plan) -> Value {
        let chance = Chance::of(n);
        let (who, by) = (contact(plan.organization), engineer(plan.engineer));
        let feed: Vec<Value> = (0..plan.entries)
            .map(|entry| {
                let of_staff = entry % 2 == 1;
                let internal = of_staff && chance.below(100 + entry, 7) == 0;
                json!({"at": self.written_at(plan, entry), "author": if of_staff { &by } else { &who },
                    "body": words(&chance, entry),
                    "visibility": if internal { "internal" } else { "public" }})
            })
            .collect();
        let engagements: &[&str] = match plan.status {
            "awaiting_third_party" => &["third_party"],
            _ => &[],
        };
        let mut case = json!({"type": "case", "organization": format!("customer{}", plan.organization),
            "opened_by": who, "owner": by, "line_of_business": plan.line, "subject": subject(n),
            "description": words(&chance, 1_000), "priority": plan.priority, "status": plan.status,
            "deployment": if n.is_multiple_of(3) { "premise" } else { "cloud" }, "business_impact": plan.impact,
            "opened_at": plan.opened_at, "engagements": engagements, "external_id": format!("bench-{n}"),
            "feed": feed});
        if let Some(at) = plan.closed_at {
            case["closed_at"] = json!(at);
        }
        case
    }
}

/// One line that no other case has.
pub fn subject(n: usize) -> String {
    format!("{}, number {n}", SYMPTOMS[n % SYMPTOMS.len()])
}

/// The number of the `n`th recorded case.
pub fn number(n: usize) -> String {
    format!("C-{:06}", n + 1)
}

/// The address of an organization's contact.
pub fn contact(organization: usize) -> String {
    format!("contact{organization}@bench.test")
}

/// The address of an engineer.
pub fn engineer(n: usize) -> String {
    format!("engineer{n}@bench.test")
}

/// The address of somebody who reviews escalations.
pub fn owner(n: usize) -> String {
    format!("owner{n}@bench.test")
}

/// The name of a line of business for those who are told of it.
pub fn line(n: usize) -> &'static str {
    LINES[n % LINES.len()]
}

fn lower(line: &str, below: &str) -> String {
    format!("{line}, {}", below.to_lowercase())
}

fn person(email: String, first: &str, last: &str, organization: &str, role: &str) -> Value {
    json!({"type": "user", "email": email, "first_name": first, "last_name": last,
        "organization": organization, "roles": [role]})
}

/// What is written in an entry: a few sentences, and now and then a list with what a program said.
fn words(chance: &Chance, entry: usize) -> String {
    let sentences = 2 + chance.below(200 + entry, 5);
    let mut words = String::new();
    for sentence in 0..sentences {
        let which = chance.below(1_000 + entry * 8 + sentence, SENTENCES.len());
        let _ = write!(
            words,
            "{}{}",
            SENTENCES[which],
            if sentence == 2 { "\n\n" } else { " " }
        );
    }
    if chance.below(300 + entry, 10) == 0 {
        let trunk = chance.below(400 + entry, 9_000);
        let _ = write!(
            words,
            "\n\n- trunk {trunk}\n- both sides of the call\n\n```\n503 refused by edge-{}\n```\n",
            trunk % 97
        );
    }
    words.truncate(words.trim_end().len());
    words
}

/// Numbers that look like chance and are the same in every run.
struct Chance(u64);

impl Chance {
    fn of(n: usize) -> Self {
        Self(u64::try_from(n).expect("a number"))
    }

    /// The steps of `SplitMix64`.
    fn drawn(&self, which: usize) -> u64 {
        let which = u64::try_from(which).expect("a number");
        let mut drawn = ((self.0 << 20) | which).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        drawn = (drawn ^ (drawn >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        drawn = (drawn ^ (drawn >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        drawn ^ (drawn >> 31)
    }

    fn below(&self, which: usize, most: usize) -> usize {
        let most = u64::try_from(most).expect("a number");
        usize::try_from(self.drawn(which) % most).expect("less than that")
    }

    fn of_hundred(&self, which: usize) -> usize {
        self.below(which, 100)
    }

    /// From 0 to less than 1.
    fn share(&self, which: usize) -> f64 {
        (self.drawn(which) >> 40) as f64 / (1_u64 << 24) as f64
    }
}
