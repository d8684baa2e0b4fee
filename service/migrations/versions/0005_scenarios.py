"""Scenarios: courses of a procedure that are played again on each of its drafts.

One new table, which code of before never looks at: it goes on serving (see service.migrations.schema).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.database import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "process_scenario",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("course", sa.JSON(), nullable=False),
        sa.Column("expected", sa.JSON(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], ["user_account.id"], name=op.f(f"fk_process_scenario_{column}_user_account")
            )
            for column in ("changed_by", "created_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_scenario")),
        sa.UniqueConstraint("key", "name", name=op.f("uq_process_scenario_key_name")),
    )


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was made before the upgrade (docs/operations.md).")
