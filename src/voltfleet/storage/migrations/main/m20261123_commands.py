"""Commands and what became of them

Revision: 20261123_commands, after 20261122_main.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261123_commands"
down_revision = "20261122_main"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "commands",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ocpp_version", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("host_id", sa.Text(), nullable=True),
        sa.Column("host_boot_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_commands")),
    )
    op.create_index(op.f("ix_commands_id"), "commands", ["id"], unique=True)
    op.create_index(
        op.f("ix_commands_charger_id_seq"), "commands", ["charger_id", "seq"], unique=False
    )
    op.create_index(
        "ix_commands_queued",
        "commands",
        ["charger_id", "expires_at"],
        unique=False,
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "ix_commands_sent",
        "commands",
        ["host_id", "updated_at"],
        unique=False,
        sqlite_where=sa.text("state = 'sent'"),
        postgresql_where=sa.text("state = 'sent'"),
    )
