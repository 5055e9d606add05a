//! What a walk along the chain has found, in words.

use chrono::SecondsFormat;

use crate::domain::Instant;
use crate::domain::audit::seal::{Contents, Fault};
use crate::domain::audit::{Break, Verdict, Why};
use crate::store::audit::Waiting;

/// The most things that are named, one a line.
const NAMED: usize = 100;

/// What became of events that waited for their place in the chain.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seals {
    /// How many got it now.
    pub(super) linked: usize,
    /// What has none, as of the same instant as the verdict.
    pub(super) waiting: Waiting,
}

/// One line for a whole chain; for a broken one where it breaks, at which event, how, and what that means; everything that was said and
/// is not as it was recorded; and what is behind the chain's end, of which it proves nothing.
pub(super) fn of(verdict: &Verdict, contents: &Contents, seals: &Seals) -> String {
    let mut text = chain(verdict, contents);
    if seals.linked > 0 {
        text.push_str(&format!(
            "\nsealed now: {} of these events, which had waited for it. Whether one of them was changed before, nobody can tell.",
            seals.linked
        ));
    }
    if seals.waiting.events > 0 {
        let since = (seals.waiting.since).map_or_else(String::new, |since| {
            format!(", the first of {}", instant(since))
        });
        text.push_str(&format!(
            "\nnot sealed yet: {} events{since}. A change to one of them goes unnoticed until it is sealed, which takes a second while \
             `casebell serve` runs.",
            seals.waiting.events
        ));
    }
    text
}

fn chain(verdict: &Verdict, contents: &Contents) -> String {
    match verdict {
        Verdict::Whole { events, span, head } => {
            let span = span.map_or_else(String::new, |(from, until)| {
                format!(", from {} to {}", instant(from), instant(until))
            });
            let whole = format!("whole: {events} events{span}, head {head}");
            match (contents.faults.as_slice(), contents.older) {
                ([], 0) => whole,
                ([], older) => format!(
                    "{whole}\nnot covered: {older} things that were said before events had hashes of them; they are sealed \
                     when `casebell serve` or `casebell migrate` runs"
                ),
                (faults, _) => said(faults, &whole),
            }
        }
        Verdict::Broken(at) => broken(at),
    }
}

fn said(faults: &[Fault], whole: &str) -> String {
    let mut text = String::from("broken: what was said is not as it was recorded");
    for fault in faults.iter().take(NAMED) {
        let case = fault
            .case
            .map_or_else(|| "no case".to_owned(), |number| number.to_string());
        text.push_str(&format!("\n{case}, {}: {}", fault.thing, fault.kind));
    }
    if let Some(more) = faults.len().checked_sub(NAMED).filter(|more| *more > 0) {
        text.push_str(&format!("\nand {more} more"));
    }
    text.push_str(&format!(
        "\nIt was changed, removed or put there behind Casebell's back. The events themselves are as they were recorded.\n{whole}"
    ));
    text
}

fn broken(at: &Break) -> String {
    let place = match at.last == at.position {
        true => format!("event {}", at.position),
        false => format!("events {} to {}", at.position, at.last),
    };
    let event = match &at.event {
        Some((id, at)) => format!("\nIt is the event {id} of {}.", instant(*at)),
        None => String::new(),
    };
    let means = match at.why {
        Why::Changed => {
            "It is not what was recorded: it, or its hash, was changed behind Casebell's back."
        }
        Why::Missing => {
            "Removed behind Casebell's back: what follows was recorded after something that is gone."
        }
        Why::InsertedOrReordered => {
            "It was not recorded at this place: it was put there, or moved, behind Casebell's back."
        }
        Why::EndMissing => {
            "The end of the chain is gone: more events were recorded than there are, or the note of where the chain \
             ends was removed."
        }
    };
    let before = match at.position {
        1 => "There is no event before it.".to_owned(),
        2 => "The event before it is as it was recorded; what follows proves nothing any more."
            .to_owned(),
        position => format!(
            "The {} events before it are as they were recorded; what follows proves nothing any more.",
            position - 1
        ),
    };
    format!(
        "broken: {place}, {}{event}\n{means}\n{before}",
        kind(at.why)
    )
}

/// The kind of break, in a word or two.
fn kind(why: Why) -> &'static str {
    match why {
        Why::Changed => "changed",
        Why::Missing => "missing",
        Why::InsertedOrReordered => "inserted or reordered",
        Why::EndMissing => "missing at the end",
    }
}

fn instant(at: Instant) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::EventId;

    #[test]
    fn a_break_is_told_with_its_place_and_what_it_means() {
        let at = "2026-03-02T09:00:00Z".parse().expect("an instant");
        let id = EventId::new(at);
        let changed = Break {
            position: 3,
            last: 3,
            event: Some((id, at)),
            why: Why::Changed,
        };
        assert_eq!(
            broken(&changed),
            format!(
                "broken: event 3, changed\nIt is the event {id} of 2026-03-02T09:00:00.000000Z.\n\
                 It is not what was recorded: it, or its hash, was changed behind Casebell's back.\n\
                 The 2 events before it are as they were recorded; what follows proves nothing any more."
            )
        );
        let gone = Break {
            position: 1,
            last: 4,
            event: None,
            why: Why::EndMissing,
        };
        assert!(broken(&gone).starts_with(
            "broken: events 1 to 4, missing at the end\nThe end of the chain is gone"
        ));
    }

    #[test]
    fn what_is_behind_the_end_is_told_beside_the_verdict() {
        let at = "2026-03-02T09:00:00Z".parse().expect("an instant");
        let whole = Verdict::Whole {
            events: 2,
            span: None,
            head: "77".to_owned(),
        };
        let contents = Contents::default();
        let told = |seals: &Seals| of(&whole, &contents, seals);
        let line = "whole: 2 events, head 77";
        assert_eq!(told(&Seals::default()), line);
        let linked = told(&Seals {
            linked: 1,
            ..Seals::default()
        });
        assert!(linked.starts_with(&format!("{line}\nsealed now: 1 of these events, ")));
        let waiting = told(&Seals {
            linked: 0,
            waiting: Waiting {
                events: 3,
                since: Some(at),
            },
        });
        assert!(waiting.starts_with(&format!(
            "{line}\nnot sealed yet: 3 events, the first of 2026-03-02T09:00:00.000000Z. "
        )));
    }
}
