"""How many rows each pulled collection holds, kept with its counter."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_COLLECTIONS = ("settings", "employees", "taxes", "categories", "products", "customers", "customer_aliases")


def upgrade() -> None:
    """Apply."""
    op.add_column("feed_counters", sa.Column("live", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    for name in _COLLECTIONS:
        op.execute(
            f"UPDATE feed_counters SET live = (SELECT count(*) FROM {name} WHERE {name}.tenant_id ="
            f" feed_counters.tenant_id) WHERE collection = '{name}'"
        )


def downgrade() -> None:
    """Undo."""
    op.drop_column("feed_counters", "live")
