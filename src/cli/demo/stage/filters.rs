//! Filters that people saved.

use super::{Ago, Stage, text};
use crate::domain::saved_filter::FilteredList;
use crate::workflow::VerbResult;
use crate::workflow::saved_filters::{SaveFilter, save};

impl Stage<'_> {
    /// Somebody saves how they look at a list, for themselves or for everybody in their organization.
    pub fn saves_filter(
        &mut self,
        (who, ago): (&str, Ago),
        (list, name): (FilteredList, &str),
        query: &str,
        shared: bool,
    ) -> VerbResult<()> {
        let actor = self.actor(who)?;
        let filter = SaveFilter {
            name: text(name)?,
            list,
            query: text(query)?,
            shared: Some(shared),
        };
        save(self.conn, &actor, &filter, query, self.now - ago).map(drop)
    }
}
