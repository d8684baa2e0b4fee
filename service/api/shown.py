"""Between schemas and operations: what several nouns show or hand over in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.models import Document
from service.tasks.completion import Signature

_DOCUMENT = ("id", "title", "number", "issued_on", "signer_name", "signer_title", "capacity", "signed_at")


def shown_document(document: Document, *, copy: bool = True) -> dict[str, Any]:
    """`copy` False where the reader must not know the signed paper yet (independence)."""
    filed = {
        "name": document.file_name,
        "size": document.file_size,
        "sha256": document.file_sha256,
        "filed_at": document.filed_at,
    }
    return {
        **{name: getattr(document, name) for name in _DOCUMENT},
        "for_round": document.round_act_id is not None,
        "signed_copy": filed if copy and document.file_sha256 else None,
    }


def signature_of(given: Mapping[str, Any] | None) -> Signature | None:
    return Signature(**given) if given is not None else None
