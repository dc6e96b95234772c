"""Every table of Voltfleet's own. Times are epoch seconds (UTC) as floats; ids are text.

The durable engine keeps its own tables beside these (schema ``dbos`` on Postgres, the same file on
SQLite); nothing here refers to them.
"""

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

frames_metadata = sa.MetaData(naming_convention=metadata.naming_convention)
"""The frame log: on SQLite a file of its own, so that it never waits for, or holds up, a commit of
the rest; on Postgres the same database."""

locations = sa.Table(
    "locations",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("organization_id", sa.Text, nullable=False),
    sa.Column("slug", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("city", sa.Text, nullable=False),
    sa.Column("country", sa.Text, nullable=False),
    sa.Column("latitude", sa.Double, nullable=False),
    sa.Column("longitude", sa.Double, nullable=False),
    sa.Column("timezone", sa.Text),
    sa.Column("owner_name", sa.Text),
    sa.Column("public", sa.Boolean, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("updated_at", sa.Double, nullable=False),
    sa.Index(None, "organization_id", "created_at", "id"),
)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("organization_id", sa.Text, nullable=False),
    sa.Column("location_id", sa.Text),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("current_step", sa.Text),
    # What to create: the groups with every identity already drawn, as JSON. Of a finished job what
    # is left to be tried again: see fleet/job_retry.py; null if nothing is.
    sa.Column("request", sa.Text),
    sa.Column("total", sa.Integer, nullable=False),
    # How many of the request's chargers have been registered: the checkpoint of the register step.
    sa.Column("registered", sa.Integer, nullable=False),
    sa.Column("created_count", sa.Integer, nullable=False),
    sa.Column("failed_count", sa.Integer, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("idempotency_key", sa.Text),
    sa.Column("request_hash", sa.Text),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("updated_at", sa.Double, nullable=False),
    sa.Column("provisioned_at", sa.Double),
    sa.Index(
        "uq_jobs_idempotency_key",
        "organization_id",
        "idempotency_key",
        unique=True,
        sqlite_where=sa.text("idempotency_key IS NOT NULL"),
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    ),
    sa.Index(
        "ix_jobs_open",
        "updated_at",
        sqlite_where=sa.text("status IN ('PENDING', 'PROVISIONING')"),
        postgresql_where=sa.text("status IN ('PENDING', 'PROVISIONING')"),
    ),
    sa.Index(None, "organization_id", "created_at", "id"),
)

job_results = sa.Table(
    "job_results",
    metadata,
    sa.Column("job_id", sa.Text, sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    # The ``results`` object as gzipped JSON, made once when the job ends, so that a poll of a
    # large job costs no more than reading it.
    sa.Column("body", sa.LargeBinary, nullable=False),
)

job_failures = sa.Table(
    "job_failures",
    metadata,
    sa.Column("job_id", sa.Text, sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("identity", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
)

hosts = sa.Table(
    "hosts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("boot_id", sa.Text, nullable=False),
    sa.Column("capacity", sa.Integer, nullable=False),
    sa.Column("lease_until", sa.Double, nullable=False),
    sa.Column("stations", sa.Integer, nullable=False),
    sa.Column("online", sa.Integer, nullable=False),
    sa.Column("lag_ms", sa.Double, nullable=False),
    sa.Column("connected_at", sa.Double, nullable=False),
)

chargers = sa.Table(
    "chargers",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("organization_id", sa.Text, nullable=False),
    sa.Column("location_id", sa.Text),
    sa.Column("identity", sa.Text, nullable=False),
    sa.Column("name", sa.Text),
    sa.Column("location_name", sa.Text),
    sa.Column("brand_slug", sa.Text, nullable=False),
    sa.Column("model_slug", sa.Text, nullable=False),
    sa.Column("connector_type", sa.Text, nullable=False),
    sa.Column("ocpp_version", sa.Text, nullable=False),
    sa.Column("ws_url", sa.Text, nullable=False),
    sa.Column("seed", sa.Integer, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("updated_at", sa.Double, nullable=False),
    # A deleted charger stays until its host says that its socket is closed: see fleet/hosts.py.
    sa.Column("deleted_at", sa.Double),
    sa.Column("security_profile", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.Column("credentials_id", sa.Text),
    # Provisioning: this row is the charger's durable checkpoint.
    sa.Column("job_id", sa.Text),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("provisioning", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("next_attempt_at", sa.Double, nullable=False),
    sa.Column("error_code", sa.Text),
    sa.Column("error", sa.Text),
    sa.Column("provisioned_at", sa.Double),
    # Hosting: which host runs it, in which generation, and whether that host has taken it up.
    sa.Column("host_id", sa.Text),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("running", sa.Boolean, nullable=False),
    sa.Column("synced", sa.Boolean, nullable=False),
    # What its host last reported.
    sa.Column("connection_state", sa.Text, nullable=False),
    sa.Column("connection_since", sa.Double, nullable=False),
    sa.Column("connection_error", sa.Text),
    sa.Column("connection_attempts", sa.Integer, nullable=False),
    sa.Column("connectors", sa.Text),
    sa.Index(
        "uq_chargers_identity",
        "organization_id",
        "identity",
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    ),
    sa.Index(
        "ix_chargers_leaving",
        "organization_id",
        "identity",
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    ),
    sa.Index(
        "ix_chargers_unsynced",
        "host_id",
        sqlite_where=sa.text("NOT synced"),
        postgresql_where=sa.text("NOT synced"),
    ),
    sa.Index(
        "ix_chargers_credentials_id",
        "credentials_id",
        sqlite_where=sa.text("credentials_id IS NOT NULL"),
        postgresql_where=sa.text("credentials_id IS NOT NULL"),
    ),
    sa.Index(None, "location_id", "created_at", "position"),
    sa.Index(None, "organization_id", "created_at", "position"),
    sa.Index(None, "job_id", "provisioning"),
    sa.Index(None, "host_id"),
)

credentials = sa.Table(
    "credentials",
    metadata,
    # Secrets, shared by the chargers that refer to them: see fleet/credentials.py. No query but
    # its own, and the one that hands them to a host, reads them.
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("organization_id", sa.Text, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("authorization_key", sa.LargeBinary),
    sa.Column("ca_certificate", sa.Text),
    sa.Column("client_certificate", sa.Text),
    sa.Column("client_key", sa.Text),
)

station_memory = sa.Table(
    "station_memory",
    metadata,
    # What a charger's station would find after a power cut: see fleet/memories.py.
    sa.Column(
        "charger_id", sa.Text, sa.ForeignKey("chargers.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("content", sa.LargeBinary, nullable=False),
    # Which station it is from: the charger's generation, the host process, and where in its order.
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("boot_id", sa.Text, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("updated_at", sa.Double, nullable=False),
)

commands = sa.Table(
    "commands",
    metadata,
    # Grows with every command: the order in which a charger's are carried out.
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("organization_id", sa.Text, nullable=False),
    sa.Column("charger_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("ocpp_version", sa.Text, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("detail", sa.Text),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("updated_at", sa.Double, nullable=False),
    sa.Column("expires_at", sa.Double, nullable=False),
    # The host process that it was sent to; no other one is ever given it.
    sa.Column("host_id", sa.Text),
    sa.Column("host_boot_id", sa.Text),
    sa.Index(None, "id", unique=True),
    sa.Index(None, "charger_id", "seq"),
    sa.Index(
        "ix_commands_queued",
        "charger_id",
        "expires_at",
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    ),
    sa.Index(
        "ix_commands_sent",
        "host_id",
        "updated_at",
        sqlite_where=sa.text("state = 'sent'"),
        postgresql_where=sa.text("state = 'sent'"),
    ),
)

organization_quotas = sa.Table(
    "organization_quotas",
    metadata,
    # What an admin has chosen for one organization; null: what the operator chose for all of them,
    # -1: no limit. See fleet/quotas.py.
    sa.Column("organization_id", sa.Text, primary_key=True),
    sa.Column("max_chargers", sa.BigInteger),
    sa.Column("max_jobs", sa.BigInteger),
    sa.Column("max_requests_per_second", sa.Double),
    sa.Column("updated_at", sa.Double, nullable=False),
)

organization_targets = sa.Table(
    "organization_targets",
    metadata,
    # The list of targets that an admin has chosen for one organization, as JSON; no row: no list.
    # See fleet/targets.py.
    sa.Column("organization_id", sa.Text, primary_key=True),
    sa.Column("allowed", sa.Text, nullable=False),
    # New with every change.
    sa.Column("revision", sa.Text, nullable=False),
    sa.Column("updated_at", sa.Double, nullable=False),
)

audit_log = sa.Table(
    "audit_log",
    metadata,
    # Who did what: see fleet/audit.py. Ids grow with time.
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("organization_id", sa.Text),
    sa.Column("subject", sa.Text),
    sa.Column("role", sa.Text),
    sa.Column("operation", sa.Text, nullable=False),
    sa.Column("targets", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.Column("remote", sa.Text),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Index(None, "organization_id", "id"),
    sa.Index(
        "ix_audit_log_refused",
        "id",
        sqlite_where=sa.text("outcome <> 'done'"),
        postgresql_where=sa.text("outcome <> 'done'"),
    ),
)

live_changes = sa.Table(
    "live_changes",
    metadata,
    # News for live streams: see fleet/news.py. Kept for minutes only.
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("at", sa.Double, nullable=False),
    # Null: whoever's those chargers are.
    sa.Column("organization_id", sa.Text),
    # JSON; null: any may have changed.
    sa.Column("charger_ids", sa.Text),
)

live_watches = sa.Table(
    "live_watches",
    metadata,
    # Chargers that a stream shows in detail just now: see fleet/live_details.py.
    sa.Column("charger_id", sa.Text, primary_key=True),
    sa.Column("until", sa.Double, nullable=False),
)

live_details = sa.Table(
    "live_details",
    metadata,
    # What their hosts told last, as JSON.
    sa.Column("charger_id", sa.Text, primary_key=True),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("connectors", sa.Text, nullable=False),
)

gateways = sa.Table(
    "gateways",
    metadata,
    # One row per gateway process alive; its id is the durable engine's executor id.
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("seen_at", sa.Double, nullable=False),
)

ocpp_frames = sa.Table(
    "ocpp_frames",
    frames_metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("charger_id", sa.Text, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("from_station", sa.Boolean, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Index(None, "charger_id", "at"),
)
