//! How much of a file one part of a transaction takes: as much as is written in a twentieth of a second. After each part long work gives
//! way to whoever waits, so that nobody who writes meanwhile waits much longer than that.

use std::time::Duration;

/// How long a part of a transaction takes, about, with its share of the commit.
const AIM: Duration = Duration::from_millis(50);

/// How many items the next part takes.
#[derive(Debug)]
pub struct Pace {
    items: usize,
    most: usize,
}

impl Pace {
    /// Begins with a few, and never takes more than `most` in a part.
    pub fn of_at_most(most: usize) -> Self {
        Self {
            items: most.clamp(1, 16),
            most,
        }
    }

    /// How many items to take next.
    pub fn items(&self) -> usize {
        self.items
    }

    /// Notes how long the writer was held for so many items, until they were committed. How long it was waited for does not count.
    pub fn took(&mut self, items: usize, time: Duration) {
        let micros = time.as_micros().max(1);
        let fits = items as u128 * AIM.as_micros() / micros;
        let fits = usize::try_from(fits).unwrap_or(usize::MAX);
        // Twice as many at the most: one quick part says little about the next.
        self.items = fits.min(self.items.saturating_mul(2)).clamp(1, self.most);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever an item costs, a part comes to take about as long as it should, or one item.
        #[test]
        fn a_part_comes_to_take_a_few_milliseconds(micros in 1_u64..1_000_000) {
            let mut pace = Pace::of_at_most(4096);
            let cost = |items: usize| Duration::from_micros(micros * items as u64);
            for _ in 0..20 {
                let items = pace.items();
                pace.took(items, cost(items));
            }
            let items = pace.items();
            prop_assert!((1..=4096).contains(&items));
            prop_assert!(items == 1 || cost(items) <= AIM);
            prop_assert!(items == 4096 || cost(items + 1) > AIM);
        }
    }
}
