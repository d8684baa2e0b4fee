"""Finds, by reading the source, every public function of the service that commits something."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Doors, settings and tools call what is found here; the demo's loader is the demo's own affair.
PASSED_OVER = ("service.web", "service.api", "service.cli", "service.demo", "service.migrations")
BEGINNING = ("service.database", "transaction")


def public_writers() -> set[str]:
    """`module.function` of each public function that opens a transaction, itself or through another."""
    calls, public = _read_everything()
    writers = {BEGINNING}
    grown = True
    while grown:
        found = {function for function, called in calls.items() if called & writers} - writers
        grown = bool(found)
        writers |= found
    return {f"{module}.{name}" for module, name in writers & public}


def _read_everything() -> tuple[dict[tuple[str, str], set[tuple[str, str]]], set[tuple[str, str]]]:
    calls: dict[tuple[str, str], set[tuple[str, str]]] = {}
    public: set[tuple[str, str]] = set()
    for path in sorted((ROOT / "service").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if module.startswith(PASSED_OVER) or module == BEGINNING[0]:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        known = _imported(tree) | {
            node.name: (module, node.name) for node in tree.body if isinstance(node, ast.FunctionDef)
        }
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
                calls[module, node.name] = {known[name] for name in names & set(known)}
                if not node.name.startswith("_"):
                    public.add((module, node.name))
    return calls, public


def _imported(tree: ast.Module) -> dict[str, tuple[str, str]]:
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
