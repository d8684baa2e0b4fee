"""./dev and its locks: what a newcomer's first command relies on."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-uv.lock"]


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, about a project folder of its own."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader = SourceFileLoader("dev_under_test", str(ROOT / "dev"))
    spec = importlib.util.spec_from_loader("dev_under_test", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    venv = tmp_path / ".venv"
    for name, value in {
        "ROOT": tmp_path,
        "CACHE": tmp_path / ".cache",
        "VENV": venv,
        "PYTHON": venv / "bin" / "python",
        "UV_HOME": venv / "uv",
        "UV": venv / "uv" / "bin" / "uv",
        "STAMP": venv / "ready.json",
    }.items():
        monkeypatch.setattr(module, name, value)
    return module


@pytest.fixture
def installed(dev: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was installed, in order, instead of installing it."""
    done: list[str] = []

    def install_uv() -> None:
        dev.UV.parent.mkdir(parents=True)
        dev.UV.write_text("")
        done.append("uv")

    monkeypatch.setattr(dev, "install_uv", install_uv)
    monkeypatch.setattr(dev, "install_packages", lambda lock: done.append(lock.name))
    return done


def test_the_second_start_finds_everything_done(dev: ModuleType, installed: list[str]):
    dev.prepare("run")
    dev.prepare("run")

    assert installed == ["uv", "requirements.lock"]


def test_tools_are_added_to_an_environment_that_only_ran_the_product(dev: ModuleType, installed: list[str]):
    dev.prepare("run")
    dev.prepare("test")
    dev.prepare("run")

    assert installed == ["uv", "requirements.lock", "requirements-dev.lock"]


def test_an_interrupted_set_up_starts_over(
    dev: ModuleType, installed: list[str], monkeypatch: pytest.MonkeyPatch
):
    def interrupted(_lock: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(dev, "install_packages", interrupted)
        with pytest.raises(KeyboardInterrupt):
            dev.prepare("run")
    left_over = dev.VENV / "left-over"
    left_over.write_text("")

    dev.prepare("run")

    assert installed == ["uv", "uv", "requirements.lock"]
    assert not left_over.exists()


def test_another_python_gets_another_environment(dev: ModuleType, installed: list[str]):
    dev.prepare("run")
    stamp = json.loads(dev.STAMP.read_text())
    dev.STAMP.write_text(json.dumps(stamp | {"python": "3.10.0", "run": "older"}))

    dev.prepare("run")

    assert installed == ["uv", "requirements.lock"] * 2


def test_the_environment_finds_the_project_without_installing_it(dev: ModuleType):
    (dev.ROOT / "some_module.py").write_text("answer = 42")
    dev.make_environment()

    shown = subprocess.run(
        [dev.PYTHON, "-c", "import some_module; print(some_module.answer)"],
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )

    assert shown.stdout == "42\n"


def test_uv_uses_the_indexes_that_pip_is_configured_with(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    configuration = tmp_path / "pip.conf"
    configuration.write_text(
        "[global]\nindex-url = file:///srv/mirror/simple\nextra-index-url =\n    file:///srv/one\n    file:///srv/two\n"
    )
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(configuration))

    environment = dev.uv_environment()

    assert environment["UV_DEFAULT_INDEX"] == "file:///srv/mirror/simple"
    assert environment["UV_INDEX"].split()[-2:] == ["file:///srv/one", "file:///srv/two"]
    assert environment["UV_PYTHON_DOWNLOADS"] == "never"


def test_packages_are_kept_in_the_project_when_the_home_folder_cannot_be_written(
    dev: ModuleType, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("UV_CACHE_DIR", raising=False)
    monkeypatch.setattr(dev, "is_writable", lambda _folder: False)

    assert dev.uv_environment()["UV_CACHE_DIR"] == str(dev.CACHE / "uv")


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_every_package_by_hash_and_names_no_host(name: str):
    text = (ROOT / name).read_text()
    entries = re.split(r"\n(?=\w)", text.strip())

    assert "://" not in text
    assert all(re.match(r"[\w.-]+==[\w.]+", entry) and "--hash=sha256:" in entry for entry in entries)


def test_the_tools_lock_holds_the_product_lock():
    product, tools = (
        set(re.findall(r"^\S+==\S+", (ROOT / name).read_text(), re.MULTILINE)) for name in LOCKS[:2]
    )

    assert product <= tools


def test_an_unknown_command_is_answered_with_the_list_of_commands():
    answer = subprocess.run([ROOT / "dev", "tset"], capture_output=True, text=True, check=False)

    assert answer.returncode == 1
    assert "There is no command 'tset'" in answer.stderr
    assert "./dev test" in answer.stderr


def test_ci_runs_the_test_command_of_the_readme():
    commands = [
        line
        for line in (ROOT / ".ci" / "run").read_text().splitlines()
        if line and not line.startswith(("#", "set ", "cd "))
    ]

    assert commands == ["exec ./dev test"]
