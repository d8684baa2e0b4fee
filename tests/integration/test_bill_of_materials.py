"""sbom.cdx.json is what requirements.lock installs, and every licence in it is one that we may ship under."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from service.version import VERSION

ROOT = Path(__file__).resolve().parents[2]
SBOM: dict[str, Any] = json.loads((ROOT / "sbom.cdx.json").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PERMISSIVE = {"MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "PSF-2.0", "0BSD", "MIT-CMU"}
# Conditions of their own, kept by using the package unmodified and replaceable: each is named in NOTICE.
WITH_CONDITIONS = {"LGPL-3.0-only", "MPL-2.0"}


def locked() -> dict[tuple[str, str], set[str]]:
    """{(name, version): the hashes that may be installed}"""
    found: dict[tuple[str, str], set[str]] = {}
    for entry in re.split(r"\n(?=\w)", LOCK):
        if match := re.match(r"([\w.-]+)==([^\s;\\]+)", entry):
            found[match[1], match[2]] = set(re.findall(r"sha256:([0-9a-f]{64})", entry))
    return found


def test_it_lists_exactly_what_the_lock_installs() -> None:
    listed = {
        (part["name"], part["version"]): {one["value"] for one in part["properties"]}
        for part in SBOM["components"]
    }

    assert len(listed) > 40
    assert listed == locked(), "run ./dev sbom"


def test_it_is_a_bill_of_this_product_and_version() -> None:
    assert (SBOM["bomFormat"], SBOM["specVersion"]) == ("CycloneDX", "1.6")
    assert SBOM["metadata"]["component"]["name"] == "congnhan"
    assert SBOM["metadata"]["component"]["version"] == VERSION
    assert all(part["purl"] == f"pkg:pypi/{part['name']}@{part['version']}" for part in SBOM["components"])


def test_every_licence_is_known_and_conditions_are_told_in_the_notice() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8").lower()
    unknown, untold = [], []

    for part in SBOM["components"]:
        words = set(re.findall(r"[\w.-]+", part["licenses"][0]["expression"])) - {"AND", "OR"}
        if words - PERMISSIVE - WITH_CONDITIONS:
            unknown.append((part["name"], words))
        if words & WITH_CONDITIONS and part["name"].removesuffix("-binary") not in notice:
            untold.append(part["name"])

    assert unknown == []
    assert untold == []
