"""News for live streams, and jobs by their age

Revision: 20261130_live, after 20261130_target_lists.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261130_live"
down_revision = "20261130_target_lists"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "live_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=True),
        sa.Column("charger_ids", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_changes")),
    )
    op.create_table(
        "live_watches",
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("charger_id", name=op.f("pk_live_watches")),
    )
    op.create_table(
        "live_details",
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("connectors", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("charger_id", name=op.f("pk_live_details")),
    )
    op.create_index(
        op.f("ix_jobs_organization_id_created_at_id"),
        "jobs",
        ["organization_id", "created_at", "id"],
        unique=False,
    )
