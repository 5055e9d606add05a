-- Targets, the ladder and duty (M8).

-- How long each target has, where that is not the default. Grades are priorities, or ranks.
CREATE TABLE target_rules (
    kind TEXT NOT NULL CHECK (kind IN ('claim', 'first_reply', 'update')),
    grade TEXT NOT NULL,
    minutes BIGINT NOT NULL CHECK (minutes BETWEEN 1 AND 527040),
    clock TEXT NOT NULL CHECK (clock IN ('elapsed', 'business')),
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (kind, grade),
    CHECK ((kind = 'update') = (grade IN ('1', '2', '3', '4', '5')) AND (kind = 'update') <> (grade IN ('medium', 'high')))
);

-- What there is one of: the ladder, how escalations get their owner, and how often each was changed.
CREATE TABLE duty_rules (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    ladder TEXT,
    assignment TEXT NOT NULL CHECK (assignment IN ('manual', 'rotation')),
    targets_version BIGINT NOT NULL,
    ladder_version BIGINT NOT NULL,
    duty_version BIGINT NOT NULL
);
INSERT INTO duty_rules (id, ladder, assignment, targets_version, ladder_version, duty_version) VALUES (1, NULL, 'manual', 1, 1, 1);

CREATE TABLE duty_shifts (
    position BIGINT PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people (id),
    days TEXT NOT NULL,
    from_minute BIGINT NOT NULL CHECK (from_minute BETWEEN 0 AND 1439),
    until_minute BIGINT NOT NULL CHECK (until_minute BETWEEN 0 AND 1440),
    time_zone TEXT NOT NULL
);

CREATE TABLE duty_absences (
    position BIGINT PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people (id),
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    cover_id uuid REFERENCES people (id),
    CHECK (from_at < until_at AND (cover_id IS NULL OR cover_id <> person_id))
);

-- Which turn was somebody's last: turns are counted, for several may be taken at one instant.
CREATE TABLE duty_turns (
    person_id uuid PRIMARY KEY REFERENCES people (id),
    turn BIGINT NOT NULL UNIQUE
);

-- The targets of each escalation, those that are over included. A target runs until it is met or ended; while it stands still
-- it falls due for nobody. `steps_given` counts the steps of the ladder that are over, and `alarm_at` is when the next one is.
-- Of a target that is over, `segments` says how it came to fall due by the calendar of its time.
CREATE TABLE escalation_targets (
    id uuid PRIMARY KEY,
    escalation_id uuid NOT NULL REFERENCES escalations (id),
    kind TEXT NOT NULL CHECK (kind IN ('claim', 'first_reply', 'update')),
    newest BOOLEAN NOT NULL,
    started_at timestamptz NOT NULL,
    minutes BIGINT NOT NULL CHECK (minutes > 0),
    clock TEXT NOT NULL CHECK (clock IN ('elapsed', 'business')),
    pauses TEXT NOT NULL,
    paused_since timestamptz,
    due_at timestamptz NOT NULL,
    reckoned_at timestamptz NOT NULL,
    met_at timestamptz,
    ended_at timestamptz,
    segments TEXT,
    steps_given BIGINT NOT NULL DEFAULT 0,
    alarm_at timestamptz,
    version BIGINT NOT NULL DEFAULT 1,
    CHECK (met_at IS NULL OR ended_at IS NULL),
    CHECK (alarm_at IS NULL OR (met_at IS NULL AND ended_at IS NULL AND paused_since IS NULL))
);
CREATE UNIQUE INDEX escalation_targets_newest ON escalation_targets (escalation_id, kind) WHERE newest;
CREATE UNIQUE INDEX escalation_targets_running ON escalation_targets (escalation_id, kind) WHERE met_at IS NULL AND ended_at IS NULL;
CREATE INDEX escalation_targets_alarms ON escalation_targets (alarm_at, id) WHERE alarm_at IS NOT NULL;

-- Who was told of targets last, and when: what follows within minutes is gathered (N7).
CREATE TABLE target_tellings (
    person_id uuid PRIMARY KEY REFERENCES people (id),
    at timestamptz NOT NULL
);

-- The case's priority at submission, none for escalations whose targets are still to be started; since when the requester's
-- answer is awaited; and what falls due next, at the end of time where nothing does.
ALTER TABLE escalations ADD COLUMN submitted_priority TEXT CHECK (submitted_priority IN ('low', 'medium', 'high'));
ALTER TABLE escalations ADD COLUMN awaiting_reply_since timestamptz;
ALTER TABLE escalations ADD COLUMN next_due_at timestamptz NOT NULL DEFAULT '9999-12-31 23:59:59.999999+00';
UPDATE escalations SET submitted_priority = (SELECT priority FROM cases WHERE cases.id = escalations.case_id)
    WHERE state NOT IN ('submitted', 'in_review', 'accepted');
UPDATE escalations SET next_due_at = (
    SELECT MIN(due_at) FROM next_steps WHERE next_steps.escalation_id = escalations.id AND next_steps.state = 'open'
) WHERE EXISTS (SELECT 1 FROM next_steps WHERE next_steps.escalation_id = escalations.id AND next_steps.state = 'open');
CREATE INDEX escalations_untimed ON escalations (id) WHERE submitted_priority IS NULL;
CREATE INDEX escalations_next_due ON escalations (next_due_at, id);
