"""Published versions of a procedure: diagram, forms and catalogue, immutable."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.database import Base


class ProcessVersion(Base):
    """`content_hash` (hex SHA-256) covers diagram, forms and catalogue together."""

    __tablename__ = "process_version"
    __table_args__ = (UniqueConstraint("key", "version"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(100))
    version: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    diagram: Mapped[bytes] = mapped_column(LargeBinary)
    diagram_hash: Mapped[str] = mapped_column(String(64))
    # {"self_assess": "<form-js JSON text>", …}
    forms: Mapped[dict[str, Any]]
    # {key of a called process: {"version", "content_hash", "diagram_hash"}}: pinned at publication for ever.
    calls: Mapped[dict[str, Any]] = mapped_column(JSON(), default=dict, server_default="{}")
    catalogue: Mapped[str] = mapped_column(String(100))
    catalogue_hash: Mapped[str] = mapped_column(String(64))
    content_hash: Mapped[str] = mapped_column(String(64), unique=True)
    check_report: Mapped[dict[str, Any]]
    legal_basis: Mapped[str] = mapped_column(Text)
    effective_on: Mapped[date]
    published_at: Mapped[datetime]
    published_by: Mapped[uuid.UUID | None]
