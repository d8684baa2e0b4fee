"""docker-compose.yml and Dockerfile say what the product's command line understands."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OWN = {name: service for name, service in COMPOSE["services"].items() if "build" in service}


@pytest.mark.parametrize("name", sorted(OWN))
def test_the_command_line_knows_the_command_of_each_container(name: str):
    words = [word for word in OWN[name]["command"] if not re.match(r"\d", word)]
    command = [word for word in words if not word.startswith("-")]
    options = [word for word in words if word.startswith("-")]

    shown = subprocess.run(
        [sys.executable, "-m", "service.cli", *command, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert shown.returncode == 0, shown.stderr
    assert all(option in shown.stdout for option in options)


def test_only_the_web_server_can_be_reached_and_only_from_the_machine_itself():
    ports = {name: service.get("ports", []) for name, service in COMPOSE["services"].items()}

    assert ports.pop("web") == ["127.0.0.1:8080:8080"]
    assert not any(ports.values())
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_no_secret_is_written_down():
    for service in COMPOSE["services"].values():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET", variable):
                assert value.startswith("${"), variable


def test_every_long_running_container_tells_its_health_and_none_runs_as_root():
    image = (ROOT / "Dockerfile").read_text()

    assert [name for name, service in COMPOSE["services"].items() if "healthcheck" not in service] == [
        "upgrade"
    ]
    assert re.search(r"^USER (?!root)\w+$", image, re.MULTILINE)


def test_everything_that_the_image_copies_exists_and_is_let_through():
    copied = re.findall(r"^COPY (.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    let_through = (ROOT / ".dockerignore").read_text().splitlines()

    for path in " ".join(copied).split():
        assert (ROOT / path).exists(), path
        assert f"!{path}" in let_through
