"""Opening backups: which ones belong together, and their lines."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from service.backup.format import FORMAT, PRODUCT, Header, Section
from service.backup.sealing import Identity, unsealed
from service.backup.shelf import Shelf, id_of, kind_of
from service.errors import BadInput


@dataclass(frozen=True)
class End:
    """What the last line says: rows here, rows of the whole database, and where every stream ended."""

    rows: dict[str, int]
    totals: dict[str, int]
    heads: str


def header_of(path: Path, identities: Sequence[Identity]) -> Header:
    """The first line; raises BadInput for what is no backup of ours, or one of a newer version."""
    with unsealed(path, identities) as plain:
        line = plain.readline()
    return _header(path, line)


def _header(path: Path, line: bytes) -> Header:
    try:
        found = orjson.loads(line)
        known = found["product"] == PRODUCT
        form = int(found["format"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        known, form, found = False, 0, {}
    if not known:
        raise BadInput(f"{path.name}: không phải bản sao lưu của Công nhận.")
    if form > FORMAT:
        raise BadInput(
            f"{path.name}: bản sao lưu theo định dạng {form}, chương trình này chỉ đọc đến {FORMAT}. "
            "Hãy cài phiên bản mới hơn."
        )
    try:
        return Header(**found)
    except TypeError:
        raise BadInput(f"{path.name}: phần đầu của bản sao lưu không đúng định dạng.") from None


def chain(source: Path, identities: Sequence[Identity]) -> list[tuple[Path, Header]]:
    """The backups that make up a state, newest first and the full one last.

    `source` is a folder (its newest state) or one backup in it. Raises BadInput where a link is missing.
    """
    path = source
    if source.is_dir():
        backups = Shelf(source).backups()
        if not backups:
            raise BadInput(f"Thư mục {source} không có bản sao lưu nào.")
        path = backups[-1]
    if not path.is_file():
        raise BadInput(f"Không có tệp {path}.")
    shelf, found = Shelf(path.parent), [(path, header_of(path, identities))]
    while (previous := found[-1][1].previous) is not None:
        following = shelf.with_id(previous)
        if following is None:
            raise BadInput(
                f"{found[-1][0].name}: thiếu bản sao lưu trước đó ({previous}) trong {path.parent}."
            )
        found.append((following, header_of(following, identities)))
    for each, header in found:
        if header.id != id_of(each) or header.kind != kind_of(each):
            raise BadInput(f"{each.name}: nội dung là của một bản sao lưu khác ({header.id}).")
    return found


def read(
    path: Path, identities: Sequence[Identity], take: Callable[[Section, Iterator[list[Any]]], None]
) -> End:
    """Go through one backup, handing each section and its rows to `take`; raises BadInput at any damage.

    What was taken counts only once this returns: before that, the backup may still turn out to be cut short.
    """
    with unsealed(path, identities) as plain:
        lines = _Lines(path, plain.readline)
        _header(path, lines.next())
        line = lines.next()
        while (document := lines.document(line)).get("table"):
            section = _section(path, document)
            rows = lines.rows()
            take(section, rows)
            for _ in rows:  # what was not wanted
                pass
            line = lines.pending
        return lines.end(document)


def _section(path: Path, document: dict[str, Any]) -> Section:
    try:
        return Section(
            document["table"],
            tuple((str(name), str(tag)) for name, tag in document["columns"]),
            tuple(document["key"]),
            bool(document["whole"]),
        )
    except (KeyError, TypeError, ValueError):
        raise BadInput(f"{path.name}: mô tả bảng trong bản sao lưu bị hỏng.") from None


class _Lines:
    """Lines with the digest of all before the last."""

    def __init__(self, path: Path, readline: Callable[[], bytes]) -> None:
        self.path, self._readline = path, readline
        self._digest, self.pending = hashlib.sha256(), b""
        self._last = b""

    def next(self) -> bytes:
        self._digest.update(self._last)
        self._last = self._readline()
        if not self._last.endswith(b"\n"):
            raise self._cut()
        return self._last

    def document(self, line: bytes) -> dict[str, Any]:
        try:
            found = orjson.loads(line)
        except orjson.JSONDecodeError:
            raise self._cut() from None
        if not isinstance(found, dict):
            raise self._cut()
        return found

    def rows(self) -> Iterator[list[Any]]:
        """Up to the next line that is no row, which is then `pending`."""
        while (line := self.next()).startswith(b"["):
            yield orjson.loads(line)
        self.pending = line

    def end(self, document: dict[str, Any]) -> End:
        if document.get("end") is not True or document.get("sha256") != self._digest.hexdigest():
            raise self._cut()
        if self._readline():
            raise self._cut()
        return End(document["rows"], document["totals"], document["heads"])

    def _cut(self) -> BadInput:
        return BadInput(f"{self.path.name}: bản sao lưu bị cắt ngắn hoặc đã bị sửa; không dùng được.")
