//! The jobs, stepped on a small desk: on SQLite always, and on PostgreSQL where `CASEBELL_TEST_POSTGRES_URL` names one.

mod desk;
mod driver;
mod leases;
mod letters;
mod outages;
mod outbox;
mod steps;
mod told;

/// Defines tests that run on each database there is.
macro_rules! on_each_database {
    ($( async fn $name:ident($desk:ident: Desk) $body:block )+) => {$(
        #[test]
        fn $name() {
            async fn story($desk: $crate::worker::tests::desk::Desk) $body
            $crate::worker::tests::desk::on_each_database(|desk| Box::pin(story(desk)));
        }
    )+};
}
use on_each_database;
