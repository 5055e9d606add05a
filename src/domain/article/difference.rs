//! What changed from one version of a text to another, line by line.

use serde::Serialize;

use crate::domain::closed_enum;

/// How many lines that stayed are shown around those that changed.
const AROUND: usize = 2;
/// How many pairs of lines are compared at the most; longer changes are shown as a whole taken out and a whole put in.
const MOST_PAIRS: usize = 4_000_000;

closed_enum! {
    /// What became of a line.
    pub enum Change as "LineChange" {
        /// It stayed.
        Kept = "kept",
        /// It was put in.
        Added = "added",
        /// It was taken out.
        Removed = "removed",
        /// Lines that stayed are left out here; the text is empty.
        Skipped = "skipped",
    }
}

/// A line of a difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DifferentLine {
    /// What became of it.
    pub change: Change,
    /// The line.
    pub text: String,
}

impl DifferentLine {
    fn new(change: Change, text: &str) -> Self {
        Self {
            change,
            text: text.to_owned(),
        }
    }
}

/// What changed, with a few lines around each change; nothing if nothing did.
pub fn difference(before: &str, after: &str) -> Vec<DifferentLine> {
    folded(&lines(before, after))
}

/// Every line of both texts, once.
fn lines(before: &str, after: &str) -> Vec<DifferentLine> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let alike = |(one, other): &(&&str, &&str)| one == other;
    let head = old.iter().zip(&new).take_while(alike).count();
    let rest = old.len().min(new.len()) - head;
    let tail = (old.iter().rev())
        .zip(new.iter().rev())
        .take(rest)
        .take_while(alike)
        .count();
    let (gone, come) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let kept = |text: &&str| DifferentLine::new(Change::Kept, text);
    let mut all: Vec<DifferentLine> = old[..head].iter().map(kept).collect();
    all.extend(changed(gone, come));
    all.extend(old[old.len() - tail..].iter().map(kept));
    all
}

/// The lines between what is alike at both ends, by their longest common sequence.
fn changed(gone: &[&str], come: &[&str]) -> Vec<DifferentLine> {
    let removed = |text: &&str| DifferentLine::new(Change::Removed, text);
    let added = |text: &&str| DifferentLine::new(Change::Added, text);
    if gone.len().saturating_mul(come.len()) > MOST_PAIRS {
        return gone
            .iter()
            .map(removed)
            .chain(come.iter().map(added))
            .collect();
    }
    // How many lines are common to what follows from each pair of places on.
    let width = come.len() + 1;
    let mut common = vec![0_u32; (gone.len() + 1) * width];
    for i in (0..gone.len()).rev() {
        for j in (0..come.len()).rev() {
            common[i * width + j] = match gone[i] == come[j] {
                true => common[(i + 1) * width + j + 1] + 1,
                false => common[(i + 1) * width + j].max(common[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j, mut all) = (0, 0, Vec::with_capacity(gone.len() + come.len()));
    while i < gone.len() && j < come.len() {
        if gone[i] == come[j] {
            all.push(DifferentLine::new(Change::Kept, gone[i]));
            i += 1;
            j += 1;
        } else if common[(i + 1) * width + j] >= common[i * width + j + 1] {
            all.push(removed(&gone[i]));
            i += 1;
        } else {
            all.push(added(&come[j]));
            j += 1;
        }
    }
    all.extend(gone[i..].iter().map(removed));
    all.extend(come[j..].iter().map(added));
    all
}

/// Without the lines that stayed, but for those near a change.
fn folded(all: &[DifferentLine]) -> Vec<DifferentLine> {
    let changes = |line: &DifferentLine| line.change != Change::Kept;
    if !all.iter().any(changes) {
        return Vec::new();
    }
    let near = |index: usize| {
        let from = index.saturating_sub(AROUND);
        let until = (index + AROUND + 1).min(all.len());
        all[from..until].iter().any(changes)
    };
    let mut shown: Vec<DifferentLine> = Vec::new();
    for (index, line) in all.iter().enumerate() {
        if near(index) {
            shown.push(line.clone());
        } else if shown
            .last()
            .is_none_or(|last| last.change != Change::Skipped)
        {
            shown.push(DifferentLine::new(Change::Skipped, ""));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(before: &str, after: &str) -> Vec<String> {
        let sign = |line: &DifferentLine| match line.change {
            Change::Kept => format!(" {}", line.text),
            Change::Added => format!("+{}", line.text),
            Change::Removed => format!("-{}", line.text),
            Change::Skipped => "…".to_owned(),
        };
        difference(before, after).iter().map(sign).collect()
    }

    #[test]
    fn a_changed_line_is_taken_out_and_put_in() {
        assert_eq!(told("a\nb\nc", "a\nB\nc"), [" a", "-b", "+B", " c"]);
        assert_eq!(told("a\nb", "a\nb"), Vec::<String>::new());
        assert_eq!(told("", "a"), ["+a"]);
        assert_eq!(told("a", ""), ["-a"]);
    }

    #[test]
    fn what_stayed_far_from_a_change_is_left_out() {
        let before = "1\n2\n3\n4\n5\n6\n7\n8\n9";
        let after = "1\n2\n3\n4\nfive\n6\n7\n8\n9";
        let expected = ["…", " 3", " 4", "-5", "+five", " 6", " 7", "…"];
        assert_eq!(told(before, after), expected);
    }

    #[test]
    fn what_is_too_long_to_compare_is_shown_whole() {
        let lines = |mark: &str| -> String {
            let lines = (0..3_000).map(|line| format!("{mark}{line}\n"));
            lines.collect()
        };
        let shown = difference(&lines("a"), &lines("b"));
        assert_eq!(shown.len(), 6_000);
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_out_of_it(
            before in prop::collection::vec("[abc]{0,2}", 0..12),
            after in prop::collection::vec("[abc]{0,2}", 0..12),
        ) {
            let (before, after) = (before.join("\n"), after.join("\n"));
            let all = lines(&before, &after);
            let of = |without: Change| -> Vec<&str> {
                let left = all.iter().filter(|line| line.change != without);
                left.map(|line| line.text.as_str()).collect()
            };
            prop_assert_eq!(of(Change::Added), before.lines().collect::<Vec<_>>());
            prop_assert_eq!(of(Change::Removed), after.lines().collect::<Vec<_>>());
        }
    }
}
