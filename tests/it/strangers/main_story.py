"""The main story, told by a program of somebody who knows nothing but the published document.

Run with the folder that holds the generated package `casebell_client`, the server's address, and a token each of a
designated contact, an escalation owner and an administrator.
"""

import datetime
import sys

folder, address, contact, owner, administrator = sys.argv[1:]
sys.path.insert(0, folder)

from casebell_client import AuthenticatedClient
from casebell_client.api.cases import (
    close_case,
    create_case,
    create_case_escalation,
    get_case,
    get_case_eligibility,
    list_cases,
)
from casebell_client.api.escalations import (
    accept_escalation,
    claim_escalation,
    close_escalation,
    create_escalation_feed_entry,
    create_escalation_rating,
    get_escalation_feed,
    list_escalations,
)
from casebell_client.api.users import create_user
from casebell_client import models


def client(token):
    return AuthenticatedClient(base_url=address, token=token)


def done(answer, kind):
    """What an operation answered, which is what the document says it is."""
    assert isinstance(answer, kind), f"{kind.__name__} expected: {answer}"
    return answer


dana, olga, ada = client(contact), client(owner), client(administrator)

# Raise a case.
case = done(
    create_case.sync(
        client=dana,
        body=models.OpenCase(
            subject="Calls drop after 30 seconds",
            description="Since the update this morning, every outbound call drops.",
            priority=models.Priority.MEDIUM,
            deployment=models.Deployment.CLOUD,
            business_impact=models.BusinessImpact.SIGNIFICANT,
        ),
        idempotency_key=sys.argv[0],
    ),
    models.Case,
)
assert case.owner is None and case.active_escalation is None and case.closed_at is None
listed = done(list_cases.sync(client=dana, status=[models.Status.OPEN], limit=1), models.CaseList)
assert listed.items[0].number == case.number

# What a refusal is made of is known too.
refused = done(get_case.sync(client=dana, case="C-999999"), models.Problem)
assert refused.code == "not_found"

# Assess, and submit.
assessed = done(
    get_case_eligibility.sync(client=dana, case=case.number, reason="no_progress"), models.Assessment
)
assert assessed.verdict == models.Verdict.ELIGIBLE and assessed.findings == []
never = create_case_escalation.sync(
    client=dana,
    case=case.number,
    body=models.SubmitEscalation(reason="urgency_or_impact_change", details="It is urgent."),
)
assert done(never, models.Problem).code == "not_eligible"
assert [finding.code for finding in never.findings] == [models.FindingCode.USE_PRIORITY_CHANGE]
answers = models.SubmitEscalationAnswersType1.from_dict(
    {"expected": "A fix by Monday", "business_impact": "Two hundred agents are idle"}
)
escalation = done(
    create_case_escalation.sync(
        client=dana,
        case=case.number,
        body=models.SubmitEscalation(
            reason="no_progress", details="Nobody has looked at it.", answers=answers, acknowledgements=[]
        ),
    ),
    models.Escalation,
)

# The other side finds it, takes it, and answers.
queue = done(list_escalations.sync(client=olga, state=[models.EscalationState.SUBMITTED], limit=100), models.EscalationList)
assert escalation.number in [waiting.number for waiting in queue.items]
claimed = done(claim_escalation.sync(client=olga, escalation=escalation.number), models.Escalation)
assert claimed.owner is not None
due_at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
accepted = done(
    accept_escalation.sync(
        client=olga,
        escalation=escalation.number,
        body=models.AcceptEscalation(
            importance=models.EscalationLevel.HIGH,
            urgency=models.EscalationLevel.MEDIUM,
            reply="You are right. We are on it.",
            next_steps=[models.PromiseStep(what="Roll back the update", who="The carrier", due_at=due_at)],
        ),
    ),
    models.Escalation,
)
assert accepted.rank == 2 and accepted.next_steps[0].what == "Roll back the update"
done(
    create_escalation_feed_entry.sync(
        client=dana, escalation=escalation.number, body=models.PostEntry(body="Thank you. It works again.")
    ),
    models.FeedEntry,
)
feed = done(get_escalation_feed.sync(client=olga, escalation=escalation.number), models.FeedEntryList)
assert any("It works again" in entry.body for entry in feed.items)

# And it ends.
closed = done(
    close_escalation.sync(
        client=olga,
        escalation=escalation.number,
        body=models.CloseEscalation(outcome="Solved", summary="The update was rolled back."),
    ),
    models.Escalation,
)
assert closed.state == models.EscalationState.CLOSED
done(
    create_escalation_rating.sync(
        client=dana, escalation=escalation.number, body=models.RateEscalation(score=5)
    ),
    models.Escalation,
)
over = done(
    close_case.sync(client=dana, case=case.number, body=models.CloseCase(note="Solved.")), models.Case
)
assert over.status == models.Status.CLOSED

# Names of people are words, in and out.
added = done(
    create_user.sync(
        client=ada,
        body=models.AddUser(
            email="new.hand@acme.example",
            first_name="New",
            last_name="Hand",
            organization="acme",
            roles=["designated_contact"],
        ),
    ),
    models.Person,
)
assert (added.first_name, added.last_name) == ("New", "Hand")
print("the main story is told")
