//! The stories of escalations, one in every state.

use serde_json::json;

use super::{days, hours, minutes};
use crate::cli::demo::cast::{RECORDING, REPORTING, VOICE};
use crate::cli::demo::stage::{Opening, Stage};
use crate::domain::case::{BusinessImpact, Deployment, Priority, Status};
use crate::domain::eligibility::FindingCode;
use crate::domain::escalation::Level;
use crate::domain::feed::Feed;
use crate::domain::notice::Stance;
use crate::domain::text::TextError;
use crate::input::Whole;
use crate::workflow::review_escalation::{
    CloseEscalation, DeclineEscalation, RateEscalation, WithdrawEscalation,
};
use crate::workflow::{Rejection, VerbError, VerbResult};

/// A text of this file; one that is none is a mistake of this file.
fn text<T: std::str::FromStr<Err = TextError>>(text: &str) -> VerbResult<T> {
    text.parse().map_err(|error: TextError| {
        VerbError::Rejected(Rejection::Field {
            field: "text",
            code: error.code(),
            given: text.to_owned(),
        })
    })
}

pub fn analysis_accepted(stage: &mut Stage<'_>) -> VerbResult<()> {
    let mut case = stage.opens(
        "pia",
        days(24),
        &Opening {
            subject: "Outage of the western region",
            description: "Nobody could take calls for 50 minutes. It is over; we need to know why.",
            priority: Priority::Medium,
            deployment: Deployment::Cloud,
            impact: BusinessImpact::Significant,
        },
    )?;
    case.takes("sam", days(24) - hours(1), VOICE)?;
    case.says(
        "sam",
        days(23),
        "The region is stable since 11:40. We are collecting what the nodes recorded.",
    )?;
    case.becomes("sam", days(23) - minutes(1), Status::SolutionProvided)?;
    case.asks_for_analysis(
        "pia",
        days(20),
        "We owe our own customers an explanation. Please send the analysis in writing.",
    )?;
    case.reads("pia", days(19))?;
    let answers = json!({"must_answer": "Why the second node did not take over, and what keeps it from happening again."});
    case.escalates(
        "pia",
        days(2),
        "rca_overdue",
        answers,
        "The analysis is overdue, and our customers ask every day.",
    )?;
    case.claims("olga", days(2) - minutes(35))?;
    let reply = "You are right, and I am sorry: the analysis waited for one log. I have it now. You get the written analysis today, \
                 and I will call you before it goes out.";
    case.accepts(
        "olga",
        days(2) - minutes(50),
        (Level::High, Level::Low),
        reply,
        &[
            ("Written analysis delivered", "Olga Marin", -hours(5)),
            ("Logs of the second node read", "Sam Reed", hours(3)),
        ],
    )?;
    case.writes_on_escalation(
        "pia",
        days(1) + hours(20),
        "Thank you. Please call me at the office.",
    )
}

pub fn closed(stage: &mut Stage<'_>) -> VerbResult<()> {
    let mut case = stage.opens("gina", days(21), &Opening {
        subject: "Callers wait in a queue that has no agents",
        description: "Calls to the claims line wait in a queue that we removed in spring. Callers give up.",
        priority: Priority::High,
        deployment: Deployment::Cloud,
        impact: BusinessImpact::Significant,
    })?;
    case.takes("ravi", days(21) - hours(1), VOICE)?;
    case.says("ravi", days(20), "We look into the routing table.")?;
    case.reads("gina", days(19) + hours(4))?;
    let answers = json!({"expected": "That callers reach somebody, by Thursday.", "business_impact": "Forty callers an hour are lost."});
    case.escalates(
        "gina",
        days(18),
        "no_progress",
        answers,
        "Two days and no word but that you look into it.",
    )?;
    case.claims("olga", days(18) - minutes(20))?;
    case.accepts("olga", days(18) - minutes(40), (Level::High, Level::High), "I have taken this over. Ravi redirects the line within the hour; after that we find out how it came back.", &[
        ("Line redirected to the agents", "Ravi Shah", days(18) - hours(2)),
    ])?;
    case.keeps(
        "ravi",
        days(18) - hours(2) + minutes(10),
        "Line redirected to the agents",
    )?;
    case.writes_on_escalation(
        "olga",
        days(18) - hours(2),
        "Callers have reached your agents since 14:10. Please try it yourself.",
    )?;
    case.writes_on_escalation("gina", days(18) - hours(3), "It works.")?;
    let close = CloseEscalation {
        outcome: text("Resolved")?,
        summary: text(
            "An import had restored the old table. It is corrected, and imports now ask before they restore.",
        )?,
        rater: None,
        next_steps: None,
    };
    case.verb("olga", days(16), |verb, conn| {
        verb.close(conn, &close).map(drop)
    })?;
    let thanks = text("Quick once Olga had it. It should not have needed an escalation.")?;
    let rate = RateEscalation {
        score: Whole::MAX,
        comment: Some(thanks),
    };
    case.verb("gina", days(15), |verb, conn| {
        verb.rate(conn, &rate).map(drop)
    })?;
    case.closes("gina", days(15) - minutes(5), "Done.")
}

