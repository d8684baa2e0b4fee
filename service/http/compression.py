"""Texts travel compressed: communes' lines are slow, and the criteria page is 100 kB of HTML as it stands."""

from __future__ import annotations

import gzip
import zlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, current_app, request

SMALLEST = 1024  # bytes; below, the header costs what compression saves
COMPRESSED = (
    "text/",
    "application/javascript",
    "application/json",
    "application/problem+json",
    "application/xml",
)


def compress_answers(app: Flask) -> None:
    """Compress what browsers accept compressed. Files that people uploaded go as they are."""
    app.after_request(compress)


def compress(response: Response) -> Response:
    if response.status_code != 200 or not (response.mimetype or "").startswith(COMPRESSED):
        return response
    is_asset = request.endpoint == "static"
    if "Content-Encoding" in response.headers or (response.direct_passthrough and not is_asset):
        return response
    response.vary.add("Accept-Encoding")
    if request.method != "GET" or "Range" in request.headers or not request.accept_encodings["gzip"]:
        return response
    body = _asset(request.view_args or {}) if is_asset else _page(response.get_data())
    if body is None:
        return response
    response.close()  # the opened file, where it is one
    response.direct_passthrough = False
    response.set_data(body)
    response.headers["Content-Encoding"] = "gzip"
    response.headers.pop("Accept-Ranges", None)
    etag, _ = response.get_etag()
    if etag:
        response.set_etag(etag, weak=True)  # the same content in other bytes
    return response


def _page(body: bytes) -> bytes | None:
    # The fastest level: a page is made once for one reader.
    return gzip.compress(body, compresslevel=1, mtime=0) if len(body) >= SMALLEST else None


def _asset(named: dict[str, str]) -> bytes | None:
    path = Path(current_app.static_folder or "", named["filename"])
    return _compressed_file(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _compressed_file(path: Path, _changed_at: int) -> bytes:
    return gzip.compress(path.read_bytes(), compresslevel=zlib.Z_BEST_COMPRESSION, mtime=0)
