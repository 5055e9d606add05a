//! What was committed gets its place in the chain: the rule by which events are linked to its end.
//!
//! On a server writers do not wait for one another, so that the order in which events are committed is known to nobody while they are
//! written. They are linked behind their commit, some at a time, in the order of the numbers under which they were written. Whoever
//! did one thing after another has taken the greater number second, and whoever sees the second sees the first: so what one person
//! did stands in the chain in the order in which they did it, however it was cut into batches.

use super::{End, Record, link};

/// The place that an event got in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// The number under which it was written.
    pub arrival: i64,
    /// Its place: the next one behind the end.
    pub position: i64,
    /// The hash of the event before.
    pub previous: String,
    /// Its own hash.
    pub hash: String,
}

/// Links events to the end of the chain in this order, each with the number under which it was written; gives their places, and
/// where the chain ends from then on. What was linked before is not looked at: what follows it proves it as before.
pub fn linked<'r>(
    mut end: End,
    events: impl IntoIterator<Item = (i64, Record<'r>)>,
) -> (Vec<Linked>, End) {
    let links = events.into_iter().map(|(arrival, record)| {
        let position = end.position + 1;
        let hash = link(&end.head, &record.arrived(arrival, position));
        let previous = std::mem::replace(&mut end.head, hash.clone());
        end.position = position;
        Linked {
            arrival,
            position,
            previous,
            hash,
        }
    });
    let links = links.collect();
    (links, end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::audit::chain::GENESIS;
    use crate::domain::audit::tests::{Row, broken, rows};
    use crate::domain::audit::{Chain, Link, Verdict, Why};

    fn nothing() -> End {
        End {
            position: 0,
            head: GENESIS.to_owned(),
        }
    }

    /// Events with the numbers under which they were written: some are left out, as by transactions that were not committed.
    fn written() -> impl Strategy<Value = Vec<(i64, Row)>> {
        (rows(), prop::collection::vec(1..4i64, 9)).prop_map(|(rows, steps)| {
            let mut number = 0;
            let numbered = rows.into_iter().zip(steps).map(|(row, step)| {
                number += step;
                (number, row)
            });
            numbered.collect::<Vec<_>>()
        })
    }

    /// Links them as sealers do who come by at these points; each takes the lowest numbers of what is committed then.
    fn sealed(written: &[(i64, Row)], batches: &[usize]) -> (Vec<Linked>, End) {
        let (mut links, mut end, mut rest) = (Vec::new(), nothing(), written);
        for batch in batches.iter().copied().chain([usize::MAX]) {
            let (now, later) = rest.split_at(batch.min(rest.len()));
            let events = now.iter().map(|(number, row)| (*number, row.record()));
            let (new, longer) = linked(end, events);
            links.extend(new);
            (end, rest) = (longer, later);
        }
        (links, end)
    }

    fn walked(written: &[(i64, Row)], links: &[Linked], end: End) -> Verdict {
        let mut chain = Chain::new(Some(end));
        for ((number, row), link) in written.iter().zip(links) {
            chain.step(&Link {
                position: link.position,
                arrival: *number,
                previous: &link.previous,
                hash: &link.hash,
                record: row.record(),
            });
        }
        chain.finish()
    }

    proptest! {
        #[test]
        fn however_it_was_cut_it_is_one_chain(written in written(), batches in prop::collection::vec(0..4usize, 0..4)) {
            let (links, end) = sealed(&written, &batches);
            prop_assert_eq!(&sealed(&written, &[]), &(links.clone(), end.clone()), "and the same one");
            prop_assert!(links.iter().zip(1..).all(|(link, place)| link.position == place), "without a gap");
            let is_whole = matches!(walked(&written, &links, end), Verdict::Whole { .. });
            prop_assert!(is_whole);
        }

        #[test]
        fn what_is_sealed_later_changes_nothing_before_it(written in written(), cut in any::<prop::sample::Index>()) {
            let cut = cut.index(written.len());
            let (first, _) = sealed(&written[..cut], &[]);
            let (all, _) = sealed(&written, &[]);
            prop_assert_eq!(first.as_slice(), &all[..cut]);
        }

        #[test]
        fn the_number_of_a_sealed_event_is_proven(written in written(), at in any::<prop::sample::Index>(), by in 1..1000i64) {
            let (links, end) = sealed(&written, &[]);
            let (mut changed, at) = (written, at.index(links.len()));
            changed[at].0 += by;
            let place = links[at].position;
            let verdict = walked(&changed, &links, end);
            prop_assert_eq!(broken(&verdict), Some((place, place, Why::Changed)));
        }

        #[test]
        fn a_change_before_the_sealing_is_sealed_and_one_after_it_is_found(written in written(), at in any::<prop::sample::Index>()) {
            let at = at.index(written.len());
            let mut changed = written.clone();
            changed[at].1.id ^= 1;
            let (links, end) = sealed(&changed, &[]);
            let is_whole = matches!(walked(&changed, &links, end.clone()), Verdict::Whole { .. });
            prop_assert!(is_whole, "nobody knows what it was");
            let place = links[at].position;
            prop_assert_eq!(broken(&walked(&written, &links, end)), Some((place, place, Why::Changed)));
        }

        #[test]
        fn a_chain_without_other_numbers_is_hashed_as_it_always_was(rows in rows()) {
            let written: Vec<(i64, Row)> = (1..).zip(rows).collect();
            let (links, _) = sealed(&written, &[]);
            let mut head = GENESIS.to_owned();
            for ((_, row), linked) in written.iter().zip(&links) {
                head = link(&head, &row.record());
                prop_assert_eq!(&linked.hash, &head);
            }
        }
    }
}
