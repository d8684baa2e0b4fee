"""Rebuilds the front end: `./dev frontend [OUTPUT FOLDER]`."""

import subprocess
import sys
from pathlib import Path

from frontend.node import run

HERE = Path(__file__).resolve().parent
DIST = HERE.parent / "service" / "web" / "static" / "dist"


def install() -> None:
    """Make node_modules what package-lock.json says, at once when it already is."""
    installed = HERE / "node_modules" / ".lock-of-this-install"
    lock = (HERE / "package-lock.json").read_bytes()
    if not installed.exists() or installed.read_bytes() != lock:
        run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=HERE)
        installed.write_bytes(lock)


def build(output: Path = DIST) -> None:
    """Raises CalledProcessError, with what was printed as `stdout`, when a source is broken."""
    install()
    run(["node", "build.mjs", str(output)], cwd=HERE)


if __name__ == "__main__":
    try:
        build(*(Path(argument).resolve() for argument in sys.argv[1:]))
    except subprocess.CalledProcessError as error:
        sys.exit(f"The front end could not be built:\n{error.stdout}")
