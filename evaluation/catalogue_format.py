"""Catalogue files → Catalogue, refusing anything a reader of the decision would not recognise.

Every refusal names the file, the place (criterion or line) and what to do.
"""

import datetime as dt
import hashlib
import json
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import NoReturn, TypeVar, cast

from evaluation.bounded_yaml import Mapping, Node, Scalar, Sequence, read_yaml, shorten
from evaluation.criteria import (
    Agency,
    Catalogue,
    Criterion,
    Document,
    Group,
    Role,
    Target,
    TargetKind,
    criterion_id,
    criterion_order,
)
from evaluation.errors import CatalogueError, UnknownCriterion, YamlRefused
from evaluation.numbers import parse_number

FORMAT = "1"
_ROLES = ("lead", "coordinating", "unspecified")
_T = TypeVar("_T", Mapping, Sequence)


def parse_catalogue(data: bytes, origin: str) -> Catalogue:
    """The catalogue in `data` (UTF-8 YAML, text in NFC or NFD); `origin` is the name used in error sentences.

    Raises CatalogueError: malformed or hostile YAML, missing or unknown keys, ids that are no text, duplicate
    or unordered criteria, unknown kinds, a missing year, a threshold that is not its target's, or counts that
    do not agree with the declared ones.
    """
    return _Reader(origin).catalogue(data)