pub fn withdrawn(stage: &mut Stage<'_>) -> VerbResult<()> {
    let mut case = stage.opens(
        "pia",
        days(9),
        &Opening {
            subject: "Month-end report runs into its time limit",
            description: "The report of all queues stops after ten minutes. Half a month works.",
            priority: Priority::Medium,
            deployment: Deployment::Cloud,
            impact: BusinessImpact::Limited,
        },
    )?;
    case.takes("sam", days(9) - hours(4), REPORTING)?;
    case.says(
        "sam",
        days(8),
        "We have given the report more time. Please run it tonight.",
    )?;
    case.reads("pia", days(7))?;
    let answers = json!({"expected": "A report by the first of the month.", "business_impact": "Salaries are computed from it."});
    case.escalates(
        "pia",
        days(6),
        "no_progress",
        answers,
        "It still stops, and salaries are due on Friday.",
    )?;
    let note = text("It ran through this morning after all. Sorry for the noise.")?;
    let withdraw = WithdrawEscalation { note: Some(note) };
    case.verb("pia", days(6) - hours(3), |verb, conn| {
        verb.withdraw(conn, &withdraw).map(drop)
    })?;
    case.becomes("sam", days(5), Status::SolutionProvided)
}

pub fn in_review(stage: &mut Stage<'_>) -> VerbResult<()> {
    let mut case = stage.opens("uma", days(7), &Opening {
        subject: "Recording export stalls at 2 GB",
        description: "Exports for the auditors stop at exactly 2 GB. The audit begins next week.",
        priority: Priority::Medium,
        deployment: Deployment::Premise,
        impact: BusinessImpact::Limited,
    })?;
    case.takes("sam", days(7) - hours(2), RECORDING)?;
    case.says(
        "sam",
        days(5),
        "The archive format ends there. Development prepares a build that writes larger ones.",
    )?;
    case.promises(
        "sam",
        days(5),
        "Build with large archives installed",
        hours(20),
    )?;
    case.reads("uma", days(1))?;
    let answers =
        json!({"commitment": "The build with large archives was promised for yesterday."});
    case.escalates(
        "uma",
        hours(5),
        "missed_commitment",
        answers,
        "Nothing was installed and nobody said why. The auditors arrive on Monday.",
    )?;
    case.claims("ravi", hours(4))?;
    case.notes("ravi", hours(3), "Build is signed off since this morning; installation needs their window. Asking operations for tonight.")
}

