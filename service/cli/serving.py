"""The web server: gunicorn's processes, how they start, and how they stop without cutting anybody off."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from service.config import Settings

FOLDER_OF_COUNTS = "PROMETHEUS_MULTIPROC_DIR"
# A memory file system: the worker's sign of life and the counts must not wait for a disk, and the disk of a
# container is read-only.
IN_MEMORY = "/dev/shm"  # noqa: S108
REQUESTS_BEFORE_RENEWAL = 20_000
FIRST_PLACE = "web0"

Background = Callable[[Flask, threading.Event], None]


class Worker(ThreadWorker):  # type: ignore[misc]
    """A process with threads. Told to stop, it still takes the connections that had already reached it."""

    stopping = False
    sockets: list[Any]

    def handle_exit(self, sig: int, frame: Any) -> None:
        self.stopping = True
        if (stop := getattr(self, "stop_background", None)) is not None:
            stop.set()
        super().handle_exit(sig, frame)

    def set_accept_enabled(self, enabled: bool) -> None:
        if not enabled and self.stopping and self._accepting:
            # The kernel has greeted them and they may have sent their request: closing the door now would
            # leave them without an answer and without knowing whether it was carried out.
            self._take_who_waits()
        super().set_accept_enabled(enabled)
        if not enabled and self.stopping:
            for listener in self.sockets:
                listener.close()
            self.sockets = []

    def _take_who_waits(self) -> None:
        for listener in self.sockets:
            waiting = -1
            while waiting != self.nr_conns:
                waiting = self.nr_conns
                self.accept(listener)


class Log(Logger):  # type: ignore[misc]
    """Gunicorn's own lines go where all lines go; requests are logged by the application."""

    def setup(self, cfg: Any) -> None:
        self.cfg = cfg
        self._access_log_enabled = False
        self.loglevel = logging.getLogger().level
        for log in (self.error_log, self.access_log):
            log.handlers.clear()
            log.propagate = True


class Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn over `app`. `background`, if any, runs beside the requests until its event is set."""

    def __init__(self, app: Flask, configured: Settings, background: Background | None = None) -> None:
        self.flask_app, self.configured, self.background = app, configured, background
        super().__init__()

    def load_config(self) -> None:
        configured = self.configured
        several = configured.web_processes > 1
        options = {
            "bind": f"{_bracketed(configured.host)}:{configured.port}",
            "workers": configured.web_processes,
            "threads": configured.web_threads,
            "worker_class": Worker,
            "worker_tmp_dir": in_memory(),
            "logger_class": Log,
            "accesslog": None,
            "graceful_timeout": configured.graceful_seconds,
            # A worker whose main thread hangs; a slow request does not count.
            "timeout": 60,
            "keepalive": 15,
            "limit_request_line": 8190,
            "limit_request_fields": 100,
            "limit_request_field_size": 8190,
            # Nobody's word is taken for scheme, script name or path; the client's address is service.app's.
            "forwarded_allow_ips": "",
            "proxy_protocol": "off",
            "max_requests": REQUESTS_BEFORE_RENEWAL if several else 0,
            "max_requests_jitter": REQUESTS_BEFORE_RENEWAL // 5,
            "proc_name": "congnhan",
            "when_ready": _settle_memory,
            "pre_fork": give_place,
            "post_fork": self._start_afresh,
            "post_worker_init": self._start_background,
            "worker_exit": finish_background,
            "child_exit": free_place,
            "control_socket_disable": True,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self.flask_app

    def _start_afresh(self, _server: Any, worker: Any) -> None:
        """What the parent process opened is the parent's: connections must not be shared across a fork."""
        from service.database import db
        from service.http.meters import take_place

        take_place(worker.place)
        with self.flask_app.app_context():
            db.engine.dispose(close=False)

    def _start_background(self, worker: Any) -> None:
        """In one process is enough: another takes the place, and the work, of one that ends."""
        if self.background is None or worker.place != FIRST_PLACE:
            return
        worker.stop_background = threading.Event()
        worker.background = threading.Thread(
            target=self.background, args=(self.flask_app, worker.stop_background), daemon=True, name="jobs"
        )
        worker.background.start()


def _settle_memory(_arbiter: Any) -> None:
    """What is loaded before the processes part stays for good: no later collection goes through it.

    A full collection of it stops all threads of a process for 190 ms, once in some 1,500 requests.
    """
    gc.collect()
    gc.freeze()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def give_place(server: Any, worker: Any) -> None:
    """The lowest number that no living process has: see service.http.meters."""
    taken = {
        known.place for known in server.WORKERS.values() if known is not worker and hasattr(known, "place")
    }
    worker.place = next(
        name for name in (f"web{number}" for number in range(len(taken) + 1)) if name not in taken
    )


def free_place(_server: Any, worker: Any) -> None:
    from service.http.meters import leave_place

    leave_place(worker.place)


def finish_background(server: Any, worker: Any) -> None:
    """A delivery or a timer that has begun is finished; the next one is another process's."""
    if getattr(worker, "background", None) is not None:
        worker.stop_background.set()
        worker.background.join(timeout=server.cfg.graceful_timeout)


def in_memory() -> str | None:
    """A folder in memory, where the machine has one that may be written to."""
    return IN_MEMORY if os.access(IN_MEMORY, os.W_OK | os.X_OK) else None


@contextlib.contextmanager
def counting_together(processes: int) -> Any:
    """Before the application is made: where several web processes put their counts, for one answer of all."""
    if processes <= 1:
        os.environ.pop(FOLDER_OF_COUNTS, None)
        yield
        return
    folder = Path(tempfile.mkdtemp(prefix="congnhan-counts-", dir=in_memory()))
    os.environ[FOLDER_OF_COUNTS] = str(folder)
    parent = os.getpid()
    try:
        yield
    finally:
        if os.getpid() == parent:
            shutil.rmtree(folder, ignore_errors=True)
