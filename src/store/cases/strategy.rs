//! How cases that have some words are come by: either the cases of a list are walked over in its order and looked into one by one,
//! which soon fills a page where a word is frequent; or the index of words names all that have it. What a list begins and ends with
//! tells which of the two it is to be.

use diesel::prelude::*;

use crate::domain::text::search::{SAMPLE, Share};

/// How cases that have some words are come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// Each case is looked into.
    Row,
    /// The index names them.
    Index,
}

/// A list of cases of which some are sought: those that meet all of some conditions.
pub(super) trait Searched {
    /// What names a case.
    type Id: Copy;

    /// Which of the conditions each of [`SAMPLE`] cases meets, from the beginning of the list on or from its end; or of fewer, as soon
    /// as `enough` of them meet all.
    fn sample(&mut self, from: From, enough: usize) -> QueryResult<Sample<Self::Id>>;

    /// The cases that meet all of the conditions among those behind the first `from` ones, up to the first `to`.
    fn walk(&mut self, from: i64, to: i64) -> QueryResult<Walked<Self::Id>>;

    /// How many cases the index names in the time in which one is looked into.
    fn named_for_one(&self) -> u64;

    /// The first cases that meet all of the conditions, which are those that the index names. `by` says for each condition whether it
    /// is the index that is asked.
    fn named(&mut self, by: &[By]) -> QueryResult<Vec<Self::Id>>;
}

/// From which end of a list its cases are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// From its first one on.
    Beginning,
    /// From its last one on.
    End,
}

/// What some cases have.
pub(super) struct Sample<I> {
    /// Each, with the conditions that it meets.
    pub(super) cases: Vec<(I, Which)>,
    /// Whether the list has more.
    pub(super) has_more: bool,
}

/// Which of several conditions are met: a bit of each, the first one's the lowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Which(pub(super) i64);

impl Which {
    /// Whether so many conditions are all met.
    pub(super) const fn are_all(self, conditions: usize) -> bool {
        self.0 == (1 << conditions) - 1
    }

    const fn has(self, condition: usize) -> bool {
        self.0 >> condition & 1 == 1
    }
}

/// What was found on the way.
pub(super) struct Walked<I> {
    /// The cases, in the order of the list.
    pub(super) found: Vec<I>,
    /// Whether the list has more cases than were walked over.
    pub(super) has_more: bool,
}

