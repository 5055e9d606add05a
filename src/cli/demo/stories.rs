//! The stories, in the order in which the cases were opened.

mod access;
mod escalated;
mod filters;
mod help;
mod library;
mod templates;

use chrono::TimeDelta;

use super::cast::{RECORDING, REPORTING, VOICE};
use super::files;
use super::stage::{Ago, Opening, Stage};
use crate::domain::case::{BusinessImpact, Deployment, Engagement, Priority, Status};
use crate::domain::duty::Weekday;
use crate::workflow::VerbResult;

fn days(count: i64) -> Ago {
    TimeDelta::days(count)
}

fn hours(count: i64) -> Ago {
    TimeDelta::hours(count)
}

fn minutes(count: i64) -> Ago {
    TimeDelta::minutes(count)
}

/// Tells all of them.
pub fn tell(stage: &mut Stage<'_>) -> VerbResult<()> {
    library::northstar_writes_down(stage)?;
    access::a_partner_is_let_in(stage)?;
    somebody_is_always_on_duty(stage)?;
    closed(stage)?;
    escalated::analysis_accepted(stage)?;
    escalated::closed(stage)?;
    analysis_overdue(stage)?;
    reopened(stage)?;
    escalated::withdrawn(stage)?;
    escalated::in_review(stage)?;
    third_party(stage)?;
    escalated::declined(stage)?;
    low_priority(stage)?;
    escalated::accepted(stage)?;
    eligible(stage)?;
    not_yet_eligible(stage)?;
    escalated::unclaimed(stage)?;
    awaiting_customer(stage)?;
    promised(stage)?;
    just_opened(stage)?;
    filters::filters_are_saved(stage)?;
    access::somebody_asks_to_read(stage)?;
    help::announced(stage)?;
    help::shown(stage)?;
    help::linked(stage)?;
    templates::templates_are_written(stage)
}

fn somebody_is_always_on_duty(stage: &mut Stage<'_>) -> VerbResult<()> {
    use Weekday::{Sat, Sun};
    let week = &Weekday::ALL[..5];
    let shifts = [
        ("olga", week, "08:00", "17:00"),
        ("ravi", Weekday::ALL, "17:00", "08:00"),
        ("ravi", &[Sat, Sun], "08:00", "17:00"),
    ];
    stage.says_who_is_on_duty("nadia", days(32), &shifts)
}

fn closed(stage: &mut Stage<'_>) -> VerbResult<()> {
    let mut case = stage.opens("dana", days(31), &Opening {
        subject: "Agents are logged out during the night backup",
        description: "Between 02:00 and 02:20 all night agents lose their session. It happens every night since the upgrade.",
        priority: Priority::Medium,
        deployment: Deployment::Cloud,
        impact: BusinessImpact::Limited,
    })?;
    case.takes("sam", days(31) - hours(1), VOICE)?;
    case.says("sam", days(30), "The backup moved the session store to its replica. We have pinned it; tonight should be quiet.")?;
    case.becomes("sam", days(30) - minutes(2), Status::SolutionProvided)?;
    case.asks_for_analysis(
        "dana",
        days(29),
        "Please tell us why the replica refused the sessions.",
    )?;
    case.delivers_analysis("sam", days(26), "## Cause\n\nThe replica was started with last year's signing key.\n\n## What we changed\n\nKeys are now checked before a replica may take over.")?;
    case.closes("dana", days(25), "Two quiet weeks, thank you.")
}

fn analysis_overdue(stage: &mut Stage<'_>) -> VerbResult<()> {
    let mut case = stage.opens("uma", days(18), &Opening {
        subject: "Appointment reminders were called twice",
        description: "On Monday 1,900 patients were called twice, some of them at night. The campaign has run for a year without that.",
        priority: Priority::Medium,
        deployment: Deployment::Premise,
        impact: BusinessImpact::Limited,
    })?;
    case.takes("ravi", days(18) - hours(2), VOICE)?;
    case.says(
        "ravi",
        days(17),
        "We have stopped the second dialler and corrected the list. No further call is planned.",
    )?;
    case.becomes("ravi", days(17) - minutes(5), Status::SolutionProvided)?;
    case.reads("uma", days(16) + hours(4))?;
    case.asks_for_analysis(
        "uma",
        days(16),
        "Our regulator asks why it could happen. We need a written analysis.",
    )
}

fn reopened(stage: &mut Stage<'_>) -> VerbResult<()> {
    let mut case = stage.opens("gina", days(14), &Opening {
        subject: "Nightly export leaves out transferred calls",
        description: "Calls that were transferred twice are missing from the export. We bill by it.",
        priority: Priority::Medium,
        deployment: Deployment::Cloud,
        impact: BusinessImpact::Limited,
    })?;
    case.takes("sam", days(14) - hours(3), REPORTING)?;
    case.says(
        "sam",
        days(12),
        "The export now follows every leg of a call. Last night's file is complete.",
    )?;
    case.closes("gina", days(11), "Complete, thanks.")?;
    case.reopens(
        "gina",
        days(1) + hours(6),
        "Since Tuesday the same calls are missing again.",
    )?;
    case.becomes("sam", days(1) + hours(4), Status::InProgress)?;
    case.notes(
        "sam",
        days(1) + hours(3),
        "The release of Tuesday brought the old query back. Talking to development.",
    )?;
    case.engages("sam", days(1) + hours(3), &[Engagement::Development])
}

