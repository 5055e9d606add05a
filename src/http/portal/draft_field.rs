//! Where what is typed into a field, or into a whole form, is kept, and what was begun there before.

use std::collections::HashMap;

use serde::Serialize;

use crate::domain::Instant;
use crate::domain::draft::DraftPlace;
use crate::store::drafts::Draft;

/// Where a script keeps what is typed into a field.
#[derive(Clone, Debug, Serialize)]
pub struct DraftField {
    /// Where to.
    pub href: String,
    /// The version of the draft that stands in the field; 0 if there is none.
    pub version: i64,
    /// When it was kept.
    pub at: Option<Instant>,
    /// The page that shows the field's form with what is kept of it, where that is kept whole; empty where it is this field alone.
    pub whole: String,
}

impl DraftField {
    /// For a place by ids, with the draft that was found there.
    pub(super) fn of(place: &DraftPlace, found: Option<&Draft>) -> Self {
        Self {
            href: format!("/api/v1/me/drafts/{place}"),
            version: found.map_or(0, |draft| draft.version),
            at: found.map(|draft| draft.updated_at),
            whole: String::new(),
        }
    }

    /// The same for the whole form, which `page` shows.
    pub(super) fn of_form(mut self, page: String) -> Self {
        self.whole = page;
        self
    }
}

/// The draft at a place by ids, of those that were read.
pub(super) fn at<'d>(drafts: &'d [Draft], place: &DraftPlace) -> Option<&'d Draft> {
    let place = place.to_string();
    drafts.iter().find(|draft| draft.place == place)
}

/// What stood in a form when its draft was kept, as it would be sent; the draft's words are those of the field `name`.
pub(super) fn begun(draft: &Draft, name: &str) -> HashMap<String, String> {
    let fields = draft.fields.iter().flat_map(|fields| fields.iter());
    let owned = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
    let mut begun: HashMap<_, _> = fields.map(owned).collect();
    if !draft.body.is_empty() {
        begun.insert(name.to_owned(), draft.body.clone());
    }
    begun
}

/// How many rows a list has in a form of which this was begun: `next_steps[1].what` is of the second.
pub(super) fn rows_begun(draft: &Draft, list: &str) -> usize {
    let fields = draft.fields.iter().flat_map(|fields| fields.iter());
    let row = |(name, _): (&str, &str)| {
        let (index, _) = name
            .strip_prefix(list)?
            .strip_prefix('[')?
            .split_once(']')?;
        index.parse::<usize>().ok()?.checked_add(1)
    };
    fields.filter_map(row).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::sql_types::Json;
    use crate::domain::draft::FormFields;

    fn draft(fields: &[(&str, &str)]) -> Draft {
        let mut kept = FormFields::default();
        for (name, text) in fields {
            kept.add(name, text).expect("kept");
        }
        Draft {
            place: String::new(),
            case_id: None,
            body: "Words".to_owned(),
            fields: Some(Json(kept)),
            visibility: None,
            updated_at: Instant::UNIX_EPOCH,
            version: 1,
        }
    }

    #[test]
    fn a_form_has_as_many_rows_as_were_begun() {
        let steps = |fields: &[(&str, &str)]| rows_begun(&draft(fields), "next_steps");
        assert_eq!(steps(&[]), 0);
        assert_eq!(steps(&[("ranking", "high-low"), ("next_steps", "x")]), 0);
        let two = [("next_steps[0].what", "a"), ("next_steps[2].who", "b")];
        assert_eq!(steps(&two), 3);
        let odd = [
            ("next_steps[x].who", "b"),
            ("next_steps[18446744073709551615].who", "b"),
        ];
        assert_eq!(steps(&odd), 0);
    }

    #[test]
    fn the_words_stand_in_their_own_field() {
        let begun = begun(&draft(&[("ranking", "high-low")]), "reply");
        assert_eq!(begun.len(), 2);
        assert_eq!(begun["reply"], "Words");
        assert_eq!(begun["ranking"], "high-low");
    }
}
