# ruff: noqa: E501, S603, T201
"""`./dev sbom`: the product's bill of materials, sbom.cdx.json (CycloneDX 1.6), from requirements.lock.

cyclonedx-py reads the lock; licences come from the installed packages, in SPDX's words.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
SBOM = ROOT / "sbom.cdx.json"
# Where a package says it in words of its own, or is not installed here: read from its licence file.
READ = {
    "async-timeout": "Apache-2.0",
    "flask-sqlalchemy": "BSD-3-Clause",
    "flask-wtf": "BSD-3-Clause",
    "itsdangerous": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "pyrage": "MIT",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
    "reportlab": "BSD-3-Clause",
    "spiffworkflow": "LGPL-3.0-only",
    "wtforms": "BSD-3-Clause",
}
CLASSIFIERS = {"MIT License": "MIT", "Apache Software License": "Apache-2.0"}


def main() -> None:
    made = subprocess.run(
        [
            str(Path(sys.executable).with_name("cyclonedx-py")), "requirements", str(LOCK), "--short-PURLs",
            "--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible", "--sv", "1.6", "--of", "JSON",
        ],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    document = json.loads(made.stdout)
    document["components"] = sorted(
        (component(found) for found in document["components"]), key=lambda found: str(found["purl"])
    )
    root = document["metadata"].get("component", {})
    root["version"] = version()
    document["metadata"] = {"component": {**root, "type": "application", "name": "congnhan"}}
    document.pop("dependencies", None)
    SBOM.write_text(
        json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )
    print(f"{SBOM.name}: {len(document['components'])} components.")


def component(found: dict[str, Any]) -> dict[str, Any]:
    """Name, version, licence and the hashes that the lock allows."""
    hashes = [one["content"] for reference in found["externalReferences"] for one in reference["hashes"]]
    return {
        "type": "library",
        "bom-ref": found["purl"],
        "name": found["name"],
        "version": found["version"],
        "purl": found["purl"],
        "licenses": [{"expression": licence(found["name"])}],
        "properties": [{"name": "congnhan:sha256", "value": one} for one in sorted(hashes)],
    }


def licence(name: str) -> str:
    """An SPDX expression; exits where nobody has read the licence yet."""
    if name in READ:
        return READ[name]
    try:
        said = metadata(name)
    except PackageNotFoundError:
        sys.exit(f"{name} is not installed here: read its licence and add it to READ in deploy/sbom.py.")
    if said.get("License-Expression"):
        return str(said["License-Expression"])
    short = str(said.get("License") or "")
    if short in ("MIT", "BSD-3-Clause", "BSD-2-Clause", "Apache-2.0"):
        return short
    for classifier in said.get_all("Classifier") or []:
        if classifier.startswith("License") and classifier.split(" :: ")[-1] in CLASSIFIERS:
            return CLASSIFIERS[classifier.split(" :: ")[-1]]
    sys.exit(f"{name} does not say its licence in a known way: read it and add it to READ in deploy/sbom.py.")


def version() -> str:
    found = re.search(
        r'VERSION: Final = "([^"]+)"', (ROOT / "service/version.py").read_text(encoding="utf-8")
    )
    return found[1] if found else sys.exit("service/version.py does not say the version.")


if __name__ == "__main__":
    main()
