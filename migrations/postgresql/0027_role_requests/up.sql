-- Roles that the trustee asks for, for its people and groups of a pairing (P3). What was given or taken back is gone from here: the
-- audited events keep it.
CREATE TABLE pairing_role_requests (
    id uuid PRIMARY KEY,
    member_id uuid NOT NULL REFERENCES pairing_members (id),
    role text NOT NULL,
    until timestamptz,
    note text,
    requested_by uuid NOT NULL REFERENCES people (id),
    requested_at timestamptz NOT NULL,
    refused_by uuid REFERENCES people (id),
    refused_at timestamptz,
    reason text,
    UNIQUE (member_id, role),
    CHECK ((refused_by IS NULL) = (refused_at IS NULL))
);
