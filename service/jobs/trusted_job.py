"""A job as far as we believe Redis: the number of an outbox row, and nothing else of what RQ can do.

Whoever can write to Redis could otherwise have RQ import and call any function (as job, as callback, also of
a job that a registry calls abandoned), send requests to any address (webhooks), repeat and chain jobs.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

from redis.exceptions import ConnectionError as RedisGone
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisSlow
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer

ALLOWED = "service.jobs.worker.handle_outbox"
LARGEST_DATA = 500  # bytes; ours are some seventy
LARGEST_ID = 2**63 - 1


class TrustedJob(Job):  # type: ignore[misc]
    """Reads one field of the job's hash. What is not exactly ours is no job: RQ then takes the next one."""

    outbox_id: int

    @classmethod
    def fetch(cls, id: str, connection: Any = None, serializer: Any = None) -> TrustedJob:  # noqa: A002, ARG003
        try:
            job = cls(id, connection=connection, serializer=JSONSerializer)
            job.refresh()
        except (ValueError, TypeError) as error:
            raise NoSuchJobError(str(error)) from error
        return job

    def refresh(self) -> None:
        try:
            size = self.connection.hstrlen(self.key, "data")
            data = self.connection.hget(self.key, "data") if 0 < size <= LARGEST_DATA else None
        except RedisError as error:
            if isinstance(error, RedisGone | RedisSlow):
                raise
            data = None  # not even a hash
        outbox_id = outbox_id_in(data) if isinstance(data, bytes) else None
        if outbox_id is None:
            raise NoSuchJobError(f"not ours: {self.id!r}")
        self.outbox_id = outbox_id
        self.description = f"outbox {outbox_id}"

    def restore(self, raw_data: Any) -> None:  # noqa: ARG002
        raise NoSuchJobError("only refresh reads a job")


def outbox_id_in(data: bytes) -> int | None:
    """The id that our own kind of job carries; None for anything else."""
    try:
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(data, LARGEST_DATA)
        if unpacker.unconsumed_tail or not unpacker.eof:
            return None
        name, instance, arguments, keywords = json.loads(text)
    except (
        zlib.error,
        ValueError,
        TypeError,
        RecursionError,
    ):  # pickle, or anything else that is not our JSON
        return None
    ours = name == ALLOWED and instance is None and not keywords and isinstance(arguments, list)
    return arguments[0] if ours and len(arguments) == 1 and is_outbox_id(arguments[0]) else None


def is_outbox_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST_ID
