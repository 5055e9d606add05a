//! The pages about one's own notices.

use super::super::Look;
use super::dana;
use crate::domain::notice::{Delivery, NoticeKind};
use crate::http::portal::my_notices::{self, MyNoticesPage};
use crate::http::portal::shell::Shell;
use crate::http::portal::unsubscribe::{done, question};
use crate::words::Catalogue;
use crate::workflow::choose_notices::Unsubscribing;

pub(super) fn all(look: &mut Look) {
    let words = Catalogue::load().unwrap();
    let delivery = |kind: &NoticeKind| match kind {
        NoticeKind::StepDone => Delivery::None,
        _ => Delivery::Now,
    };
    let chosen: Vec<_> = NoticeKind::ALL
        .iter()
        .map(|kind| (*kind, delivery(kind)))
        .collect();
    let page = MyNoticesPage {
        email: "dana@acme.example".to_owned(),
        form: my_notices::form(&words, &chosen),
        fixed: my_notices::fixed(&words),
    };
    look.page("my-notices", "my-notices", &dana(), &page);

    let asked = Unsubscribing {
        email: "dana@acme.example".parse().unwrap(),
        kind: NoticeKind::EntryPosted,
    };
    let page = question(&words, &asked, "/unsubscribe/cbu_x".to_owned());
    // Before signing in there is no token to carry, and none is asked for.
    look.page("unsubscribe", "unsubscribe", &Shell::sample(), &page);
    let page = done(&words, &asked);
    look.page("unsubscribe.done", "unsubscribe", &Shell::sample(), &page);
}
