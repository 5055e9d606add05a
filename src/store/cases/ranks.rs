//! How urgent a case is and how far it has come, as numbers by which lists are ordered: words would stand in the order of their
//! letters.

use diesel::sql_types::BigInt;

use crate::db::condition;

condition! {
    /// The place of a case's priority among all of them. Indexes are over this expression.
    pub(super) PriorityRank: BigInt =
        "CAST(CASE cases.priority WHEN 'low' THEN 0 WHEN 'medium' THEN 1 WHEN 'high' THEN 2 END AS BIGINT)"
}

condition! {
    /// The place of a case's state in its life. Indexes are over this expression.
    pub(super) StatusRank: BigInt =
        "CAST(CASE cases.status WHEN 'open' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'awaiting_customer' THEN 2 \
        WHEN 'awaiting_third_party' THEN 3 WHEN 'solution_provided' THEN 4 WHEN 'closed' THEN 5 END AS BIGINT)"
}

#[cfg(test)]
mod tests {
    use diesel::debug_query;
    use diesel::sqlite::Sqlite;

    use super::*;
    use crate::domain::case::{Priority, Status};

    /// The expression that the declaration of an enum stands for.
    fn declared(column: &str, names: &[&str]) -> String {
        let ranks = names.iter().enumerate();
        let ranks: String = ranks
            .map(|(rank, name)| format!(" WHEN '{name}' THEN {rank}"))
            .collect();
        format!("CAST(CASE cases.{column}{ranks} END AS BIGINT) -- binds: []")
    }

    #[test]
    fn databases_rank_as_the_domain_does() {
        assert_eq!(
            debug_query::<Sqlite, _>(&PriorityRank).to_string(),
            declared("priority", Priority::NAMES)
        );
        assert_eq!(
            debug_query::<Sqlite, _>(&StatusRank).to_string(),
            declared("status", Status::NAMES)
        );
        assert!(
            (0_i64..)
                .zip(Priority::ALL)
                .all(|(place, one)| *one as i64 == place)
        );
        assert!(
            (0_i64..)
                .zip(Status::ALL)
                .all(|(place, one)| *one as i64 == place)
        );
    }
}
