"""Worklist and assessment: follow-up, delegation, substitution, rows of colleagues, comments, uploads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.database import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("criterion", sa.String(length=10), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("position_id", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user_account.id"], name=op.f("fk_comment_author_id_user_account")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_comment_case_id_case_file")),
        sa.ForeignKeyConstraint(
            ["position_id"], ["position.id"], name=op.f("fk_comment_position_id_position")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_comment_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
    )
    with op.batch_alter_table("comment", schema=None) as batch_op:
        batch_op.create_index("ix_comment_case", ["case_id", "created_at"], unique=False)

    op.create_table(
        "saved_filter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("query", sa.String(length=1000), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_saved_filter_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_saved_filter_user_id_name")),
    )
    op.create_table(
        "row_assignment",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("criterion", sa.String(length=10), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("assigned_by", sa.Uuid(), nullable=False),
        sa.Column("assigned_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assigned_by"], ["user_account.id"], name=op.f("fk_row_assignment_assigned_by_user_account")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_row_assignment_task_id_task")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_row_assignment_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("task_id", "criterion", name=op.f("pk_row_assignment")),
    )
    with op.batch_alter_table("row_assignment", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_row_assignment_user_id"), ["user_id"], unique=False)

    op.create_table(
        "upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("criterion", sa.String(length=10), nullable=True),
        sa.Column("field", sa.String(length=100), nullable=False),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["evidence_file.id"], name=op.f("fk_upload_replaces_id_evidence_file")
        ),
        sa.ForeignKeyConstraint(
            ["started_by"], ["user_account.id"], name=op.f("fk_upload_started_by_user_account")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_upload_task_id_task")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_upload_task_id"), ["task_id"], unique=False)

    _add_reference("appointment", "substitutes_id", "user_account")
    _add_reference("document", "filed_by", "user_account")
    _add_reference("evidence_file", "replaces_id", "evidence_file")
    _add_reference("task", "delegated_by", "user_account")
    for table, column in (
        ("appointment", sa.Column("legal_basis", sa.String(length=300), server_default="", nullable=False)),
        ("document", sa.Column("file_name", sa.String(length=255), server_default="", nullable=False)),
        ("document", sa.Column("file_size", sa.BigInteger(), nullable=True)),
        ("document", sa.Column("file_sha256", sa.String(length=64), server_default="", nullable=False)),
        ("document", sa.Column("filed_at", UtcDateTime(), nullable=True)),
        ("draft", sa.Column("changed_at", sa.JSON(), server_default="{}", nullable=False)),
        ("task", sa.Column("priority", sa.Integer(), server_default="5", nullable=False)),
        ("task", sa.Column("follow_up_on", sa.Date(), nullable=True)),
    ):
        op.add_column(table, column)
    _index_worklist()


def _index_worklist() -> None:
    """So that who acts in fifty units reads ten thousand tasks out of indexes alone."""
    are_open = sa.text("state IN ('ready', 'reserved')")
    sent_back = sa.text(
        "state IN ('ready', 'reserved') AND (returned OR (stage = 'preparing' AND note <> ''))"
    )
    done = sa.text("state = 'completed'")
    place = ["group", "unit_id"]
    shown = ["state", "received_at", "priority", "follow_up_on", "stage", "owner_id", "completed_by_round"]
    op.drop_index("ix_task_open_worklist", table_name="task")
    for name, columns, only in (
        ("ix_task_open_worklist", [*place, "due_on", "id", *shown, "element", "case_id"], are_open),
        ("ix_task_sent_back", [*place, "due_on", "id"], sent_back),
        (
            "ix_task_done_worklist",
            [*place, "completed_at", "id", "state", "received_at", "element", "case_id"],
            done,
        ),
        ("ix_task_owner", ["owner_id"], are_open),
    ):
        op.create_index(name, "task", columns, sqlite_where=only, postgresql_where=only)
    op.create_index("ix_case_file_commune", "case_file", ["commune_id", "year", "district_id", "code", "id"])


def _add_reference(table: str, column: str, target: str) -> None:
    """A nullable column that refers to another table's id, without copying the table on SQLite."""
    name = f"fk_{table}_{column}_{target}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN {column} CHAR(32) CONSTRAINT {name} REFERENCES {target} (id)"
        )
        return
    op.add_column(table, sa.Column(column, sa.Uuid(), nullable=True))
    op.create_foreign_key(name, table, target, [column], ["id"])


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was made before the upgrade (docs/operations.md).")
