"""The frame log

Revision: 20261122_frames, after .
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122_frames"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "ocpp_frames",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("from_station", sa.Boolean(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ocpp_frames")),
    )
    op.create_index(
        op.f("ix_ocpp_frames_charger_id_at"), "ocpp_frames", ["charger_id", "at"], unique=False
    )
