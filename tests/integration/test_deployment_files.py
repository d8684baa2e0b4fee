"""docker-compose.yml and Dockerfile: valid, hardened, without secrets, and of the versions that tests run.

That their commands do what they should is test_deployment_commands.py.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.config import PASSWORDS_OF, SECRETS
from service.version import VERSION
from tests.servers.redis import find_binary

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OWN = {name: service for name, service in SERVICES.items() if service.get("build") == "."}
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
WITNESS = SERVICES["witness"]
WITNESS_FILE = (ROOT / WITNESS["build"]["dockerfile"]).read_text(encoding="utf-8")
UNIT = (ROOT / "deploy/witness/congnhan-witness.service").read_text(encoding="utf-8")
every_service = pytest.mark.parametrize("name", sorted(SERVICES))


def problems_of(document: dict[str, Any]) -> list[str]:
    from jsonschema import Draft201909Validator  # takes seconds, and only here

    schema = json.loads((ROOT / "tests/data/compose-spec.json").read_text(encoding="utf-8"))
    return [error.message for error in Draft201909Validator(schema).iter_errors(document)]


def test_it_is_a_compose_file_by_the_specifications_schema():
    assert problems_of({key: value for key, value in COMPOSE.items() if key != "name"}) == []


def test_the_schema_notices_what_is_wrong():
    [problem] = problems_of({"services": {"web": {"read_onyl": True}}})

    assert "read_onyl" in problem


@every_service
def test_a_container_can_change_nothing_but_its_data(name: str):
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")
    assert {"pids_limit", "mem_limit", "cpus"} <= set(service)
    assert service["logging"]["options"].keys() >= {"max-size", "max-file"}


@every_service
def test_nothing_runs_as_root(name: str):
    if "build" in SERVICES[name]:
        last = (DOCKERFILE if name in OWN else WITNESS_FILE).rpartition("\nFROM ")[2]
        assert re.search(r"^USER (?!root|0)\w+$", last, re.MULTILINE)
        assert SERVICES[name].get("user") not in ("root", "0")
    else:
        assert SERVICES[name]["user"] == {"postgres": "postgres", "redis": "valkey"}[name]


@every_service
def test_it_comes_back_by_itself_says_how_it_is_and_is_given_time_to_stop(name: str):
    service = SERVICES[name]
    if name == "upgrade":
        assert service["restart"] == "no"
        return

    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    if name != "redis":  # which has nothing to finish
        assert re.fullmatch(r"\d+s", service["stop_grace_period"])


def test_only_the_web_server_can_be_reached_and_only_from_the_machine_itself():
    ports = {name: service.get("ports", []) for name, service in SERVICES.items()}

    assert ports.pop("web") == ["127.0.0.1:8080-8081:8080"]
    assert not any(ports.values())


def test_database_and_redis_stand_in_a_network_of_their_own():
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert {SERVICES[name]["networks"][0] for name in ("postgres", "redis")} == {"inside"}
    assert all(
        SERVICES[name]["networks"] == ["inside"] for name in ("postgres", "redis", "upgrade", "backup")
    )


@every_service
def test_secrets_are_files(name: str):
    environment = SERVICES[name].get("environment", {})
    as_files = {variable for variable in environment if variable.endswith("_FILE")}

    for variable, value in environment.items():
        if variable in as_files:
            assert value == "" or value.removeprefix("/run/secrets/") in SERVICES[name]["secrets"], variable
        else:
            assert not re.search(r"PASSWORD|SECRET|TOKEN", variable), variable
            assert not re.search(r"://[^/@]*:[^/@]*@", str(value)), variable
    if name in OWN:
        assert {variable.removesuffix("_FILE") for variable in as_files} <= set(SECRETS)
        assert all(PASSWORDS_OF[url] for url in PASSWORDS_OF if url in environment)


def test_only_the_upgrade_knows_the_owner_of_the_tables():
    knows = [
        name
        for name, service in OWN.items()
        if "database_owner_password" in service["secrets"] or "DATABASE_OWNER_URL" in service["environment"]
    ]

    assert knows == ["upgrade"]
    assert not any("postgres_password" in service["secrets"] for service in OWN.values())


def test_every_secret_volume_and_network_is_declared_and_used():
    def used(kind: str) -> set[str]:
        return {
            str(item).partition(":")[0] for service in SERVICES.values() for item in service.get(kind, [])
        }

    assert used("secrets") == set(COMPOSE["secrets"])
    assert {volume for volume in used("volumes") if "/" not in volume} == set(COMPOSE["volumes"])
    assert used("networks") == set(COMPOSE["networks"])
    for name, service in SERVICES.items():
        assert set(service.get("depends_on", {})) <= set(SERVICES), name


def test_the_secrets_are_made_once_for_their_owner(tmp_path: Path):
    def make() -> str:
        done = subprocess.run(
            ["sh", str(ROOT / "deploy/make-secrets.sh"), str(tmp_path / "secrets")],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stderr

    said = make()
    first = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    make()
    second = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}

    assert "backup_recipient" in said
    declared = {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}
    assert set(first) == declared - {"backup_recipient"}
    assert first == second
    randoms = [
        text.strip() for name, text in first.items() if name not in ("redis_users.acl", "smtp_password")
    ]
    assert len(set(randoms)) == len(randoms) == 6
    assert all(re.fullmatch(r"\w{40}", text) for text in randoms)
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert first["redis_password"].strip() not in first["redis_users.acl"]


def test_images_are_pinned_to_what_the_tests_run():
    from tests.servers.postgres import find_binaries

    postgres = subprocess.run(
        [find_binaries(Path("/nonexistent"), None) / "postgres", "--version"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()[-1]
    redis = subprocess.run([find_binary(), "--version"], capture_output=True, text=True, check=True).stdout
    valkey = re.search(r"v=([\d.]+)", redis)

    assert SERVICES["postgres"]["image"] == f"postgres:{postgres}"
    assert valkey
    assert SERVICES["redis"]["image"] == f"valkey/valkey:{valkey[1]}"
    assert {service["image"] for service in OWN.values()} == {f"congnhan:{VERSION}"}


def test_the_witness_is_an_example_apart_from_the_product():
    """Run only where somebody asks for it; no image, user, volume, secret or network shared with us."""
    assert WITNESS["profiles"] == ["witness"]
    assert WITNESS["image"] == f"congnhan-witness:{VERSION}"
    assert WITNESS["networks"] == ["witnessing"]
    assert COMPOSE["networks"]["witnessing"] == {"internal": True}
    meets = {name for name, service in SERVICES.items() if "witnessing" in service["networks"]}
    assert meets == {"scheduler", "witness"}  # the scheduler is who asks
    assert WITNESS["volumes"] == ["witness:/witness"]
    assert [name for name, one in SERVICES.items() if "witness:" in str(one.get("volumes"))] == ["witness"]
    assert "secrets" not in WITNESS
    assert "environment" not in WITNESS
    users = [re.findall(r"--uid (\d+)", text) for text in (DOCKERFILE, WITNESS_FILE)]
    assert users == [["10001"], ["10002"]]
    copied = re.findall(r"^COPY (.+) \S+$", WITNESS_FILE, re.MULTILINE)
    assert copied == ["witness", "LICENSE NOTICE"]
    assert re.findall(r"^FROM (\S+)", WITNESS_FILE, re.MULTILINE) == re.findall(
        r"^FROM (\S+)$", DOCKERFILE, re.MULTILINE
    )
    assert f'version="{VERSION}"' in WITNESS_FILE


@pytest.mark.parametrize("where", ["compose", "systemd"])
def test_the_witness_understands_how_it_is_started(where: str):
    from witness.program import _parser

    if where == "compose":
        words = WITNESS["command"]
        assert _parser().parse_args(WITNESS["healthcheck"]["test"][4:]).port == 8090
    else:
        line = re.search(r"^ExecStart=/usr/bin/python3 -m witness (.+)$", UNIT, re.MULTILINE)
        assert line
        words = line[1].split()
    asked = _parser().parse_args(words)

    assert (asked.port, len(asked.log)) == (8090, 1)
    assert "LOG_KEYS" in asked.log[0]


def test_the_unit_of_the_witness_may_write_nothing_but_its_state():
    said = dict(line.split("=", 1) for line in UNIT.splitlines() if "=" in line and not line.startswith("#"))

    assert said["ProtectSystem"] == "strict"
    assert {said[one] for one in ("NoNewPrivileges", "ProtectHome", "PrivateTmp")} == {"yes"}
    assert said["StateDirectory"] == said["User"] == "congnhan-witness"
    assert said["StateDirectoryMode"] == "0700"
    assert f"--folder /var/lib/{said['StateDirectory']} " in said["ExecStart"]


def test_the_image_is_built_of_pinned_and_hashed_parts_only():
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)

    assert len(bases) == 2
    assert all(re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", base) for base in bases)
    assert "--require-hashes" in DOCKERFILE
    assert "--only-binary=:all:" in DOCKERFILE
    assert f'version="{VERSION}"' in DOCKERFILE


def test_signals_reach_the_process_itself():
    entry = re.search(r"^ENTRYPOINT (.+)$", DOCKERFILE, re.MULTILINE)

    assert entry
    assert json.loads(entry[1])[0] == "python"  # a list: no shell in between
    assert all("entrypoint" not in service for service in OWN.values())


def test_everything_that_the_image_copies_exists_and_is_let_through():
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    let_through = (ROOT / ".dockerignore").read_text().splitlines()

    for path in " ".join(copied).split():
        assert (ROOT / path).exists(), path
        assert f"!{path}" in let_through
    assert let_through[0] == "*"
