"""What chargers dial with under a security profile

Revision: 20261125_credentials, after 20261124_station_memory.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261125_credentials"
down_revision = "20261124_station_memory"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "credentials",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("authorization_key", sa.LargeBinary(), nullable=True),
        sa.Column("ca_certificate", sa.Text(), nullable=True),
        sa.Column("client_certificate", sa.Text(), nullable=True),
        sa.Column("client_key", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credentials")),
    )
    op.add_column(
        "chargers",
        sa.Column("security_profile", sa.Integer(), nullable=False, server_default=sa.text("0")),
    )
    op.add_column("chargers", sa.Column("credentials_id", sa.Text(), nullable=True))
    op.create_index(
        "ix_chargers_credentials_id",
        "chargers",
        ["credentials_id"],
        sqlite_where=sa.text("credentials_id IS NOT NULL"),
        postgresql_where=sa.text("credentials_id IS NOT NULL"),
    )
