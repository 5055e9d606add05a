-- The clients that the provider names for a partner, besides those that it is or was paired with (P11).
CREATE TABLE clients (
    partner_id uuid NOT NULL REFERENCES organizations (id),
    client_id uuid NOT NULL REFERENCES organizations (id),
    named_by uuid REFERENCES people (id),
    named_at timestamptz NOT NULL,
    PRIMARY KEY (partner_id, client_id),
    CHECK (partner_id <> client_id)
);
CREATE INDEX clients_by_client ON clients (client_id);