/// Finds the first `wanted` cases of a list of about `total` that meet so many conditions, in its order.
///
/// # Errors
/// Those of the list.
pub(super) fn find<L: Searched>(
    conditions: usize,
    total: u64,
    wanted: usize,
    list: &mut L,
) -> QueryResult<Vec<L::Id>> {
    let begun = list.sample(From::Beginning, wanted)?;
    let hits = begun
        .cases
        .iter()
        .filter(|(_, met)| met.are_all(conditions));
    let mut found: Vec<L::Id> = hits.map(|(id, _)| *id).take(wanted).collect();
    if found.len() >= wanted || !begun.has_more {
        return Ok(found);
    }
    // Those that neither of the first cases has nor of the last ones, which are of another time, are asked of the index, and the
    // others are looked for in what it names.
    let mut rare = vec![false; conditions];
    let mut share = Share::of(found.len());
    if found.is_empty() {
        let hits = |sample: &Sample<L::Id>, n| {
            let met = sample.cases.iter().filter(|(_, met)| met.has(n));
            met.count()
        };
        let mut each: Vec<usize> = (0..conditions).map(|n| hits(&begun, n)).collect();
        if each.contains(&0) {
            let ended = list.sample(From::End, SAMPLE)?;
            for (n, of_it) in each.iter_mut().enumerate().filter(|(_, hits)| **hits == 0) {
                *of_it = hits(&ended, n).div_ceil(2);
            }
        }
        rare = each.iter().map(|hits| *hits == 0).collect();
        let shares = each.into_iter().map(Share::of);
        share = shares.fold(Share::of(SAMPLE), Share::and);
    }
    let named_for_one = list.named_for_one();
    if share.is_walked_for(wanted, total, named_for_one) {
        // Each part is three times as long as all before it together: few are looked at behind the last one that is found.
        let mut walked = SAMPLE as i64;
        let most = share.walked_at_most(wanted, total, named_for_one);
        while walked < most {
            let end = most.min(walked.saturating_mul(4));
            let next = list.walk(walked, end)?;
            found.extend(next.found);
            if found.len() >= wanted || !next.has_more {
                found.truncate(wanted);
                return Ok(found);
            }
            walked = end;
        }
    }
    let any_is_rare = rare.contains(&true);
    let by = rare.into_iter().map(|rare| match any_is_rare && !rare {
        true => By::Row,
        false => By::Index,
    });
    list.named(&by.collect::<Vec<By>>())
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::*;

    /// A list of so many cases, named by their places. Each word is in every so many-th of them, but in none of the first `without`.
    struct Listed<'a> {
        cases: usize,
        without: usize,
        every: &'a [usize],
        wanted: usize,
        asked: Vec<Asked>,
    }

    /// What was asked of it.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Asked {
        Sample(From),
        Walk(i64, i64),
        Index,
    }

    impl Listed<'_> {
        fn met_by(&self, case: usize) -> Which {
            let each = self.every.iter().enumerate().map(|(n, every)| {
                let has = case >= self.without && (case + 1).is_multiple_of(*every);
                i64::from(has) << n
            });
            Which(each.sum())
        }

        fn having(&self, cases: Range<usize>) -> Vec<usize> {
            let having = cases.filter(|case| self.met_by(*case).are_all(self.every.len()));
            having.take(self.wanted).collect()
        }

        fn up_to(&self, most: i64) -> usize {
            usize::try_from(most).unwrap_or(usize::MAX).min(self.cases)
        }
    }

    impl Searched for Listed<'_> {
        type Id = usize;

        fn sample(&mut self, from: From, _: usize) -> QueryResult<Sample<usize>> {
            self.asked.push(Asked::Sample(from));
            let most = SAMPLE.min(self.cases);
            let cases = match from {
                From::Beginning => 0..most,
                From::End => self.cases - most..self.cases,
            };
            Ok(Sample {
                cases: cases.map(|case| (case, self.met_by(case))).collect(),
                has_more: self.cases > SAMPLE,
            })
        }

        fn walk(&mut self, from: i64, to: i64) -> QueryResult<Walked<usize>> {
            self.asked.push(Asked::Walk(from, to));
            let cases = self.up_to(from)..self.up_to(to);
            Ok(Walked {
                has_more: cases.end < self.cases,
                found: self.having(cases),
            })
        }

        fn named_for_one(&self) -> u64 {
            2
        }

        fn named(&mut self, _: &[By]) -> QueryResult<Vec<usize>> {
            self.asked.push(Asked::Index);
            Ok(self.having(0..self.cases))
        }
    }

    /// Which are found that have words of every so many-th case, and what is asked for that.
    fn looked(every: &[usize], cases: usize, wanted: usize) -> (Vec<usize>, Vec<Asked>) {
        looked_behind(0, every, cases, wanted)
    }

    /// The same, where none of the first `without` cases has them.
    fn looked_behind(
        without: usize,
        every: &[usize],
        cases: usize,
        wanted: usize,
    ) -> (Vec<usize>, Vec<Asked>) {
        let mut list = Listed {
            cases,
            without,
            every,
            wanted,
            asked: Vec::new(),
        };
        let found = find(every.len(), cases as u64, wanted, &mut list).expect("found");
        (found, list.asked)
    }

    proptest::proptest! {
        #[test]
        fn whichever_way_is_taken_the_same_is_found(
            without in 0usize..1_000, every in proptest::collection::vec(1usize..300, 1..4), cases in 0usize..5_000,
            wanted in 1usize..100
        ) {
            let all = (without..cases).filter(|case| every.iter().all(|every| (case + 1) % every == 0));
            let all: Vec<usize> = all.take(wanted).collect();
            proptest::prop_assert_eq!(looked_behind(without, &every, cases, wanted).0, all);
        }
    }

    #[test]
    fn frequent_words_are_walked_for_and_rare_ones_are_not() {
        let [first, last] = [From::Beginning, From::End].map(Asked::Sample);
        let (next, all) = (Asked::Walk(64, 256), Asked::Index);
        assert_eq!(looked(&[2], 100_000, 26).1, [first]);
        assert_eq!(looked(&[8], 1_000_000, 26).1, [first, next]);
        assert_eq!(looked(&[5_001], 100_000, 26).1, [first, last, all]);
        // A frequent one with a rare one.
        assert_eq!(looked(&[2, 5_001], 100_000, 26).1, [first, last, all]);
        // Two that are frequent, and never together.
        let (found, asked) = looked(&[63, 64], 1_000_000, 26);
        assert_eq!(found.len(), 26);
        assert_eq!(asked, [first, all]);
        // A short list needs no index.
        assert_eq!(looked(&[5_001], 60, 26).1, [first]);
        // A frequent one that the newest have not, which may all be of one outage.
        let (found, asked) = looked_behind(200, &[2], 1_000_000, 26);
        assert_eq!(found.len(), 26);
        assert!(!asked.contains(&all), "{asked:?}");
    }
}
