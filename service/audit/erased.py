"""What retention has erased of a case, as its own chain tells it. Pure.

An event `content_erased` names each thing by its digest and size, and for a text of which a part was left the
digest of what took its place. What is gone without such an event was not erased: it was taken away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.clock import LOCAL
from service.wording import Words, _, marked

ERASED = "content_erased"
PERIOD, REDACTION = "period", "redaction"
# What periods are laid down for.
KIND_NAMES: Mapping[str, str] = Words(
    {
        "submission": marked("Hồ sơ công nhận (nội dung đã nộp)"),
        "evidence": marked("Minh chứng (nội dung tệp)"),
        "private": marked("Dữ liệu cá nhân và lời ghi trong nhật ký hồ sơ"),
        "access": marked("Lời ghi trong nhật ký truy cập"),
        "comment": marked("Trao đổi"),
        "draft": marked("Bản thảo"),
        "notification": marked("Thông báo"),
    }
)
# What a submission's and a private part's digest are called in these events.
SUBMISSION, PRIVATE, MESSAGE, EVIDENCE = "submission", "private", "message", "evidence"


@dataclass(frozen=True)
class Erased:
    """`seq` and `at` of the event that tells it. `after`: digest of what was put there; "" for nothing."""

    seq: int
    at: str
    why: str
    basis: str
    after: str
    whole: bool

    def sentence(self) -> str:
        """In the place of what was there."""
        day = f"{datetime.fromisoformat(self.at).astimezone(LOCAL):%d/%m/%Y}"
        if self.why == PERIOD:
            return _(
                "(nội dung đã xóa khi hết thời hạn lưu trữ, ngày %(day)s, theo %(basis)s)",
                day=day,
                basis=self.basis,
            )
        return _("(nội dung đã lược bỏ ngày %(day)s, theo %(basis)s)", day=day, basis=self.basis)


@dataclass(frozen=True)
class ErasedThings:
    """`submissions` by number of event, `private` by stream, number of event and name, `messages` by source,
    `files` by id, each with the hash of its bytes.

    Of several erasures of one thing the last counts.
    """

    submissions: Mapping[int, Erased]
    private: Mapping[tuple[str, int, str], Erased]
    messages: Mapping[str, Erased]
    files: Mapping[str, str]


def notices(bodies: Iterable[Mapping[str, Any]]) -> list[str]:
    """For readers of the case: which kinds of its records are gone, since when, by what; oldest first."""
    told = []
    for body in bodies:
        data = body["data"]
        for kind, basis in sorted(data["bases"].items()):
            if any(item["kind"] == kind for item in data["items"]):
                erased = Erased(body["seq"], body["at"], data["why"], basis, "", whole=True)
                told.append(f"{_(KIND_NAMES[kind])}: {erased.sentence()}")
    return told


def erased_in(bodies: Iterable[Mapping[str, Any]]) -> ErasedThings:
    """Read from the bodies of a case's events, in their order."""
    submissions: dict[int, Erased] = {}
    private: dict[tuple[str, int, str], Erased] = {}
    messages: dict[str, Erased] = {}
    files: dict[str, str] = {}
    for body in bodies:
        if body["type"] != ERASED:
            continue
        data = body["data"]
        for item in data["items"]:
            basis = data["bases"].get(item["kind"], "")
            told = Erased(
                body["seq"], body["at"], data["why"], basis, item.get("after", ""), item.get("whole", True)
            )
            if item["what"] == SUBMISSION:
                submissions[item["seq"]] = told
            elif item["what"] == PRIVATE:
                private[item["stream"], item["seq"], item["name"]] = told
            elif item["what"] == MESSAGE:
                messages[item["source"]] = told
            elif item["what"] == EVIDENCE:
                files[item["id"]] = item["sha256"]
    return ErasedThings(submissions, private, messages, files)