fn third_party(stage: &mut Stage<'_>) -> VerbResult<()> {
    let mut case = stage.opens("uma", days(6), &Opening {
        subject: "Voicemail arrives without audio",
        description: "Messages left by mobile callers arrive as empty attachments. Landline callers are fine.",
        priority: Priority::Medium,
        deployment: Deployment::Premise,
        impact: BusinessImpact::Limited,
    })?;
    case.takes("ravi", days(6) - hours(1), VOICE)?;
    case.says("ravi", days(5), "The carrier sends a codec that your gateway does not record. We have asked them to offer another.")?;
    case.becomes("ravi", days(5) - minutes(1), Status::AwaitingThirdParty)?;
    case.engages("ravi", days(5) - minutes(1), &[Engagement::ThirdParty])?;
    case.calls(
        "ravi",
        days(2),
        "Lena Brandt, the carrier",
        "They change the offer in their maintenance window on Sunday.",
    )?;
    case.reads("uma", days(1))
}

fn low_priority(stage: &mut Stage<'_>) -> VerbResult<()> {
    let mut case = stage.opens(
        "dana",
        days(4),
        &Opening {
            subject: "Holiday greeting plays the old office hours",
            description: "The greeting still says that we open at nine. It should say eight.",
            priority: Priority::Low,
            deployment: Deployment::Cloud,
            impact: BusinessImpact::None,
        },
    )?;
    case.takes("sam", days(3), VOICE)?;
    case.says(
        "sam",
        days(3) - hours(1),
        "You can upload a new greeting under Announcements. Shall we do it for you?",
    )?;
    case.reads("dana", days(2))?;
    case.asks_for_medium(
        "dana",
        hours(5),
        "Customers come an hour late now, and branches complain. Please treat it as medium.",
    )
}

fn eligible(stage: &mut Stage<'_>) -> VerbResult<()> {
    let mut case = stage.opens("dana", days(2) + hours(20), &Opening {
        subject: "Supervisors hear nothing when they listen in",
        description: "In all four sites supervisors get silence instead of the call. New agents cannot be coached, and two have refused to take calls alone.",
        priority: Priority::High,
        deployment: Deployment::Cloud,
        impact: BusinessImpact::Significant,
    })?;
    case.takes("ravi", days(2) + hours(19), VOICE)?;
    case.says("ravi", days(2) + hours(2), "We see the listening leg being refused by the media server in your region. Which release do the supervisors' softphones have?")?;
    case.says("dana", days(2), "7.2.1 everywhere.")?;
    case.says(
        "ravi",
        days(1) + hours(3),
        "Thank you. We compare it with a region where it works.",
    )?;
    case.reads("dana", days(1) + hours(1))
}

fn not_yet_eligible(stage: &mut Stage<'_>) -> VerbResult<()> {
    let mut case = stage.opens("dana", days(2) + hours(16), &Opening {
        subject: "Agents lose audio 30 seconds into outbound calls",
        description: "Since Sunday evening outbound calls fall silent on our side after about half a minute. The called party still hears us.",
        priority: Priority::High,
        deployment: Deployment::Cloud,
        impact: BusinessImpact::Significant,
    })?;
    case.takes("sam", days(2) + hours(15), VOICE)?;
    case.says(
        "sam",
        days(1) + hours(21),
        "Reproduced with your test number. Please send a packet capture of one failing call.",
    )?;
    let heard = files::waveform().unwrap_or_default();
    case.shows("dana", days(1) + hours(14), "The capture is in your upload folder; this is what one failing call sounds like. 214 agents affected since Sunday evening; inbound is fine.", ("failing-call.png", &heard))?;
    case.notes("sam", hours(21), "Vendor ticket 88123 opened; they ask for the edge's core dump. Do not mention the vendor to the customer yet.")?;
    let log = files::edge_log();
    case.shows("sam", hours(20) + minutes(48), "We see one-way RTP after the re-INVITE at 28 s on the eu-central edge. Could you confirm whether the SBC firmware changed on Friday?", ("edge-eu-central.log", log.as_bytes()))?;
    case.reads("dana", hours(20))
}

fn awaiting_customer(stage: &mut Stage<'_>) -> VerbResult<()> {
    let mut case = stage.opens("dana", days(2), &Opening {
        subject: "Softphone asks for the password twice",
        description: "After the single sign-on the softphone asks for the password again. Agents write it on paper.",
        priority: Priority::Medium,
        deployment: Deployment::Cloud,
        impact: BusinessImpact::Limited,
    })?;
    case.takes("sam", days(2) - hours(1), VOICE)?;
    case.says(
        "sam",
        days(1) + hours(8),
        "Please send us the sign-on trace of one agent: **Help**, then **Save trace**.",
    )?;
    case.becomes("sam", days(1) + hours(8), Status::AwaitingCustomer)?;
    case.reads("dana", days(1) + hours(2))
}

fn promised(stage: &mut Stage<'_>) -> VerbResult<()> {
    let mut case = stage.opens("pia", days(1) + hours(10), &Opening {
        subject: "Recordings of Monday cannot be found by number",
        description: "Searching by the caller's number finds nothing for Monday. By agent they are there.",
        priority: Priority::Medium,
        deployment: Deployment::Cloud,
        impact: BusinessImpact::Limited,
    })?;
    case.takes("ravi", days(1) + hours(9), RECORDING)?;
    case.says(
        "ravi",
        hours(7),
        "The index of Monday is incomplete. We rebuild it; nothing is lost.",
    )?;
    case.promises("ravi", hours(7), "Index of Monday rebuilt", -hours(4))
}

fn just_opened(stage: &mut Stage<'_>) -> VerbResult<()> {
    stage
        .opens("gina", minutes(25), &Opening {
            subject: "New agents cannot sign in",
            description: "Twelve agents who started today get *account not provisioned*. Everybody else is fine.",
            priority: Priority::Medium,
            deployment: Deployment::Cloud,
            impact: BusinessImpact::Limited,
        })
        .map(drop)
}
