//! What support announces, shows and links to (H1).

use super::super::stage::{Offer, Stage};
use super::{days, hours, minutes};
use crate::domain::announcement::Importance;
use crate::domain::audience::AudienceKind;
use crate::workflow::VerbResult;
use crate::workflow::tutorials::Places;

/// A maintenance that everybody should know of, and a change that customers may like.
pub fn announced(stage: &mut Stage<'_>) -> VerbResult<()> {
    stage.announces(
        ("nadia", days(3)),
        (
            "Reports of the quarter show transferred calls",
            "Calls that were transferred count for each agent who took part. **Older reports are not changed.**",
        ),
        (AudienceKind::Customers, Importance::Information),
        days(20) + minutes(17),
    )?;
    stage.announces(
        ("nadia", hours(9)),
        (
            "Maintenance of the voice platform this weekend",
            "Outbound calls may be refused for some minutes on Sunday morning. Inbound calls are not affected.",
        ),
        (AudienceKind::Everyone, Importance::Warning),
        days(5) + minutes(17),
    )
}

/// Three tutorials: one by a link, one that is full, and one for partners.
pub fn shown(stage: &mut Stage<'_>) -> VerbResult<()> {
    let routing = stage.offers(
        ("nadia", days(8)),
        &Offer {
            title: "Routing for supervisors",
            body: "How calls find their agents:\n\n- skills and priorities\n- what happens at night\n- questions",
            to: AudienceKind::Everyone,
            begins: days(6) + hours(2),
            places: None,
            place: "https://meet.northstar.example/routing",
        },
    )?;
    stage.comes("dana", days(6), routing)?;
    let full = stage.offers(
        ("nadia", days(7)),
        &Offer {
            title: "Reading your reports",
            body: "An hour and a half with your own figures. *Bring a report that puzzles you.*",
            to: AudienceKind::Customers,
            begins: days(9) + hours(3),
            places: Some(Places::SMALLEST),
            place: "Northstar, Hall 2, Berlin",
        },
    )?;
    for (who, ago) in [("gina", days(5)), ("pia", days(4))] {
        stage.comes(who, ago, full)?;
    }
    stage
        .offers(
            ("nadia", days(2)),
            &Offer {
                title: "Working for your clients",
                body: "How a partner opens and escalates cases of its clients.",
                to: AudienceKind::Partners,
                begins: days(12),
                places: None,
                place: "https://meet.northstar.example/partners",
            },
        )
        .map(drop)
}

/// Three tools.
pub fn linked(stage: &mut Stage<'_>) -> VerbResult<()> {
    for ((title, description), href, to) in [
        (
            (
                "Status of the platform",
                "What works, and what does not, by region.",
            ),
            "https://status.northstar.example/",
            AudienceKind::Everyone,
        ),
        (
            (
                "Line test",
                "Measures the way of a call from your site to ours.",
            ),
            "https://care.northstar.example/line-test",
            AudienceKind::Customers,
        ),
        (
            ("Price list", "What partners order by."),
            "https://care.northstar.example/prices",
            AudienceKind::Partners,
        ),
    ] {
        stage.links_to(("ada", days(30)), (title, description), href, to)?;
    }
    Ok(())
}
