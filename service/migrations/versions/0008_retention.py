"""Retention: periods, holds, lists of what is destroyed, transfers to the archive.

New tables, a column that may be empty, and triggers that permit one thing more: code of before serves on.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.database import UtcDateTime
from service.migrations.erasing import statements

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "retention_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("years", sa.Integer(), nullable=True),
        sa.Column("counted_from", sa.String(length=10), nullable=False),
        sa.Column("transfer_years", sa.Integer(), nullable=True),
        sa.Column("legal_basis", sa.String(length=600), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_rule")),
        sa.UniqueConstraint("kind", "valid_from", name=op.f("uq_retention_rule_kind_valid_from")),
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("procedure", sa.String(length=100), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=600), nullable=False),
        sa.Column("legal_basis", sa.String(length=600), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=True),
        sa.Column("lifted_at", UtcDateTime(), nullable=True),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.Column("lifted_reason", sa.String(length=600), nullable=False),
        _to("legal_hold", "case_id", "case_file"),
        _to("legal_hold", "unit_id", "unit"),
        _to("legal_hold", "set_by", "user_account"),
        _to("legal_hold", "lifted_by", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index("ix_legal_hold_lifted_at", "legal_hold", ["lifted_at"])
    op.create_table(
        "erasure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=600), nullable=False),
        sa.Column("target", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("proposed_at", UtcDateTime(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_for", sa.Uuid(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_for", sa.Uuid(), nullable=True),
        sa.Column("decision", sa.String(length=600), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        _to("erasure", "proposed_by", "user_account"),
        _to("erasure", "proposed_for", "unit"),
        _to("erasure", "decided_by", "user_account"),
        _to("erasure", "decided_for", "unit"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index("ix_erasure_state", "erasure", ["state"])
    op.create_table(
        "erasure_case",
        sa.Column("erasure_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("legal_basis", sa.String(length=700), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("event_seq", sa.Integer(), nullable=True),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        _to("erasure_case", "erasure_id", "erasure"),
        _to("erasure_case", "case_id", "case_file"),
        sa.PrimaryKeyConstraint("erasure_id", "case_id", "kind", name=op.f("pk_erasure_case")),
    )
    op.create_index("ix_erasure_case_case_id", "erasure_case", ["case_id"])
    op.create_table(
        "erasure_slip",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("erasure_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("event_position", big, nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=True),
        sa.Column("position", big, nullable=True),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        _to("erasure_slip", "erasure_id", "erasure"),
        _to("erasure_slip", "case_id", "case_file"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_slip")),
    )
    op.create_table(
        "archive_transfer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("archive", sa.String(length=300), nullable=False),
        sa.Column("receipt_number", sa.String(length=100), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("receiver", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        _to("archive_transfer", "recorded_by", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_transfer")),
    )
    op.create_table(
        "transferred_case",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        _to("transferred_case", "transfer_id", "archive_transfer"),
        _to("transferred_case", "case_id", "case_file"),
        sa.PrimaryKeyConstraint("transfer_id", "case_id", name=op.f("pk_transferred_case")),
    )
    op.create_index("ix_transferred_case_case_id", "transferred_case", ["case_id"])
    op.add_column("evidence_file", sa.Column("erased_at", UtcDateTime(), nullable=True))
    for statement in statements(op.get_bind().dialect.name):
        op.execute(statement)


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was made before the upgrade (docs/operations.md).")
