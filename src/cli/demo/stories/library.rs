//! What Northstar has written down: a few articles, and where its handbooks are.

use super::super::stage::Stage;
use super::super::stage::library::Writing;
use super::{days, hours};
use crate::domain::article::State;
use crate::domain::audience::AudienceKind;
use crate::domain::guide::GuideKind;
use crate::workflow::VerbResult;

const CALLS: &str = "Audio and calls";
const SUPPORT: &str = "Working with support";

const SILENCE: &str = "\
Calls connect, and after a while one side hears nothing. In nine of ten cases the media is cut off between the two sites, \
and the signalling goes on.

# What to check first

1. **Which side is silent?** Call a test number and let the other side count aloud.
2. **After how long?** If it is always the same time, such as 30 seconds, a timer is behind it.
3. **Which calls?** Inbound, outbound, or only those that were transferred.

# Always after the same time

A firewall that closes an idle session does it by the clock. Let these pass in both directions, and keep idle sessions for \
at least 120 seconds:

| what | ports |
| --- | --- |
| signalling | 5061 TCP |
| media | 16384 to 32767 UDP |

# Only after a transfer

The second leg may be sent to an address that the agents' network does not reach. A trace of one such call shows it in the \
`c=` line of the second `INVITE`.

# If it goes on

Open a case with the time of two such calls, the numbers, and a trace of one. See *What to attach to a voice case*.";

const SILENCE_LATER: &str = "\
# By wireless headset

If only wireless headsets go silent, update their base first: versions before 4.2 drop the media when two bases share a channel.";

const ATTACHMENTS: &str = "\
With these, the first answer can be a solution instead of a question.

- **Two examples**, each with its date, time and zone, the caller's and the called number.
- **A trace** of one of them, from before it rings until after it ends.
- **What changed** in the week before: updates, firewall rules, a new site.
- **How many** agents or calls are affected, and how many are not.

Leave out recordings of calls, passwords, and whatever names people who have nothing to do with it.";

const PRIORITY: &str = "\
# Priority says how urgent it is

- **Low**: a question, or something that can wait. Low-priority cases cannot be escalated.
- **Medium**: work goes on, with difficulty. You can ask for it on the case page.
- **High**: work stands still. It is asked for by telephone, so that somebody begins at once.

# Impact says how much of the business stands still

State it as it is now, and change it on the case when it changes. A high-priority case needs significant impact to be escalated \
for want of an update.

# They are not the same

A single telephone that is broken may be urgent for one person and of no impact. A report that nobody gets may be of \
significant impact and wait until Monday.";

const CLOCKS: &str = "\
Each case page tells what runs, what stands still and why.

- **Last update from support** is the newest entry that you can see. Your own entries do not count.
- **Next update promised** is a date that support gave. If it passes, the case can be escalated for it.
- **Business days** leave out weekends and holidays, and the day on which something was asked for.

Point at a time, or go there by keyboard, and the page tells the exact instant.";

const ACME: &str = "\
# Change windows

Tuesdays and Thursdays from 02:00 to 04:00, New York time. Outside of them nothing is restarted without a word from Dana Cole.

# Numbers

- Outbound calls show the main number of the site.
- 8xx goes to the recording server, and is not to be used for agents.

# Who to call at night

The network desk answers around the clock; its number stands in the contract.";

const FAILOVER: &str = "\
# The week before

Check that the second site has the licences of the first.

# The hour before

Tell the shift leads. (To be written: what they are told.)";

/// Articles in two categories: for everybody, for customers, for one of them, and one that is not ready.
pub fn northstar_writes_down(stage: &mut Stage<'_>) -> VerbResult<()> {
    let published = |title, summary, body, category| Writing {
        title,
        summary,
        body,
        category,
        audience: AudienceKind::Everyone,
        organizations: &[],
        state: State::Published,
    };
    stage.writes(
        "olga",
        days(75),
        &published(
            "Priority and impact: which to choose",
            "What low, medium and high priority mean, and how the impact is something else.",
            PRIORITY,
            SUPPORT,
        ),
    )?;
    let silence = stage.writes(
        "sam",
        days(70),
        &published(
            "One-way audio and calls that go silent",
            "Which side is silent, after how long, and what that says about the firewall.",
            SILENCE,
            CALLS,
        ),
    )?;
    stage.writes("sam", days(66), &Writing {
        audience: AudienceKind::Customers,
        ..published(
            "What to attach to a voice case",
            "Examples, a trace, and what changed: with these the first answer can be a solution.",
            ATTACHMENTS,
            CALLS,
        )
    })?;
    stage.writes(
        "ravi",
        days(52),
        &published(
            "How to read the clocks of a case",
            "What counts as an update, what a promise is, and how business days are counted.",
            CLOCKS,
            SUPPORT,
        ),
    )?;
    stage.writes(
        "ravi",
        days(48),
        &Writing {
            audience: AudienceKind::Organizations,
            organizations: &["acme"],
            ..published(
                "ACME: change windows and numbers",
                "When something may be restarted at ACME, and which numbers are taken.",
                ACME,
                CALLS,
            )
        },
    )?;
    let links = [
        (
            GuideKind::Handbook,
            "Northstar support handbook",
            "https://northstar.example/handbook",
        ),
        (
            GuideKind::Training,
            "Escalating well, a training of 20 minutes",
            "https://northstar.example/training/escalating",
        ),
    ];
    stage.leads_to("ada", days(45), &links)?;
    let longer = format!("{SILENCE}\n\n{SILENCE_LATER}");
    stage.rewrites("ravi", days(44), silence, &longer)?;
    stage.publishes("sam", days(43), silence)?;
    stage.finds(
        "dana",
        days(42) + hours(2),
        silence,
        true,
        "The table of ports was what our network team needed.",
    )?;
    stage.writes(
        "sam",
        days(41),
        &Writing {
            state: State::Draft,
            ..published(
                "Preparing for a planned failover",
                "What to do the week and the hour before.",
                FAILOVER,
                CALLS,
            )
        },
    )?;
    Ok(())
}
