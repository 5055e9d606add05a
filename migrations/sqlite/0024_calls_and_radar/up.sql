-- Calls that are asked for on an escalation (M12). A call takes place between two instants; `time_zone` is the zone by whose
-- clock they were chosen.
CREATE TABLE callbacks (
    id BLOB PRIMARY KEY NOT NULL,
    case_id BLOB NOT NULL REFERENCES cases (id),
    escalation_id BLOB NOT NULL,
    phone TEXT NOT NULL,
    begins_at TEXT NOT NULL,
    ends_at TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    note TEXT,
    state TEXT NOT NULL CHECK (state IN ('requested', 'taken', 'completed', 'missed', 'canceled')),
    owner_id BLOB REFERENCES people (id),
    reason TEXT,
    requested_by BLOB NOT NULL REFERENCES people (id),
    requested_at TEXT NOT NULL,
    reminded_at TEXT,
    settled_at TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    salt TEXT,
    FOREIGN KEY (escalation_id, case_id) REFERENCES escalations (id, case_id),
    CHECK (ends_at > begins_at),
    CHECK (state != 'requested' OR owner_id IS NULL),
    CHECK (state NOT IN ('taken', 'completed') OR owner_id IS NOT NULL),
    CHECK ((state IN ('requested', 'taken')) = (settled_at IS NULL))
) STRICT;
CREATE INDEX callbacks_by_window ON callbacks (begins_at, id);
CREATE INDEX callbacks_by_request ON callbacks (requested_at, id);
CREATE INDEX callbacks_by_state ON callbacks (state, begins_at, id);
CREATE INDEX callbacks_by_owner ON callbacks (owner_id, begins_at, id);
CREATE INDEX callbacks_by_escalation ON callbacks (escalation_id, begins_at, id);
CREATE INDEX callbacks_by_case ON callbacks (case_id, begins_at, id);
-- What the clock has to see to: calls whose window begins, and those whose window is over.
CREATE INDEX callbacks_to_remind ON callbacks (begins_at, id) WHERE state IN ('requested', 'taken') AND reminded_at IS NULL;
CREATE INDEX callbacks_to_lapse ON callbacks (ends_at, id) WHERE state IN ('requested', 'taken');

-- What becomes eligible next (M9) is found by when support last wrote on an open case, or by when the case was opened if it never
-- did, by the analyses that are to be delivered, and by the promises that fall due.
CREATE INDEX cases_by_provider_entry ON cases (last_provider_entry_at, id) WHERE closed_at IS NULL;
CREATE INDEX cases_unanswered ON cases (opened_at, id) WHERE closed_at IS NULL AND last_provider_entry_at IS NULL;
CREATE INDEX cases_awaiting_analysis ON cases (rca_requested_at, id) WHERE closed_at IS NULL AND rca_delivered_at IS NULL;

-- Of what the owner of a case was warned: that it becomes eligible for this reason at this instant.
CREATE TABLE radar_warnings (
    case_id BLOB NOT NULL REFERENCES cases (id),
    reason TEXT NOT NULL,
    eligible_at TEXT NOT NULL,
    warned_at TEXT NOT NULL,
    PRIMARY KEY (case_id, reason, eligible_at)
) STRICT;
CREATE INDEX radar_warnings_by_instant ON radar_warnings (eligible_at);
