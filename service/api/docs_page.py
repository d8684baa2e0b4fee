"""The OpenAPI document as a page shows it: groups, operations, fields. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import json


@dataclass(frozen=True)
class FieldLine:
    name: str
    type: str
    required: bool
    description: str


@dataclass(frozen=True)
class AnswerLine:
    status: str
    description: str
    fields: tuple[FieldLine, ...]


@dataclass(frozen=True)
class Operation:
    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[FieldLine, ...]
    body: tuple[FieldLine, ...]
    example: str
    answers: tuple[AnswerLine, ...]


@dataclass(frozen=True)
class Group:
    name: str
    description: str
    operations: tuple[Operation, ...]


def groups_of(document: dict[str, Any]) -> list[Group]:
    """Operations by tag, in the order of the document."""
    found: dict[str, list[Operation]] = {tag["name"]: [] for tag in document["tags"]}
    for path, operations in document["paths"].items():
        shared = operations.get("parameters", [])
        for method, operation in operations.items():
            if method != "parameters":
                found[operation["tags"][0]].append(_operation(document, path, method, operation, shared))
    return [
        Group(tag["name"], tag.get("description", ""), tuple(found[tag["name"]])) for tag in document["tags"]
    ]


def _operation(
    document: dict[str, Any], path: str, method: str, operation: dict[str, Any], shared: list[Any]
) -> Operation:
    body = _schema_of(operation.get("requestBody", {}))
    fields = _fields(document, body)
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        parameters=tuple(
            FieldLine(
                f"{parameter['name']} ({parameter['in']})",
                _type(document, parameter.get("schema", {})),
                parameter.get("required", False),
                parameter.get("description", ""),
            )
            for parameter in [*shared, *operation.get("parameters", [])]
        ),
        body=fields,
        example=json.dumps(_example(document, body), indent=2) if fields else "",
        answers=tuple(
            AnswerLine(status, *_answer(document, answer))
            for status, answer in operation["responses"].items()
        ),
    )


def _answer(document: dict[str, Any], answer: dict[str, Any]) -> tuple[str, tuple[FieldLine, ...]]:
    if "$ref" in answer:
        return _resolve(document, answer)["description"], ()
    return answer.get("description", ""), _fields(document, _schema_of(answer))


def _schema_of(carrier: dict[str, Any]) -> dict[str, Any]:
    """The schema of a request body or answer; {} for none."""
    for media in carrier.get("content", {}).values():
        schema: dict[str, Any] = media.get("schema", {})
        return schema
    return {}


def _fields(document: dict[str, Any], schema: dict[str, Any]) -> tuple[FieldLine, ...]:
    schema = _resolve(document, schema)
    required = schema.get("required", [])
    return tuple(
        FieldLine(name, _type(document, part), name in required, part.get("description", ""))
        for name, part in schema.get("properties", {}).items()
    )


def _type(document: dict[str, Any], schema: dict[str, Any]) -> str:
    """`text`, `list of CaseSummary`, …: how a reader names a type."""
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[-1])
    for key in ("allOf", "anyOf", "oneOf"):
        if key in schema:
            names = [_type(document, part) for part in schema[key] if part.get("type") != "null"]
            return " | ".join(names)
    if "enum" in schema:
        return " | ".join(str(choice) or '""' for choice in schema["enum"])
    kind = schema.get("type", "any")
    kinds = [name for name in (kind if isinstance(kind, list) else [kind]) if name != "null"]
    if kinds == ["array"]:
        return f"list of {_type(document, schema.get('items', {}))}"
    return " | ".join(f"{name} ({schema['format']})" if "format" in schema else name for name in kinds)


def _example(document: dict[str, Any], schema: dict[str, Any], depth: int = 0) -> Any:
    """A request to start from, of the fields' own examples."""
    if "example" in schema:
        return schema["example"]
    resolved = _resolve(document, schema)
    if "properties" in resolved and depth < 4:
        return {name: _example(document, part, depth + 1) for name, part in resolved["properties"].items()}
    if resolved.get("type") == "array":
        return [_example(document, resolved.get("items", {}), depth + 1)]
    kind = resolved.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    return {"string": "…", "integer": 0, "boolean": False, "object": {}}.get(kind or "")


def _resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    for key in ("allOf", "anyOf", "oneOf"):
        parts = [part for part in schema.get(key, ()) if part.get("type") != "null"]
        if parts:
            return _resolve(document, parts[0])
    while "$ref" in schema:
        target: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = target
    return schema
