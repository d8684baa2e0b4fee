"""docs/operations.md names every metric that there is, and commands that exist."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


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
