"""`./dev bench [NAME…]`: measures what the project promises, in one table. See docs/performance.md.

A module of this folder takes part by having `measure() -> list[Figure]`. What takes minutes or hours is
run by `./dev soak NAME…` (bench/soak.py). A missed figure is printed, not an
error: a busy machine must not fail anybody's work.
"""

import importlib
import os
import platform
import sqlite3
import sys
from pathlib import Path
from types import ModuleType

from bench.figures import Figure

FOLDER = Path(__file__).parent
# The order in which a reader wants them.
MEASURED = (
    "completion",
    "growth",
    "signing",
    "worklist",
    "engine",
    "gate",
    "evaluation",
    "replay",
    "postgres",
    "open_loop",
    "idle",
    "timers",
    "log",
    "backup",
    "filing",
    "grid",
    "pages",
    "modeler",
)


def run(names: list[str]) -> int:
    if unknown := [name for name in names if name not in MEASURED]:
        sentence = f"There is no measurement {', '.join(unknown)}. There are: {', '.join(MEASURED)}."
        print(sentence, file=sys.stderr)
        return 2
    print(machine(), flush=True)
    figures: list[Figure] = []
    for name in names or MEASURED:
        print(f"  measuring {name} …", file=sys.stderr, flush=True)
        figures += _module(name).measure()
    print_table(figures)
    missed = [figure.name for figure in figures if not figure.reached]
    print(f"Missed: {'; '.join(missed)}." if missed else "All targets reached.")
    return 0


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"bench.{name}")


def machine() -> str:
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {platform.system()} "
        f"{platform.machine()}, {os.cpu_count()} processors, {load}; WAL and synchronous=FULL throughout"
    )


def print_table(figures: list[Figure]) -> None:
    rows = [("figure", "target", "measured", ""), *(figure.cells() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
