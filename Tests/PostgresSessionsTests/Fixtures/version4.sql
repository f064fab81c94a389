CREATE SCHEMA session_inspector;

CREATE TABLE session_inspector.budget (
    client_id text NOT NULL,
    arrival bigint NOT NULL
);

CREATE TABLE session_inspector.chore (
    name text NOT NULL,
    holder text NOT NULL,
    deadline bigint NOT NULL
);

CREATE TABLE session_inspector.issuer_clock (
    issuer text NOT NULL,
    boot_id text NOT NULL,
    uptime bigint NOT NULL,
    issuer_time bigint NOT NULL,
    stored_at bigint NOT NULL
);

CREATE TABLE session_inspector.journal (
    "position" bigint NOT NULL,
    at bigint NOT NULL,
    session uuid NOT NULL,
    event text NOT NULL,
    actor text NOT NULL,
    outcome text,
    request_id text,
    fingerprint bytea
);

CREATE TABLE session_inspector.metadata (
    name text NOT NULL,
    value bytea NOT NULL
);

CREATE TABLE session_inspector.pulse (
    one boolean DEFAULT true NOT NULL,
    "position" bigint NOT NULL,
    writes bigint NOT NULL,
    CONSTRAINT pulse_one_check CHECK (one)
)
WITH (fillfactor='10');

CREATE TABLE session_inspector.session (
    id uuid NOT NULL,
    label text NOT NULL,
    client_id text NOT NULL,
    visitor_id text,
    issuer text,
    role text NOT NULL,
    access_expires_at bigint NOT NULL,
    refresh_expires_at bigint NOT NULL,
    created_at bigint NOT NULL,
    tokens_at bigint NOT NULL,
    renewed_at bigint NOT NULL,
    renewal_count bigint NOT NULL,
    auto_renew boolean NOT NULL,
    lease_holder text,
    lease_deadline bigint,
    sent_at bigint,
    refused_at bigint,
    failures bigint NOT NULL,
    retry_at bigint,
    discarded_at bigint,
    version bigint NOT NULL,
    key_id bytea NOT NULL,
    label_sort text NOT NULL COLLATE pg_catalog."C",
    search_text text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT session_check CHECK (((lease_holder IS NULL) = (lease_deadline IS NULL))),
    CONSTRAINT session_failures_check CHECK ((failures >= 0)),
    CONSTRAINT session_key_id_check CHECK ((length(key_id) = 8)),
    CONSTRAINT session_renewal_count_check CHECK ((renewal_count >= 0)),
    CONSTRAINT session_role_check CHECK ((role = ANY (ARRAY['visitor'::text, 'member'::text, 'none'::text])))
);

CREATE TABLE session_inspector.tokens (
    session uuid NOT NULL,
    in_use boolean NOT NULL,
    access_sealed bytea,
    access_fingerprint bytea,
    access_expires_at bigint,
    access_visitor_id text,
    refresh_sealed bytea,
    refresh_fingerprint bytea,
    refresh_expires_at bigint,
    refresh_role text
);

CREATE TABLE session_inspector.version (
    one boolean DEFAULT true NOT NULL,
    number bigint NOT NULL,
    CONSTRAINT version_one_check CHECK (one)
);

INSERT INTO session_inspector.budget VALUES ('client-a', 6);

INSERT INTO session_inspector.journal VALUES (1, 1795829737806, '7abdaf7d-2df3-46fb-b5df-4e7fd4947e7a', 'set', 'set 12997', 'new session', NULL, '\xdfff85ddad1162a996c1839604c7c8ec');
INSERT INTO session_inspector.journal VALUES (2, 1795829738525, '867c8783-11e1-4d97-b4eb-f0912264d2c4', 'set', 'set 13010', 'new session', NULL, '\x41a11444ec1beedcc517e3b879f12585');
INSERT INTO session_inspector.journal VALUES (3, 1795829739268, '69c8c531-1330-4058-9296-2904a5c969d5', 'set', 'set 13025', 'new session', NULL, '\xde9424a5efe59067b08d964c24473940');
INSERT INTO session_inspector.journal VALUES (4, 1795829753962, '69c8c531-1330-4058-9296-2904a5c969d5', 'discarded', 'discard 13190', NULL, NULL, '\xde9424a5efe59067b08d964c24473940');

