//! The arithmetic of reports.

/// The percentile of values that stand in ascending order, by nearest rank: the smallest of them such that at least
/// `percent` in a hundred are not greater. So it is always one of the values; of an even number of them, the median is the
/// lower one of the middle two. There is none where nothing was measured, and none of no hundredths or of more than all.
pub fn percentile(sorted: &[i64], percent: usize) -> Option<i64> {
    debug_assert!(sorted.is_sorted(), "percentiles are of sorted values");
    let rank = sorted.len().checked_mul(percent)?.div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

/// How many of `whole` there are, rounded to four places; none where the whole is nothing: no rate is zero because
/// nobody came.
pub fn ratio(part: u64, whole: u64) -> Option<f64> {
    if whole == 0 {
        return None;
    }
    // Counts of rows are far below the numbers that a float cannot tell apart.
    #[allow(clippy::cast_precision_loss)]
    let exact = part as f64 / whole as f64;
    Some((exact * 10_000.0).round() / 10_000.0)
}
