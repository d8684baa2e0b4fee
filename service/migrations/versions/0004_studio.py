"""The studio: drafts of procedures on their way to a published version.

One new table, which code of before never looks at: it goes on serving (see service.migrations.schema).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.database import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "process_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("diagram", sa.LargeBinary(), nullable=False),
        sa.Column("diagram_hash", sa.String(length=64), nullable=False),
        sa.Column("forms", sa.JSON(), nullable=False),
        sa.Column("catalogue", sa.String(length=100), nullable=False),
        sa.Column("based_on", sa.Uuid(), nullable=True),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("editors", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("legal_number", sa.String(length=100), nullable=False),
        sa.Column("legal_date", sa.Date(), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.Column("submitted_by", sa.Uuid(), nullable=True),
        sa.Column("submitted_unit", sa.Uuid(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=False),
        sa.Column("rights", sa.JSON(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_process_draft_{column}_{table}")
            )
            for column, table in (
                ("based_on", "process_version"),
                ("changed_by", "user_account"),
                ("created_by", "user_account"),
                ("decided_by", "user_account"),
                ("submitted_by", "user_account"),
                ("submitted_unit", "unit"),
                ("version_id", "process_version"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_draft")),
    )
    op.create_index("ix_process_draft_key", "process_draft", ["key", "changed_at"])


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was made before the upgrade (docs/operations.md).")
