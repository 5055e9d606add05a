-- Targets, the ladder and duty (M8).

-- How long each target has, where that is not the default. Grades are priorities, or ranks.
CREATE TABLE target_rules (
    kind TEXT NOT NULL CHECK (kind IN ('claim', 'first_reply', 'update')),
    grade TEXT NOT NULL,
    minutes INTEGER NOT NULL CHECK (minutes BETWEEN 1 AND 527040),
    clock TEXT NOT NULL CHECK (clock IN ('elapsed', 'business')),
    updated_at TEXT NOT NULL,
    PRIMARY KEY (kind, grade),
    CHECK ((kind = 'update') = (grade IN ('1', '2', '3', '4', '5')) AND (kind = 'update') <> (grade IN ('medium', 'high')))
) STRICT;

-- What there is one of: the ladder, how escalations get their owner, and how often each was changed.
CREATE TABLE duty_rules (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    ladder TEXT,
    assignment TEXT NOT NULL CHECK (assignment IN ('manual', 'rotation')),
    targets_version INTEGER NOT NULL,
    ladder_version INTEGER NOT NULL,
    duty_version INTEGER NOT NULL
) STRICT;
INSERT INTO duty_rules (id, ladder, assignment, targets_version, ladder_version, duty_version) VALUES (1, NULL, 'manual', 1, 1, 1);

CREATE TABLE duty_shifts (
    position INTEGER PRIMARY KEY NOT NULL,
    person_id BLOB NOT NULL REFERENCES people (id),
    days TEXT NOT NULL,
    from_minute INTEGER NOT NULL CHECK (from_minute BETWEEN 0 AND 1439),
    until_minute INTEGER NOT NULL CHECK (until_minute BETWEEN 0 AND 1440),
    time_zone TEXT NOT NULL
) STRICT;

CREATE TABLE duty_absences (
    position INTEGER PRIMARY KEY NOT NULL,
    person_id BLOB NOT NULL REFERENCES people (id),
    from_at TEXT NOT NULL,
    until_at TEXT NOT NULL,
    cover_id BLOB REFERENCES people (id),
    CHECK (from_at < until_at AND (cover_id IS NULL OR cover_id <> person_id))
) STRICT;

-- Which turn was somebody's last: turns are counted, for several may be taken at one instant.
CREATE TABLE duty_turns (
    person_id BLOB PRIMARY KEY NOT NULL REFERENCES people (id),
    turn INTEGER NOT NULL UNIQUE
) STRICT;

-- The targets of each escalation, those that are over included. A target runs until it is met or ended; while it stands still
-- it falls due for nobody. `steps_given` counts the steps of the ladder that are over, and `alarm_at` is when the next one is.
-- Of a target that is over, `segments` says how it came to fall due by the calendar of its time.
CREATE TABLE escalation_targets (
    id BLOB PRIMARY KEY NOT NULL,
    escalation_id BLOB NOT NULL REFERENCES escalations (id),
    kind TEXT NOT NULL CHECK (kind IN ('claim', 'first_reply', 'update')),
    newest INTEGER NOT NULL CHECK (newest IN (0, 1)),
    started_at TEXT NOT NULL,
    minutes INTEGER NOT NULL CHECK (minutes > 0),
    clock TEXT NOT NULL CHECK (clock IN ('elapsed', 'business')),
    pauses TEXT NOT NULL,
    paused_since TEXT,
    due_at TEXT NOT NULL,
    reckoned_at TEXT NOT NULL,
    met_at TEXT,
    ended_at TEXT,
    segments TEXT,
    steps_given INTEGER NOT NULL DEFAULT 0,
    alarm_at TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    CHECK (met_at IS NULL OR ended_at IS NULL),
    CHECK (alarm_at IS NULL OR (met_at IS NULL AND ended_at IS NULL AND paused_since IS NULL))
) STRICT;
CREATE UNIQUE INDEX escalation_targets_newest ON escalation_targets (escalation_id, kind) WHERE newest;
CREATE UNIQUE INDEX escalation_targets_running ON escalation_targets (escalation_id, kind) WHERE met_at IS NULL AND ended_at IS NULL;
CREATE INDEX escalation_targets_alarms ON escalation_targets (alarm_at, id) WHERE alarm_at IS NOT NULL;

-- Who was told of targets last, and when: what follows within minutes is gathered (N7).
CREATE TABLE target_tellings (
    person_id BLOB PRIMARY KEY NOT NULL REFERENCES people (id),
    at TEXT NOT NULL
) STRICT;

-- The case's priority at submission, none for escalations whose targets are still to be started; since when the requester's
-- answer is awaited; and what falls due next, at the end of time where nothing does.
ALTER TABLE escalations ADD COLUMN submitted_priority TEXT CHECK (submitted_priority IN ('low', 'medium', 'high'));
ALTER TABLE escalations ADD COLUMN awaiting_reply_since TEXT;
ALTER TABLE escalations ADD COLUMN next_due_at TEXT NOT NULL DEFAULT '9999-12-31T23:59:59.999999Z';
UPDATE escalations SET submitted_priority = (SELECT priority FROM cases WHERE cases.id = escalations.case_id)
    WHERE state NOT IN ('submitted', 'in_review', 'accepted');
UPDATE escalations SET next_due_at = (
    SELECT MIN(due_at) FROM next_steps WHERE next_steps.escalation_id = escalations.id AND next_steps.state = 'open'
) WHERE EXISTS (SELECT 1 FROM next_steps WHERE next_steps.escalation_id = escalations.id AND next_steps.state = 'open');
CREATE INDEX escalations_untimed ON escalations (id) WHERE submitted_priority IS NULL;
CREATE INDEX escalations_next_due ON escalations (next_due_at, id);
