"""*Quản trị*: its pages, each in a file of its own; importing them hangs them on `pages`."""

from __future__ import annotations

from service.web.administration import (  # noqa: F401
    history,
    home,
    imports,
    index_sets,
    members,
    people,
    procedure_departments,
    quotas,
    retention,
    rounds,
    substitutions,
    unit_changes,
    units,
)
