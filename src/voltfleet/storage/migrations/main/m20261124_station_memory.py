"""What stations must not forget

Revision: 20261124_station_memory, after 20261123_commands.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124_station_memory"
down_revision = "20261123_commands"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "station_memory",
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("boot_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["charger_id"],
            ["chargers.id"],
            name=op.f("fk_station_memory_charger_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("charger_id", name=op.f("pk_station_memory")),
    )