pub fn declined(stage: &mut Stage<'_>) -> VerbResult<()> {
    let mut case = stage.opens("hank", days(5), &Opening {
        subject: "Dialler pacing wrong after the update",
        description: "Since the update the dialler makes a third fewer calls than before, with the same settings.",
        priority: Priority::Medium,
        deployment: Deployment::Cloud,
        impact: BusinessImpact::Limited,
    })?;
    case.takes("ravi", days(5) - hours(2), VOICE)?;
    case.says("ravi", days(2) + hours(3), "The update counts answering machines correctly, which slows the pacing. With the new target of 4 % you get the old pace; shall we set it?")?;
    let answers = json!({"expected": "The old pace, the day after the update.", "business_impact": "Fewer calls, fewer sales."});
    case.escalates(
        "hank",
        days(2),
        "no_progress",
        answers,
        "We want the old pace back.",
    )?;
    case.claims("olga", days(2) - minutes(30))?;
    let reply = text(
        "Ravi's answer of yesterday gives you the old pace at once: it only needs your yes in the case. If that does not help, escalate again and I take it.",
    )?;
    let decline = DeclineEscalation {
        reasons: vec![FindingCode::RecentlyUpdated, FindingCode::UnreadUpdate],
        reply: Some(reply),
    };
    case.verb("olga", days(2) - minutes(55), |verb, conn| {
        verb.decline(conn, &decline).map(drop)
    })
}

pub fn accepted(stage: &mut Stage<'_>) -> VerbResult<()> {
    let mut case = stage.opens("dana", days(3) + hours(5), &Opening {
        subject: "Callers hear silence before the Lisbon menu",
        description: "Calls to Lisbon are silent for up to 40 seconds before the menu begins. Most callers hang up.",
        priority: Priority::High,
        deployment: Deployment::Cloud,
        impact: BusinessImpact::Significant,
    })?;
    case.takes("sam", days(3) + hours(4), VOICE)?;
    case.says(
        "sam",
        days(2) + hours(5),
        "We can reproduce it from Lisbon only. Please send a packet capture of one such call.",
    )?;
    case.says(
        "dana",
        days(2),
        "Capture sent. Two hundred agents are idle.",
    )?;
    case.says("sam", days(1) + hours(6), "Thank you, we read it.")?;
    case.reads("dana", days(1) + hours(2))?;
    let answers =
        json!({"business_impact": "Two hundred agents are idle in Lisbon.", "ongoing": true});
    case.escalates("dana", hours(3), "no_update", answers, "Two hundred agents are idle and we have had no news since yesterday morning. Who is deciding whether the edge fails over?")?;
    case.claims("olga", hours(2) + minutes(45))?;
    let reply = "I have taken this over. Sam analyses the capture; I will write to you after that whatever we find. Edge failover is \
                 prepared if we need it.";
    case.accepts(
        "olga",
        hours(2) + minutes(33),
        (Level::High, Level::High),
        reply,
        &[
            (
                "Packet capture analysed",
                "Sam Reed",
                -(hours(1) + minutes(20)),
            ),
            ("Update to ACME", "Olga Marin", -(hours(1) + minutes(50))),
        ],
    )?;
    case.stands("vic", hours(2), Feed::Escalation, Stance::Follow)?;
    case.notes("sam", hours(1), "@Olga Marin: vendor ticket 88131 opened; they ask for the edge's core dump. Do not mention the vendor to the customer yet.")?;
    case.writes_on_escalation(
        "dana",
        minutes(50),
        "Thank you. I have told our operations that somebody decides now.",
    )?;
    case.asks_for_a_call(
        "dana",
        minutes(45),
        "+351 21 555 0134",
        (hours(4), hours(6)),
    )
}

pub fn unclaimed(stage: &mut Stage<'_>) -> VerbResult<()> {
    let mut case = stage.opens("gina", days(2) + hours(9), &Opening {
        subject: "Wallboards frozen in all sites",
        description: "Every wallboard shows the figures of two days ago. Team leaders steer by guesswork.",
        priority: Priority::High,
        deployment: Deployment::Cloud,
        impact: BusinessImpact::Significant,
    })?;
    case.takes("ravi", days(2) + hours(8), REPORTING)?;
    case.says(
        "ravi",
        days(1) + hours(7),
        "The feed of figures stopped after a certificate ran out. A new one is requested.",
    )?;
    case.reads("gina", days(1) + hours(5))?;
    let answers =
        json!({"business_impact": "Eight sites cannot see their queues.", "ongoing": true});
    case.escalates(
        "gina",
        minutes(72),
        "no_update",
        answers,
        "A certificate takes minutes. We have waited for more than a day without a word.",
    )
}
