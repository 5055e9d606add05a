
## Mails
## Whole sentences, told to somebody who reads them out of any context: the number is always there.

mail-subject = [{ $number }] { $subject }
mail-subject-reply = Re: [{ $number }] { $subject }
mail-by = { $name } ({ $organization })
mail-about = { $number } · { $subject }
mail-facts = { $organization } · { $priority } · { $status }
mail-said = { $by } wrote:
mail-reason-given = The reason:
mail-see-case = See the case
mail-see-escalation = See the escalation
mail-review = Review the escalation
mail-answer = Answer in the portal
mail-unread = Answers to this mail are not read. Please write in the portal.
mail-because-requester = You get this because you raised the escalation.
mail-because-escalation-owner = You get this because you own the escalation.
mail-because-asker = You get this because you asked for the priority.
mail-because-contact = You get this because you are the contact of this case.
mail-because-case-owner = You get this because you own this case.
mail-because-queue = You get this because you review escalations.
mail-because-engineers = You get this because you work on cases, and this one has no owner.

mail-case-opened-title = Case { $number } is open
mail-case-opened = { $by } opened this case.
mail-case-opened-unowned = It has no owner yet.
mail-case-opened-facts = Business impact: { $impact }. Deployment: { $deployment }.
mail-case-closed-title = Case { $number } is closed
mail-case-closed = { $by } closed this case.
mail-case-closed-reopen = If the problem is not solved, reopen the case in the portal.
mail-case-reopened-title = Case { $number } is open again
mail-case-reopened = { $by } reopened this case.

mail-entry-posted-title-case = New entry on case { $number }
mail-entry-posted-title-escalation = New entry on escalation { $number }

mail-rca-requested-title = A root cause analysis of case { $number } was requested
mail-rca-requested = { $by } asked for a root cause analysis.
mail-rca-requested-due = It is due before { $due }.
mail-rca-delivered-title = The root cause analysis of case { $number } is here
mail-rca-delivered = { $by } delivered it:

mail-priority-decided-granted-title = Case { $number } now has { $priority } priority
mail-priority-decided-granted = { $by } granted the request for { $priority } priority.
mail-priority-decided-refused-title = The priority of case { $number } stays as it is
mail-priority-decided-refused = { $by } did not grant the request for { $priority } priority.
mail-priority-decided-call = If it becomes urgent, call { $phone }.
mail-priority-low = low
mail-priority-medium = medium
mail-priority-high = high

mail-step = { $what }
mail-step-by = { $who }, by { $due }
mail-step-promised-title = A next step is promised on { $number }
mail-step-promised = { $by } promised:
mail-step-done-title = A next step on { $number } is done
mail-step-done = { $by } says that this is done:
mail-step-missed-title = A promised date on { $number } was missed
mail-step-missed = { $by } says that this was not done by its date:
mail-step-missed-lapsed-title = A promised date on { $number } has passed
mail-step-missed-lapsed = The date of this next step has passed, and nobody has said that it is done:
mail-step-missed-settle = Say in the portal what became of it: done, missed, or a new date with the reason.
mail-step-missed-escalate = A missed date is a ground for escalating a case. The case page says whether you can.
mail-step-repromised-title = A next step on { $number } has a new date
mail-step-repromised = { $by } moved it:

mail-escalation-submitted-received-title = We have received your escalation { $number }
mail-escalation-submitted-received = Your escalation of case { $case } is in the queue. An escalation owner will review it and answer you in the escalation feed.
mail-escalation-submitted-title = Case { $case } was escalated
mail-escalation-submitted = { $by } raised escalation { $number }.
mail-escalation-submitted-unowned = Nobody has claimed it yet.
mail-escalation-submitted-reason = Reason: { $reason }
mail-escalation-claimed-title = Escalation { $number } has an owner
mail-escalation-claimed = { $owner } has it now, and will answer in the escalation feed.
mail-escalation-claimed-yours-title = Escalation { $number } is yours
mail-escalation-claimed-yours = { $by } assigned it to you.
mail-escalation-accepted-title = Escalation { $number } is accepted
mail-escalation-accepted = { $by } accepted it and will keep you informed in the escalation feed.
mail-escalation-accepted-staff = { $by } accepted it.
mail-escalation-accepted-rank = Its rank is { $rank }.
mail-escalation-accepted-steps = Next steps
mail-escalation-declined-title = Escalation { $number } is declined
mail-escalation-declined = { $by } reviewed it and declined it. What was not met, and what you can do instead:
mail-escalation-declined-staff = { $by } declined it. What was not met, and what the customer was told to do instead:
mail-escalation-declined-again = You can escalate the case again once it meets the criteria. The case page says whether it does, and if not, when it will.
mail-escalation-declined-call = If it becomes urgent, call { $phone }.
mail-escalation-withdrawn-title = Escalation { $number } is withdrawn
mail-escalation-withdrawn = { $by } withdrew it.
mail-escalation-closed-title = Escalation { $number } is closed
mail-escalation-closed = { $by } closed it.
mail-escalation-closed-outcome = Outcome: { $outcome }
mail-escalation-closed-rate = How was it handled? On the case page you can rate it from 1 to 5, with a comment.

mail-declined-case-closed = The case is closed.
mail-declined-active-escalation = Another escalation of the case is active.
mail-declined-low-priority = The case has low priority.
mail-declined-use-priority-change = An escalation is not the way to report changed urgency or impact.
mail-declined-rca-window = The time for the root cause analysis is not over.
mail-declined-rca-not-requested = No root cause analysis was requested.
mail-declined-rca-delivered = The root cause analysis was delivered.
mail-declined-recently-updated = Support updated the case recently.
mail-declined-impact-not-significant = The case does not state significant business impact.
mail-declined-commitment-not-due = No promised date has passed.
mail-declined-unread-update = There is an update by support that was not read.
mail-declined-awaiting-your-information = Support is waiting for information.
mail-declined-provider-updated-recently = Support updated the case recently.
mail-declined-third-party-engaged = Others are engaged, and their findings are pending.

mail-instead-case-closed = Reopen the case in the portal or by phone.
mail-instead-active-escalation = Follow that one in the escalation feed.
mail-instead-low-priority = Ask for medium priority on the case page.
mail-instead-use-priority-change = Ask for another priority on the case page.
mail-instead-rca-window = The case page says when it is due; escalate if it is late.
mail-instead-rca-not-requested = Request one on the case page.
mail-instead-rca-delivered = Read it in the case feed, and write there if it leaves something open.
mail-instead-recently-updated = Read the latest update in the case feed, and answer there.
mail-instead-impact-not-significant = State the impact on the case page.
mail-instead-commitment-not-due = Ask in the case feed for a date, or wait for the one promised.
mail-instead-unread-update = Read it in the case feed.
mail-instead-awaiting-your-information = Answer in the case feed.
mail-instead-provider-updated-recently = Read the latest update in the case feed, and answer there.
mail-instead-third-party-engaged = Support follows up with them and writes in the case feed what they find.

mail-withheld-unreachable = The recipient is disabled, or has no verified address.
mail-withheld-not-visible = The recipient may not see what it is about any more.
mail-withheld-redacted = The words that it repeats were redacted.
