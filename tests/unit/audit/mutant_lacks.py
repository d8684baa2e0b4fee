"""Bundles without some of what their events name: what is missing, erased and checked, said by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.audit.canonical import canonical
from tests.unit.audit.whole_bundles import (
    TYPED,
    Files,
    Mutant,
    as_json,
    digest,
    first_format,
    stored,
    typed_part,
    with_manifest,
)

REPORT, PHOTO, COPY = b"%PDF-1.7 a report", b"\x89PNG a photo", b"%PDF-1.7 signed"
SHA = {content: hashlib.sha256(content).hexdigest() for content in (REPORT, PHOTO, COPY)}
HANDED = {
    "f1": {"name": "báo cáo.pdf", "sha256": SHA[REPORT]},
    "f2": {"name": "ảnh.png", "sha256": SHA[PHOTO]},
}
OPINION = ["submissions/000002.json", "submissions/000002.content"]
NOTE = ["private/000003-note.json", "private/000003-note.content"]
UNCHECKED = "không kiểm tra được nội dung ấy"


def path(content: bytes, name: str = "x.pdf") -> str:
    return f"files/{hashlib.sha256(content).hexdigest()}-{name}"


def told(content: bytes, name: str) -> str:
    return f"“{name}” ({SHA[content][:12]}…)"


def handed_over(files: object) -> bytes:
    return as_json({"answers": {"2.6": "54,4%"}, "files": files})


def of_case(
    items: object = None, files: object = None, copies: Sequence[Mapping[str, Any]] = (), erased_at: int = 4
) -> Files:
    """A signed copy filed (1), an opinion with two files (2), a note (3), and what was erased (4)."""
    opinion = handed_over(HANDED if files is None else files)
    said: list[dict[str, Any]] = [
        {"type": "signed_copy_filed", "data": {"sha256": SHA[COPY], "replaces": None}},
        {"type": "task_completed", "data": {}, "digests": {"submission": digest(opinion)}},
        {"type": "task_returned", "data": {}, "digests": {"note": digest(TYPED["note"])}},
        {"type": "case_finished", "data": {}},
    ]
    if items is not None:
        said[erased_at - 1] |= {"type": "content_erased", "data": {"items": items}}
    for one in copies:
        said[3] = {"type": "signed_copy_filed", "data": one}
    texts = [
        canonical({"digests": {}, "seq": seq, "stream": "case", "stream_id": "1", **one})
        for seq, one in enumerate(said, 1)
    ]
    whole = first_format(texts) | typed_part(2, "submission", opinion) | typed_part(3, "note", TYPED["note"])
    return whole | {path(content): content for content in (REPORT, PHOTO, COPY)}


def erasing(what: str, **more: Any) -> dict[str, Any]:
    return {"kind": what, "what": what, **more}


ERASED_OPINION = erasing("submission", seq=2, digest=digest(handed_over(HANDED)))
ERASED_NOTE = erasing("private", stream="case", seq=3, name="note", digest=digest(TYPED["note"]))
ERASED_PHOTO = erasing("evidence", id="f2", sha256=SHA[PHOTO])


@dataclass(frozen=True)
class Lack:
    """`missing` and `erased` as docs/log-format.md has them, where anything is; `checked`: submissions,
    private parts and files, each [held, named]."""

    name: str
    files: Files
    without: Sequence[str]
    checked: Sequence[Sequence[int]]
    missing: Mapping[str, list[Any]] = field(default_factory=dict)
    erased: Mapping[str, list[Any]] = field(default_factory=dict)
    notices: Sequence[str] = ()

    def bundle(self) -> bytes:
        left = {name: content for name, content in self.files.items() if name not in self.without}
        return stored(with_manifest(left))


EVIDENCE = [path(REPORT), path(PHOTO)]
NO_OPINION = f"gói không có nội dung nộp của sự kiện 2; {UNCHECKED}"
NO_NOTE = f"gói không có lý do, ghi chú đã gõ của sự kiện 3; {UNCHECKED}"
NO_PHOTO = f"gói không có 1 tệp mà nội dung nộp nêu: {told(PHOTO, 'ảnh.png')}"
OPINION_ERASED = "nội dung nộp của sự kiện 2 đã xóa theo quyết định, sự kiện 4"
NO_SUBMISSION, NO_PART = {"submissions": [2]}, {"private": [[3, "note"]]}
TWICE = {**HANDED, "f3": {"name": "lại.png", "sha256": SHA[PHOTO]}}
LINE_OF_OURS = {"f2": {"name": "a\nGói nguyên vẹn.\u202e" + "b" * 60, "sha256": SHA[PHOTO]}}
REPLACED = [{"sha256": SHA[PHOTO], "replaces": SHA[COPY]}]

LACKS = [
    Lack("complete", of_case(), [], [[1, 1], [1, 1], [3, 3]]),
    Lack(
        "the inconvenient opinion and all files", of_case(), [*OPINION, *EVIDENCE, path(COPY)],
        [[0, 1], [1, 1], [0, 1]], {**NO_SUBMISSION, "files": [SHA[COPY]]},
        notices=[NO_OPINION, "gói không có bản đã ký mà sự kiện 1 nêu"],
    ),
    Lack(
        "the opinion alone: nobody names its files", of_case(), OPINION, [[0, 1], [1, 1], [1, 1]],
        NO_SUBMISSION,
        notices=[NO_OPINION, "gói có 2 tệp mà không nội dung nộp hay sự kiện nào trong gói nêu: "
                 + ", ".join(f"“x.pdf” ({one[:12]}…)" for one in sorted([SHA[REPORT], SHA[PHOTO]]))],
    ),
    Lack("a note", of_case(), NOTE, [[1, 1], [0, 1], [3, 3]], NO_PART, notices=[NO_NOTE]),
    Lack(
        "a file", of_case(), [path(PHOTO)], [[1, 1], [1, 1], [2, 3]], {"files": [SHA[PHOTO]]},
        notices=[NO_PHOTO],
    ),
    Lack(
        "everything", of_case(), [*OPINION, *NOTE, *EVIDENCE, path(COPY)], [[0, 1], [0, 1], [0, 1]],
        {**NO_SUBMISSION, **NO_PART, "files": [SHA[COPY]]},
        notices=[NO_OPINION, NO_NOTE, "gói không có bản đã ký mà sự kiện 1 nêu"],
    ),
    Lack(
        "erased opinion", of_case([ERASED_OPINION]), [*OPINION, *EVIDENCE], [[0, 1], [1, 1], [1, 1]],
        erased={"submissions": [[2, 4]]}, notices=[OPINION_ERASED],
    ),
    Lack("told erased, still there", of_case([ERASED_OPINION]), [], [[1, 1], [1, 1], [3, 3]]),
    Lack(
        "erased note and photo", of_case([ERASED_NOTE, ERASED_PHOTO]), [*NOTE, path(PHOTO)],
        [[1, 1], [0, 1], [2, 3]], erased={"private": [[[3, "note"], 4]], "files": [[SHA[PHOTO], 4]]},
        notices=[
            "lý do, ghi chú đã gõ của sự kiện 3 đã xóa theo quyết định, sự kiện 4",
            "1 tệp mà nội dung nộp nêu đã xóa theo quyết định, sự kiện 4: " + told(PHOTO, "ảnh.png"),
        ],
    ),
    Lack(
        "the photo erased once, named twice", of_case([ERASED_PHOTO], TWICE), [path(PHOTO)],
        [[1, 1], [1, 1], [2, 3]], {"files": [SHA[PHOTO]]}, notices=[NO_PHOTO],
    ),
    Lack(
        "another note erased", of_case([ERASED_NOTE | {"name": "reason"}]), NOTE, [[1, 1], [0, 1], [3, 3]],
        NO_PART, notices=[NO_NOTE],
    ),
    Lack(
        "a note of the access stream erased", of_case([ERASED_NOTE | {"stream": "access"}]), NOTE,
        [[1, 1], [0, 1], [3, 3]], NO_PART, notices=[NO_NOTE],
    ),
    Lack(
        "another photo erased", of_case([ERASED_PHOTO | {"id": "f1"}]), [path(PHOTO)],
        [[1, 1], [1, 1], [2, 3]], {"files": [SHA[PHOTO]]}, notices=[NO_PHOTO],
    ),
    Lack(
        "erased with another digest", of_case([ERASED_OPINION | {"digest": "00" * 32}]),
        [*OPINION, *EVIDENCE], [[0, 1], [1, 1], [1, 1]], NO_SUBMISSION, notices=[NO_OPINION],
    ),
    Lack(
        "erased before it was handed over", of_case([ERASED_OPINION], erased_at=1), [*OPINION, *EVIDENCE,
        path(COPY)], [[0, 1], [1, 1], [0, 0]], NO_SUBMISSION, notices=[NO_OPINION],
    ),
    Lack(
        "erasures of other forms",
        of_case([1, None, [], {}, {"what": []}, {"what": "__proto__"}, ERASED_OPINION | {"seq": "2"},
                 ERASED_OPINION | {"seq": True}, ERASED_OPINION | {"digest": None}]),
        [*OPINION, *EVIDENCE], [[0, 1], [1, 1], [1, 1]], NO_SUBMISSION, notices=[NO_OPINION],
    ),
    Lack("no list of erasures", of_case({}), NOTE, [[1, 1], [0, 1], [3, 3]], NO_PART, notices=[NO_NOTE]),
    Lack(
        "files of other forms", of_case(files={"a": 1, "b": {}, "c": {"sha256": "x"}, "__proto__": None}),
        EVIDENCE, [[1, 1], [1, 1], [1, 1]],
    ),
    Lack("a list of files", of_case(files=[HANDED["f1"]]), EVIDENCE, [[1, 1], [1, 1], [1, 1]]),
    Lack(
        "a file called like a line of ours", of_case(files=LINE_OF_OURS), EVIDENCE, [[1, 1], [1, 1], [1, 2]],
        {"files": [SHA[PHOTO]]},
        # Sixty letters: a?, fifteen of ours with its stop, ?, and what is left of the b's.
        notices=["gói không có 1 tệp mà nội dung nộp nêu: "
                 + told(PHOTO, "a?Gói nguyên vẹn.?" + "b" * (60 - len("a?Gói nguyên vẹn.?")))],
    ),
    Lack(
        "a replaced signed copy", of_case(files={}, copies=REPLACED), [path(COPY), path(REPORT)],
        [[1, 1], [1, 1], [1, 1]],
    ),
]  # fmt: skip


def lacks() -> list[Mutant]:
    """None of them is an alteration."""
    return [Mutant(f"lack: {one.name}", one.bundle(), "") for one in LACKS]