class _Reader:
    def __init__(self, origin: str) -> None:
        self.origin = origin

    def refuse(self, place: str, remedy: str) -> NoReturn:
        raise CatalogueError(f"Bộ tiêu chí {self.origin}, {place}: {remedy}.")

    def catalogue(self, data: bytes) -> Catalogue:
        try:
            root = read_yaml(data)
        except YamlRefused as error:
            self.refuse(f"dòng {error.line}" if error.line else "toàn tệp", error.message)
        keys = (
            "format",
            "name",
            "document",
            "not_assessed",
            "criteria_count",
            "assessed_counts",
            "groups",
            "criteria",
        )
        top = self.record(root, "toàn tệp", keys)
        if self.text(top["format"], "format") != FORMAT:
            self.refuse("format", f"chỉ đọc được định dạng {FORMAT}")
        mark = self.record(top["not_assessed"], "not_assessed", ("mark", "footnote"))
        self.mark = self.text(mark["mark"], "not_assessed.mark", kinds=("text",))
        counts = self.assessed_counts(top["assessed_counts"])
        self.years = tuple(counts)
        group_counts = self.groups(top["groups"])
        self.group_by_id = {group.id: group for group in group_counts}
        criteria = self.criteria(top["criteria"])
        self.check_counts(criteria, self.whole(top["criteria_count"], "criteria_count"), counts, group_counts)
        return Catalogue(
            name=self.text(top["name"], "name"),
            document=self.document(top["document"]),
            footnote=self.text(mark["footnote"], "not_assessed.footnote"),
            groups=tuple(group_counts),
            years=self.years,
            criteria=criteria,
            content_hash=_content_hash(root),
        )

    def document(self, node: Node) -> Document:
        keys = ("number", "date", "issuer", "title", "annex", "annex_title")
        fields = {
            key: self.text(value, f"document.{key}")
            for key, value in self.record(node, "document", keys).items()
        }
        try:
            dt.date.fromisoformat(fields["date"])
        except ValueError:
            self.refuse("document.date", f"“{shorten(fields['date'])}” không phải ngày dạng YYYY-MM-DD")
        return Document(**fields)

    def assessed_counts(self, node: Node) -> dict[int, dict[str, int]]:
        counts: dict[int, dict[str, int]] = {}
        for year, groups in self.expect(node, Mapping, "assessed_counts").pairs:
            place = f"assessed_counts.{shorten(year.text)}"
            if not (year.text.isascii() and year.text.isdigit() and len(year.text) == 4):
                self.refuse(place, "khóa phải là một năm bốn chữ số")
            pairs = self.expect(groups, Mapping, place).pairs
            counts[int(year.text)] = {self.id_text(group, place): self.whole(n, place) for group, n in pairs}
        if not counts or list(counts) != sorted(counts):
            self.refuse("assessed_counts", "phải có ít nhất một năm, xếp theo thứ tự tăng dần")
        return counts

    def groups(self, node: Node) -> dict[Group, int]:
        groups: dict[Group, int] = {}
        for item in self.expect(node, Sequence, "groups").items:
            place = f"groups (dòng {item.line})"
            fields = self.record(item, place, ("id", "name", "criteria"))
            group = Group(self.id_text(fields["id"], place), self.text(fields["name"], place))
            if group.id in {known.id for known in groups}:
                self.refuse(place, f"nhóm “{shorten(group.id)}” bị lặp; hãy giữ một")
            groups[group] = self.whole(fields["criteria"], place)
        return groups

    def criteria(self, node: Node) -> tuple[Criterion, ...]:
        criteria = tuple(self.criterion(item) for item in self.expect(node, Sequence, "criteria").items)
        ids = [criterion.id for criterion in criteria]
        for position, known in enumerate(ids):
            if known in ids[:position]:
                self.refuse(f"tiêu chí {known}", "bị lặp; hãy giữ một")
        if ids != sorted(ids, key=criterion_order):
            self.refuse("criteria", "phải xếp theo số thứ tự của phụ lục (1.2 trước 1.10)")
        return criteria

    def criterion(self, node: Node) -> Criterion:
        mapping = self.expect(node, Mapping, "criteria")
        id_node = mapping.get("id")
        if id_node is None:
            self.refuse(f"tiêu chí ở dòng {node.line}", "thiếu id")
        raw_id = self.id_text(id_node, f"tiêu chí ở dòng {node.line}")
        place = f"tiêu chí {shorten(raw_id)} (dòng {node.line})"
        try:
            if criterion_id(raw_id) != raw_id:
                self.refuse(place, f"hãy ghi id là “{criterion_id(raw_id)}”")
        except UnknownCriterion as error:
            self.refuse(place, error.message)
        kind_text = self.text(mapping.get("kind"), f"{place}, kind")
        if kind_text not in set(TargetKind):
            self.refuse(place, f"loại “{shorten(kind_text)}” không có; dùng {', '.join(TargetKind)}")
        kind = TargetKind(kind_text)
        keys = ["id", "group", "name", "unit", "kind", "targets", "agencies_text", "agencies", "legal_basis"]
        fields = self.record(
            node, place, (*keys, "thresholds") if kind is TargetKind.PERCENT_MIN else tuple(keys)
        )
        group = self.group_by_id.get(self.id_text(fields["group"], place))
        if group is None or raw_id.split(".")[0] != group.id:
            self.refuse(place, "nhóm phải là một nhóm đã khai báo và là số đầu của id")
        unit = self.text(fields["unit"], f"{place}, unit")
        return Criterion(
            id=raw_id,
            group=group,
            name=self.text(fields["name"], f"{place}, name"),
            unit=unit,
            kind=kind,
            targets=self.targets(fields, kind, unit, place),
            agencies=self.agencies(fields["agencies"], place),
            agencies_text=self.text(fields["agencies_text"], f"{place}, agencies_text"),
            legal_basis=self.text(fields["legal_basis"], f"{place}, legal_basis", empty=True),
        )

    def targets(self, fields: dict[str, Node], kind: TargetKind, unit: str, place: str) -> dict[int, Target]:
        texts = self.by_year(fields["targets"], f"{place}, targets", self.text)
        thresholds: dict[int, Decimal | None] = dict.fromkeys(self.years)
        if kind is TargetKind.PERCENT_MIN:
            thresholds = self.by_year(fields["thresholds"], f"{place}, thresholds", self.threshold)
        for year, text in texts.items():
            where = f"{place}, năm {year}"
            threshold = thresholds[year]
            if kind is TargetKind.YES_NO and text not in ("Có", self.mark):
                self.refuse(where, f"mục tiêu loại yes_no phải là “Có” hoặc “{self.mark}”")
            if kind is TargetKind.PERCENT_MIN:
                written = None if text == self.mark else parse_number(text.removesuffix("%").strip())
                if text != self.mark and (written is None or not text.endswith("%")):
                    self.refuse(where, f"mục tiêu “{shorten(text)}” không phải tỷ lệ phần trăm")
                if written != threshold:
                    self.refuse(where, f"ngưỡng {threshold} không khớp mục tiêu “{shorten(text)}”")
        return {
            year: Target(kind, text, thresholds[year], unit, assessed=text != self.mark)
            for year, text in texts.items()
        }

    def by_year(self, node: Node, place: str, read: Callable[[Node, str], "_V"]) -> dict[int, "_V"]:
        pairs = {key.text: value for key, value in self.expect(node, Mapping, place).pairs}
        wanted = {str(year): year for year in self.years}
        if pairs.keys() != wanted.keys():
            missing = sorted(wanted.keys() - pairs.keys()) or sorted(pairs.keys() - wanted.keys())
            self.refuse(
                place, f"phải có đúng các năm {', '.join(wanted)}; hãy xem lại {shorten(', '.join(missing))}"
            )
        return {year: read(pairs[text], f"{place}, năm {text}") for text, year in wanted.items()}

    def threshold(self, node: Node, place: str) -> Decimal | None:
        if isinstance(node, Scalar) and node.kind == "null":
            return None
        text = self.text(node, place, kinds=("text",))
        value = parse_number(text)
        if value is None or not 0 <= value <= 100 or "," in text:
            self.refuse(
                place, f"ngưỡng “{shorten(text)}” phải là số từ 0 đến 100, viết trong dấu nháy với dấu chấm"
            )
        return Decimal(text)

    def agencies(self, node: Node, place: str) -> tuple[Agency, ...]:
        agencies = []
        for item in self.expect(node, Sequence, f"{place}, agencies").items:
            fields = self.record(item, f"{place}, agencies", ("name", "role"))
            role = self.text(fields["role"], f"{place}, agencies")
            if role not in _ROLES:
                self.refuse(place, f"vai trò “{shorten(role)}” không có; dùng {', '.join(_ROLES)}")
            agencies.append(Agency(self.text(fields["name"], f"{place}, agencies"), cast("Role", role)))
        if not agencies:
            self.refuse(place, "phải có ít nhất một đơn vị chủ trì")
        return tuple(agencies)

    def check_counts(
        self,
        criteria: tuple[Criterion, ...],
        total: int,
        assessed: dict[int, dict[str, int]],
        groups: dict[Group, int],
    ) -> None:
        if len(criteria) != total:
            self.refuse("criteria", f"có {len(criteria)} tiêu chí nhưng criteria_count khai {total}")
        for group, declared in groups.items():
            found = sum(criterion.group == group for criterion in criteria)
            if found != declared:
                self.refuse(f"nhóm {group.id}", f"có {found} tiêu chí nhưng khai {declared}")
        for year, declared_by_group in assessed.items():
            counted = {group.id: 0 for group in groups}
            for criterion in criteria:
                counted[criterion.group.id] += criterion.targets[year].assessed
            if counted != declared_by_group:
                self.refuse(
                    f"assessed_counts năm {year}",
                    f"khai {declared_by_group} nhưng bảng có {counted}; hãy đối chiếu dấu *",
                )

    def record(self, node: Node, place: str, keys: tuple[str, ...]) -> dict[str, Node]:
        found = {key.text: value for key, value in self.expect(node, Mapping, place).pairs}
        for key in keys:
            if key not in found:
                self.refuse(place, f"thiếu “{key}”")
        for key in found:
            if key not in keys:
                self.refuse(place, f"có khóa lạ “{shorten(key)}”; chỉ nhận {', '.join(keys)}")
        return found

    def expect(self, node: Node | None, kind: type[_T], place: str) -> _T:
        if not isinstance(node, kind):
            what = "một bảng khóa: giá trị" if kind is Mapping else "một danh sách"
            self.refuse(place, f"phải là {what}")
        return node

    def text(
        self, node: Node | None, place: str, *, empty: bool = False, kinds: tuple[str, ...] = ("text", "int")
    ) -> str:
        if not isinstance(node, Scalar) or node.kind not in kinds:
            self.refuse(place, "phải là chữ; hãy đặt giá trị trong dấu nháy kép")
        text = unicodedata.normalize("NFC", node.text)
        if not empty and not text.strip():
            self.refuse(place, "không được để trống")
        return text

    def id_text(self, node: Node, place: str) -> str:
        # Unquoted, 1.10 would be the number 1.1: an id that is not text is refused, not repaired.
        if not isinstance(node, Scalar) or node.kind != "text":
            self.refuse(place, 'số tiêu chí và số nhóm phải là chữ; hãy đặt trong dấu nháy kép, ví dụ "1.10"')
        return node.text

    def whole(self, node: Node, place: str) -> int:
        if not isinstance(node, Scalar) or not (
            node.text.isascii() and node.text.isdigit() and len(node.text) <= 4
        ):
            self.refuse(place, "phải là một số nguyên")
        return int(node.text)


_V = TypeVar("_V")


def _content_hash(root: Node) -> str:
    return hashlib.sha256(_hashed_content(root)).hexdigest()


def hashed_content(data: bytes) -> bytes:
    """The content of a catalogue's YAML as its `content_hash` covers it: JSON without layout, comments."""
    return _hashed_content(read_yaml(data))


def _hashed_content(root: Node) -> bytes:
    plain = json.dumps(_plain(root), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return plain.encode("utf-8")


def _plain(node: Node) -> object:
    if isinstance(node, Scalar):
        return None if node.kind == "null" else unicodedata.normalize("NFC", node.text)
    if isinstance(node, Sequence):
        return [_plain(item) for item in node.items]
    return {unicodedata.normalize("NFC", key.text): _plain(value) for key, value in node.pairs}