INSERT INTO session_inspector.metadata VALUES ('key_id', '\x86cf2d90d41e3a89');

INSERT INTO session_inspector.pulse VALUES (true, 4, 4);

INSERT INTO session_inspector.session VALUES ('7abdaf7d-2df3-46fb-b5df-4e7fd4947e7a', 'number 1', 'client-a', NULL, NULL, 'visitor', 4000000000000, 9223372036854775807, 1795829737789, 1795829737789, -9223372036854775808, 0, false, NULL, NULL, NULL, NULL, 0, NULL, NULL, 1, '\x86cf2d90d41e3a89', 'number 1', 'number 1

7abdaf7d-2df3-46fb-b5df-4e7fd4947e7a
client-a');
INSERT INTO session_inspector.session VALUES ('69c8c531-1330-4058-9296-2904a5c969d5', 'number 3', 'client-a', NULL, NULL, 'visitor', 4000000000000, 9223372036854775807, 1795829739217, 1795829739217, -9223372036854775808, 0, false, NULL, NULL, NULL, NULL, 0, NULL, 1795829753956, 2, '\x86cf2d90d41e3a89', 'number 3', 'number 3

69c8c531-1330-4058-9296-2904a5c969d5
client-a');
INSERT INTO session_inspector.session VALUES ('867c8783-11e1-4d97-b4eb-f0912264d2c4', 'zero�inside', 'c�d', NULL, NULL, 'visitor', 4000000000000, 9223372036854775807, 1795829738465, 1795829738465, -9223372036854775808, 0, false, NULL, NULL, NULL, NULL, 0, NULL, NULL, 1, '\x86cf2d90d41e3a89', 'zero�inside', 'zeroinside

867c8783-11e1-4d97-b4eb-f0912264d2c4
client-a');

INSERT INTO session_inspector.tokens VALUES ('7abdaf7d-2df3-46fb-b5df-4e7fd4947e7a', true, '\x0186cf2d90d41e3a897318daf31d3884ac19a976cba21977ab9159213fb78a1402b52aaa26608ce03c5cf1c66e', '\x0ee9ed7861ed56d9f359bf674d097af4', 4000000000000, NULL, '\x0186cf2d90d41e3a891c3fe55941f6f9ad4041cf8e3e51c32ff18dce53d8a595bc96006f4125922d306ba8f8238b', '\xdfff85ddad1162a996c1839604c7c8ec', NULL, 'visitor');
INSERT INTO session_inspector.tokens VALUES ('867c8783-11e1-4d97-b4eb-f0912264d2c4', true, '\x0186cf2d90d41e3a89c6d7f79388aa5f60794780f1791162728d81b29489c693713f9de2cd7773bc4a5a6a7b81', '\x4e909bd45852984723031446a5946bba', 4000000000000, NULL, '\x0186cf2d90d41e3a890290516d249708c056fc2308daf67e55aaf822b57255bfc353e8fe198fba5ec60e484ff784', '\x41a11444ec1beedcc517e3b879f12585', NULL, 'visitor');
INSERT INTO session_inspector.tokens VALUES ('69c8c531-1330-4058-9296-2904a5c969d5', false, '\x0186cf2d90d41e3a8956bc97f53dd7c194f20cf61d5d97bc388b4f17af5169fe6a1e64d19675aad28bc9a688cb', '\xdb1c3031c0aec4bc26a9added8c3becf', 4000000000000, NULL, '\x0186cf2d90d41e3a89fd2e2bbf6d719d37868f62e37cd2d35b24a23004e30659c87b7bb8df9c602bd63149ba00b8', '\xde9424a5efe59067b08d964c24473940', NULL, 'visitor');

INSERT INTO session_inspector.version VALUES (true, 4);

ALTER TABLE ONLY session_inspector.budget
    ADD CONSTRAINT budget_pkey PRIMARY KEY (client_id);

ALTER TABLE ONLY session_inspector.chore
    ADD CONSTRAINT chore_pkey PRIMARY KEY (name);

ALTER TABLE ONLY session_inspector.issuer_clock
    ADD CONSTRAINT issuer_clock_pkey PRIMARY KEY (issuer, boot_id);

ALTER TABLE ONLY session_inspector.journal
    ADD CONSTRAINT journal_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY session_inspector.metadata
    ADD CONSTRAINT metadata_pkey PRIMARY KEY (name);

ALTER TABLE ONLY session_inspector.pulse
    ADD CONSTRAINT pulse_pkey PRIMARY KEY (one);

ALTER TABLE ONLY session_inspector.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (id);

ALTER TABLE ONLY session_inspector.tokens
    ADD CONSTRAINT tokens_pkey PRIMARY KEY (session);

ALTER TABLE ONLY session_inspector.version
    ADD CONSTRAINT version_pkey PRIMARY KEY (one);

CREATE INDEX budget_by_arrival ON session_inspector.budget USING btree (arrival);

CREATE INDEX issuer_clock_by_time ON session_inspector.issuer_clock USING btree (issuer, stored_at);

CREATE INDEX journal_by_fingerprint ON session_inspector.journal USING btree (fingerprint, session) WHERE (fingerprint IS NOT NULL);

CREATE INDEX journal_by_session ON session_inspector.journal USING btree (session, "position");

CREATE INDEX session_by_access ON session_inspector.session USING btree (access_expires_at, id) WHERE (discarded_at IS NULL);

CREATE INDEX session_by_auto_renewal ON session_inspector.session USING btree (access_expires_at, id) WHERE ((discarded_at IS NULL) AND auto_renew);

CREATE INDEX session_by_created ON session_inspector.session USING btree (created_at, id) WHERE (discarded_at IS NULL);

CREATE INDEX session_by_discard ON session_inspector.session USING btree (discarded_at) WHERE (discarded_at IS NOT NULL);

CREATE INDEX session_by_key ON session_inspector.session USING btree (key_id);

CREATE INDEX session_by_label ON session_inspector.session USING btree ("left"(label_sort, 200), id);

CREATE INDEX session_by_lease ON session_inspector.session USING btree (lease_deadline) WHERE (lease_deadline IS NOT NULL);

CREATE INDEX session_by_long_label ON session_inspector.session USING btree ("left"(label_sort, 200), id) WHERE (length(label_sort) > 200);

CREATE INDEX session_by_refresh ON session_inspector.session USING btree (refresh_expires_at, id) WHERE (discarded_at IS NULL);

CREATE INDEX session_by_refusal ON session_inspector.session USING btree (refused_at) WHERE (refused_at IS NOT NULL);

CREATE INDEX session_by_renewed ON session_inspector.session USING btree (renewed_at, id) WHERE (discarded_at IS NULL);

CREATE INDEX session_by_sending ON session_inspector.session USING btree (sent_at) WHERE (sent_at IS NOT NULL);

CREATE INDEX tokens_by_access ON session_inspector.tokens USING btree (access_fingerprint) WHERE (access_fingerprint IS NOT NULL);

CREATE INDEX tokens_by_refresh ON session_inspector.tokens USING btree (refresh_fingerprint) WHERE (refresh_fingerprint IS NOT NULL);

CREATE UNIQUE INDEX tokens_in_use ON session_inspector.tokens USING btree (refresh_fingerprint) WHERE (in_use AND (refresh_fingerprint IS NOT NULL));

ALTER TABLE ONLY session_inspector.tokens
    ADD CONSTRAINT tokens_session_fkey FOREIGN KEY (session) REFERENCES session_inspector.session(id) ON DELETE CASCADE;

