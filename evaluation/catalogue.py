"""What must be met: the criteria of a decision, their targets year by year, and who leads each."""

import re
from functools import cache
from importlib import resources

from evaluation.catalogue_format import hashed_content, parse_catalogue
from evaluation.criteria import (
    Agency,
    Catalogue,
    Criterion,
    CriterionId,
    Document,
    Group,
    Target,
    TargetKind,
    YearCatalogue,
    criterion_id,
    criterion_order,
)
from evaluation.errors import CatalogueError

__all__ = [
    "Agency",
    "Catalogue",
    "Criterion",
    "CriterionId",
    "Document",
    "Group",
    "Target",
    "TargetKind",
    "YearCatalogue",
    "criterion_id",
    "criterion_order",
    "load_catalogue",
    "load_content",
    "parse_catalogue",
]


def load_catalogue(name: str = "qd-1829") -> Catalogue:
    """A catalogue packaged with the product. Raises CatalogueError where there is none of that name."""
    return _load(name)


def load_content(name: str) -> bytes:
    """What the `content_hash` of a packaged catalogue is the SHA-256 of: JSON in UTF-8."""
    return hashed_content(_packaged(name)[0])


@cache
def _load(name: str) -> Catalogue:
    return parse_catalogue(*_packaged(name))


def _packaged(name: str) -> tuple[bytes, str]:
    """(content, where it lies). Raises CatalogueError."""
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", name):
        raise CatalogueError(
            f"Tên bộ tiêu chí “{name[:40]}” không hợp lệ; dùng chữ thường, số và dấu gạch nối."
        )
    origin = f"evaluation/catalogues/{name}.yaml"
    try:
        data = resources.files("evaluation").joinpath("catalogues", f"{name}.yaml").read_bytes()
    except FileNotFoundError:
        raise CatalogueError(f"Không có bộ tiêu chí “{name}” ({origin}); hãy kiểm tra tên.") from None
    return data, origin
