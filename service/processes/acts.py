"""Acts that people do by a message to a case instead of by a task: whose they are.

A message of such a name is somebody's act with rights of their own (`cases.operations` checks them), so no
diagram may throw it and nobody may send it by any other way.
"""

from __future__ import annotations

from collections.abc import Mapping

WITHDRAWAL_REQUESTED, COMMUNE_DISSOLVED, OPINION_WAIVED = (
    "withdrawal_requested",
    "commune_dissolved",
    "opinion_waived",
)
# {message: the group that acts}: the level for which it counts in the separation of duties.
LEVEL_OF_ACT: Mapping[str, str] = {
    WITHDRAWAL_REQUESTED: "commune",
    COMMUNE_DISSOLVED: "department",
    OPINION_WAIVED: "department",
}
