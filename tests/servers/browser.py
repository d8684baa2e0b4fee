"""A real browser for the test run: the one at hand, else the Chromium of an npm package."""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(__file__).parent / "chromium"
CACHE = ROOT / ".cache" / "chromium"
SYSTEM_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Nothing that weakens the browser beside --no-sandbox, which root needs: what these tests see is what
# a person's browser would allow. The rest keeps it from telephoning home, and from imitating a graphics
# card in software, a twentieth of all that browser tests cost.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-software-rasterizer",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
    "--no-default-browser-check",
]


@dataclass(frozen=True)
class BrowserProgram:
    path: str
    environment: dict[str, str] = field(default_factory=dict)


@contextmanager
def running_browser() -> Iterator[Browser]:
    program = find_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program.path,
            args=ARGUMENTS,
            env={**os.environ, **program.environment},
        )
        try:
            yield browser
        finally:
            browser.close()


def find_browser() -> BrowserProgram:
    """$BROWSER, else a Chromium on PATH, else the packaged one. Raises RuntimeError with a remedy."""
    configured = os.environ.get("BROWSER")
    if configured:
        path = shutil.which(configured)
        if path is None:
            raise RuntimeError(
                f"$BROWSER is {configured!r}, which is no program. Name a Chromium or unset it."
            )
        return BrowserProgram(path)
    for name in SYSTEM_BROWSERS:
        if path := shutil.which(name):
            return BrowserProgram(path)
    return packaged_browser()


def packaged_browser() -> BrowserProgram:
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise RuntimeError(
            "There is no packaged browser for this machine. Install a Chromium, or name one in $BROWSER."
        )
    recipe = hashlib.sha256(
        (PACKAGE / "package-lock.json").read_bytes() + Path(__file__).read_bytes()
    ).hexdigest()
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        marker = CACHE / "unpacked"
        if not marker.exists() or marker.read_text() != recipe:
            marker.unlink(missing_ok=True)
            fetch_package()
            unpack()
            marker.write_text(recipe)
    program = CACHE / "program"
    return BrowserProgram(
        str(program / "chromium"),
        {"LD_LIBRARY_PATH": str(program / "lib"), "FONTCONFIG_PATH": str(program)},
    )


def fetch_package() -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PACKAGE / name, CACHE / name)
    run_node(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        "The test browser could not be fetched. Install a Chromium, or name one in $BROWSER.",
    )


BROTLI = (
    "const [from, to] = process.argv.slice(1), fs = require('fs');"
    "require('stream').pipeline(fs.createReadStream(from), require('zlib').createBrotliDecompress(),"
    " fs.createWriteStream(to), error => { if (error) throw error })"
)


def unpack() -> None:
    packed = CACHE / "node_modules" / "@sparticuz" / "chromium" / "bin"
    program = CACHE / "program"
    shutil.rmtree(program, ignore_errors=True)
    program.mkdir()
    for archive in sorted(packed.glob("*.br")):
        target = program / archive.stem
        run_node(["node", "-e", BROTLI, str(archive), str(target)], f"{archive.name} could not be unpacked.")
        if target.suffix == ".tar":
            with tarfile.open(target) as tar:
                tar.extraction_filter = getattr(tarfile, "data_filter", lambda member, _path: member)
                tar.extractall(program)
            target.unlink()
    # The package's own configuration looks for the fonts in the folders of a cloud function.
    (program / "fonts.conf").write_text(
        '<?xml version="1.0"?>\n<fontconfig>'
        f"<dir>{escape(str(program / 'fonts'))}</dir>"
        f"<cachedir>{escape(str(program / 'fonts-cache'))}</cachedir>"
        "</fontconfig>\n"
    )
    (program / "chromium").chmod(0o755)
    shutil.rmtree(CACHE / "node_modules")


def run_node(command: list[str], problem: str) -> None:
    from frontend.node import run

    try:
        run(command, cwd=CACHE)
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"{problem} {command[0]} said:\n{error.stdout}") from error
