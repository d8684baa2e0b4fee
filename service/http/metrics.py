"""`/metrics` for Prometheus, and the one line and the counts of each request."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterable
from pathlib import Path

import structlog
from flask import Flask, Response, current_app, g, request
from flask_babel import gettext as _
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import event
from sqlalchemy.engine import Engine

from service.database import db
from service.http.access import PUBLIC, policy
from service.http.extensions import settings
from service.http.figures import KEPT_SECONDS, installation_figures
from service.http.meters import CONNECTIONS, IN_PROGRESS, LATENCY, REQUESTS, WebProcesses, shared
from service.http.probes import Kept, may_see_inside
from service.version import VERSION

log = structlog.get_logger("service.request")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Asked every few seconds by machines, or many times per page: worth a count, not a line.
UNREMARKABLE = frozenset({"healthz", "readyz", "metrics", "static"})
_KEPT = "congnhan-figures"


def observe(app: Flask) -> None:
    """Count and log every request. Registered before all other hooks: first in, last out."""
    app.before_request(_start)
    app.after_request(_note)
    app.teardown_request(_end)


def register_metrics(app: Flask) -> None:
    app.add_url_rule("/metrics", "metrics", metrics)
    register_figures(app)
    with app.app_context():
        _count_connections(db.engine)


def register_figures(app: Flask) -> None:
    """Figures of this application that have not been asked for yet."""
    app.extensions[_KEPT] = Kept(KEPT_SECONDS, installation_figures)


@policy(PUBLIC)
def metrics() -> Response:
    """For this machine and whoever knows METRICS_TOKEN: figures of the installation, no person's data."""
    if not may_see_inside():
        return Response(
            _("Chỉ dành cho hệ thống giám sát (METRICS_TOKEN).\n"),
            401,
            {"WWW-Authenticate": "Bearer"},
            mimetype="text/plain",
        )
    registry = CollectorRegistry()
    for collector in (WebProcesses(), Installation(), Process()):
        registry.register(collector)
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return Response(encode(registry), content_type=content_type)


class Installation(Collector):
    """Figures from the database, and what this program is."""

    def collect(self) -> Iterable[Metric]:
        for figure in current_app.extensions[_KEPT].get():
            family = GaugeMetricFamily(
                figure.name, figure.help, labels=[figure.label] if figure.label else []
            )
            for label, value in figure.values.items():
                family.add_metric([label] if figure.label else [], value)
            yield family
        most = GaugeMetricFamily(
            "congnhan_database_connections_limit", "How many connections the web processes may hold together."
        )
        most.add_metric([], connections_limit(db.engine) * settings().web_processes)
        yield most
        build = GaugeMetricFamily(
            "congnhan_build_info", "What runs here.", labels=["version", "python", "database"]
        )
        build.add_metric([VERSION, platform.python_version(), db.engine.dialect.name], 1)
        yield build


class Process(Collector):
    """Memory, processor time and open files of the web processes together (Linux; elsewhere nothing)."""

    def collect(self) -> Iterable[Metric]:
        seconds = memory = files = 0.0
        tick, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
        found = 0
        for pid in _web_processes():
            try:
                fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
                files += sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
            except OSError:
                continue  # it has just ended, or this is no Linux
            found += 1
            seconds += (int(fields[11]) + int(fields[12])) / tick
            memory += int(fields[21]) * page
        if not found:
            return
        for name, help_text, value in (
            ("congnhan_web_processes", "Web processes of this server.", found),
            ("congnhan_web_resident_memory_bytes", "Memory of the web processes.", memory),
            ("congnhan_web_open_fds", "Open file descriptors of the web processes.", files),
        ):
            family = GaugeMetricFamily(name, help_text)
            family.add_metric([], value)
            yield family
        spent = CounterMetricFamily(
            "congnhan_web_cpu_seconds", "Processor time that the running web processes have spent."
        )
        spent.add_metric([], seconds)
        yield spent


def _web_processes() -> list[int]:
    if not shared():
        return [os.getpid()]
    parent = os.getppid()
    try:
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
    except OSError:
        return [os.getpid()]
    return [int(pid) for pid in children.split()] or [os.getpid()]


def connections_limit(engine: Engine) -> int:
    """What the pool of one process may open; 0 where there is no limit."""
    pool = engine.pool
    size, beyond = getattr(pool, "size", None), getattr(pool, "_max_overflow", 0)
    return size() + max(0, beyond) if size else 0


def _count_connections(engine: Engine) -> None:
    @event.listens_for(engine, "checkout")
    def taken(*_: object) -> None:
        CONNECTIONS.inc()

    @event.listens_for(engine, "checkin")
    def given_back(*_: object) -> None:
        CONNECTIONS.dec()


def _start() -> None:
    g.started = time.perf_counter()
    IN_PROGRESS.inc()


def _note(response: Response) -> Response:
    """The route's template, never the address: ids make endless labels, query strings hold personal data."""
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    route = request.url_rule.rule if request.url_rule else "unmatched"
    method = request.method if request.method in METHODS else "other"
    REQUESTS.labels(method, route, str(response.status_code)).inc()
    LATENCY.labels(method, route).observe(seconds)
    viewer = g.get("viewer")
    level = log.debug if request.endpoint in UNREMARKABLE else log.info
    level(
        "request",
        method=method,
        route=route,
        status=response.status_code,
        ms=round(seconds * 1000, 1),
        user=str(viewer.id) if viewer else None,
        address=request.remote_addr,
    )
    return response


def _end(_error: BaseException | None) -> None:
    if g.pop("started", None) is not None:
        IN_PROGRESS.dec()
