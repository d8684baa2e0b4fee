"""What a web process counts about its own work. Names and units follow Prometheus' conventions.

Several processes under one gunicorn count into files of a shared folder (PROMETHEUS_MULTIPROC_DIR, set by
`congnhan serve` before this is imported) and any of them answers for all. A file belongs to a *place*, which
a process takes over from its predecessor: counts go on, and files do not pile up.
"""

from __future__ import annotations

import os
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    multiprocess,
    values,
)
from prometheus_client.registry import Collector

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
_place = "main"


def take_place(name: str) -> None:
    """Called in a new process before it counts anything; no two living processes may hold one place."""
    global _place  # noqa: PLW0603 - what a process is called is a fact about the process
    _place = name


def leave_place(name: str) -> None:
    """Called for a process that has ended: its counts stay, what it was doing just then goes."""
    if shared():
        multiprocess.mark_process_dead(name)  # type: ignore[no-untyped-call]


def shared() -> bool:
    return FOLDER in os.environ


def _my_place() -> str:
    return _place


if shared():
    values.ValueClass = values.MultiProcessValue(_my_place)  # type: ignore[misc,no-untyped-call]

disable_created_metrics()  # type: ignore[no-untyped-call]

OWN = CollectorRegistry(auto_describe=False)

REQUESTS = Counter(
    "congnhan_http_requests",
    "Requests answered, by method, route template and status.",
    ["method", "route", "status"],
    registry=OWN,
)
LATENCY = Histogram(
    "congnhan_http_request_duration_seconds",
    "Time to make an answer, by method and route template.",
    ["method", "route"],
    # 0.15 s is what the project promises at p99, 2 s what it never exceeds.
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2, 5, 10, 30),
    registry=OWN,
)
IN_PROGRESS = Gauge(
    "congnhan_http_requests_in_progress",
    "Requests being answered.",
    multiprocess_mode="livesum",
    registry=OWN,
)
CONNECTIONS = Gauge(
    "congnhan_database_connections_in_use",
    "Database connections that requests and jobs of the web processes hold.",
    multiprocess_mode="livesum",
    registry=OWN,
)


class WebProcesses(Collector):
    """What all web processes counted."""

    def collect(self):  # type: ignore[no-untyped-def]
        if shared():
            return multiprocess.MultiProcessCollector(None).collect()  # type: ignore[no-untyped-call]
        return OWN.collect()
