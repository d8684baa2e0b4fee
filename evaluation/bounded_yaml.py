"""YAML from strangers: bounded, without aliases, and with the line of every value.

The events come from PyYAML, the tree is ours. That keeps what a loader would lose: the text of a scalar
exactly as written (`1.10` stays `1.10`), duplicate keys, and the line numbers for whoever must mend the file.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Union

import yaml

from evaluation.errors import YamlRefused

MAX_BYTES = 5 * 1024 * 1024
MAX_NODES = 20_000
MAX_DEPTH = 12

Kind = Literal["text", "int", "float", "bool", "null", "other"]
_KINDS: dict[str, Kind] = {
    "tag:yaml.org,2002:str": "text",
    "tag:yaml.org,2002:int": "int",
    "tag:yaml.org,2002:float": "float",
    "tag:yaml.org,2002:bool": "bool",
    "tag:yaml.org,2002:null": "null",
}


@dataclass(frozen=True, slots=True)
class Scalar:
    text: str
    kind: Kind
    line: int


@dataclass(frozen=True, slots=True)
class Mapping:
    pairs: tuple[tuple[Scalar, "Node"], ...]
    line: int

    def get(self, key: str) -> Union["Node", None]:
        return next((value for name, value in self.pairs if name.text == key), None)


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple["Node", ...]
    line: int


Node = Scalar | Mapping | Sequence


def decode(data: bytes) -> str:
    """The text of `data`, which must be UTF-8 (a byte order mark is allowed). Raises YamlRefused."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise YamlRefused("tệp được lưu bằng bảng mã UTF-16; hãy lưu lại bằng UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise YamlRefused(
            "tệp không phải UTF-8 (có thể là Windows-1258 hoặc TCVN3); hãy lưu lại bằng UTF-8", line
        ) from None
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise YamlRefused(
            "tệp chứa ký tự NUL, có thể là UTF-16 hoặc tệp nhị phân; hãy lưu lại bằng UTF-8", line
        )
    return text


def read_yaml(data: bytes) -> Node:
    """The one document in `data`. Raises YamlRefused with a Vietnamese sentence and the line if known."""
    if len(data) > MAX_BYTES:
        raise YamlRefused(f"tệp lớn hơn {MAX_BYTES // 1024 // 1024} MB; hãy chỉ gửi bảng kết quả")
    text = decode(data)
    if not text.strip():
        raise YamlRefused("tệp trống; hãy ghi nội dung vào tệp")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Composer(yaml.parse(text, Loader=loader)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlRefused(
            "không đúng cú pháp YAML; hãy kiểm tra dấu hai chấm, dấu nháy và thụt đầu dòng",
            mark.line + 1 if mark else None,
        ) from None
    except (yaml.YAMLError, ValueError):
        raise YamlRefused("tệp có ký tự mà YAML không cho phép; hãy xóa các ký tự điều khiển") from None


_RESOLVER: Any = yaml.SafeLoader("")


class _Composer:
    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._nodes = 0
        # Not typed in the stubs; it maps a plain scalar to the tag YAML 1.1 gives it.
        self._resolve: Callable[[type, str, tuple[bool, bool]], str] = _RESOLVER.resolve

    def document(self) -> Node:
        root: Node | None = None
        for event in self._events:
            if isinstance(event, yaml.NodeEvent):
                if root is not None:
                    raise YamlRefused("tệp có nhiều tài liệu YAML (---); hãy để một tài liệu", _line(event))
                root = self._node(event, depth=1)
        if root is None:
            raise YamlRefused("tệp trống; hãy ghi nội dung vào tệp")
        return root

    def _node(self, event: yaml.Event, depth: int) -> Node:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise YamlRefused(f"tệp có hơn {MAX_NODES} giá trị; hãy chỉ gửi bảng cần thiết", _line(event))
        if depth > MAX_DEPTH:
            raise YamlRefused(f"tệp lồng nhau quá {MAX_DEPTH} tầng; hãy bớt các tầng", _line(event))
        # An alias repeated in nested lists is how a few bytes become gigabytes.
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise YamlRefused(
                "không nhận neo và tham chiếu YAML (& và *); hãy ghi thẳng giá trị", _line(event)
            )
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if getattr(event, "tag", None) is not None:
            raise YamlRefused("không nhận thẻ YAML (!…); hãy xóa thẻ", _line(event))
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(event, depth)
        return self._sequence(event, depth)

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        if event.tag is not None:
            raise YamlRefused("không nhận thẻ YAML (!…); hãy xóa thẻ", _line(event))
        tag = self._resolve(yaml.ScalarNode, event.value, event.implicit)
        return Scalar(event.value, _KINDS.get(tag, "other"), _line(event))

    def _mapping(self, start: yaml.Event, depth: int) -> Mapping:
        pairs: list[tuple[Scalar, Node]] = []
        seen: dict[str, int] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._node(event, depth + 1)
            if not isinstance(key, Scalar):
                raise YamlRefused("khóa phải là một dòng chữ, không phải danh sách hay bảng", _line(event))
            if key.text in seen:
                raise YamlRefused(
                    f"khóa “{shorten(key.text)}” bị lặp (đã có ở dòng {seen[key.text]}); hãy giữ một",
                    key.line,
                )
            seen[key.text] = key.line
            pairs.append((key, self._node(next(self._events), depth + 1)))
        return Mapping(tuple(pairs), _line(start))

    def _sequence(self, start: yaml.Event, depth: int) -> Sequence:
        items: list[Node] = []
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self._node(event, depth + 1))
        return Sequence(tuple(items), _line(start))


def shorten(text: str, limit: int = 60) -> str:
    """`text` fit for an error sentence: one line, bounded."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0
