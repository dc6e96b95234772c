"""Lists of the targets that an organization's chargers may dial

Revision: 20261130_target_lists, after 20261126_tenants.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261130_target_lists"
down_revision = "20261126_tenants"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "organization_targets",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("allowed", sa.Text(), nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_organization_targets")),
    )
