"""The witnessed log: the events' tree, its checkpoints, its keys and the witnesses' signatures.

Only new tables, which code of before never looks at: it goes on serving (see service.migrations.schema).
Events from before enter the tree with the first passes of the background.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.database import UtcDateTime
from service.migrations.append_only import TREE, refusing

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "log_leaf",
        sa.Column("index", big, autoincrement=False, nullable=False),
        sa.Column("position", big, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("index", name=op.f("pk_log_leaf")),
        sa.UniqueConstraint("position", name=op.f("uq_log_leaf_position")),
    )
    op.create_table(
        "log_node",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("index", big, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("level", "index", name=op.f("pk_log_node")),
    )
    op.create_table(
        "log_key",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("public", sa.String(length=400), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_log_key")),
        sa.UniqueConstraint("public", name=op.f("uq_log_key_public")),
    )
    op.create_table(
        "log_checkpoint",
        sa.Column("number", big, autoincrement=False, nullable=False),
        sa.Column("size", big, nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("origin", sa.String(length=300), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("settled", big, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_log_checkpoint")),
    )
    op.create_table(
        "log_cosignature",
        sa.Column("checkpoint", big, nullable=False),
        sa.Column("witness", sa.String(length=300), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("cosigned_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["checkpoint"],
            ["log_checkpoint.number"],
            name=op.f("fk_log_cosignature_checkpoint_log_checkpoint"),
        ),
        sa.PrimaryKeyConstraint("checkpoint", "witness", name=op.f("pk_log_cosignature")),
    )
    for statement in refusing(op.get_bind().dialect.name, TREE):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Restore the backup that was made before the upgrade (docs/operations.md).")
