"""How far each device of an all-or-none job is.

Revision: 0004, after 0003. Never edited once released.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job_result", sa.Column("mark", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("job_result") as table:
        table.alter_column("mark", server_default=None)
