"""Quotas of organizations, and the audit log

Revision: 20261126_tenants, after 20261125_credentials.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261126_tenants"
down_revision = "20261125_credentials"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "organization_quotas",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("max_chargers", sa.BigInteger(), nullable=True),
        sa.Column("max_jobs", sa.BigInteger(), nullable=True),
        sa.Column("max_requests_per_second", sa.Double(), nullable=True),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_organization_quotas")),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("targets", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("remote", sa.Text(), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index(
        op.f("ix_audit_log_organization_id_id"),
        "audit_log",
        ["organization_id", "id"],
        unique=False,
    )
    op.create_index(
        "ix_audit_log_refused",
        "audit_log",
        ["id"],
        unique=False,
        sqlite_where=sa.text("outcome <> 'done'"),
        postgresql_where=sa.text("outcome <> 'done'"),
    )
