"""`./dev soak [NAME…] [OPTIONS]`: what is too long for every test run. See docs/reliability.md.

Without a name everything is run in its usual length, some three quarters of an hour. Each prints its figures;
the exit code is 1 when one of them found something wrong.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import backup as bench_backup
from bench import soak_faults, soak_officers, soak_round, soak_sim
from bench.__main__ import print_table

ROOT = Path(__file__).resolve().parents[1]


def simulate_for_hours(options: argparse.Namespace) -> int:
    return soak_sim.main(options.hours, options.seed)


def kill(options: argparse.Namespace) -> int:
    return soak_faults.kills(options.rounds, options.seed)


def clients(_options: argparse.Namespace) -> int:
    return soak_faults.clients()


def open_loop(options: argparse.Namespace) -> int:
    return soak_faults.open_loop(options.seconds)


def officers(_options: argparse.Namespace) -> int:
    return soak_officers.main()


def backup(options: argparse.Namespace) -> int:
    """Backup and restore of many cases: a part within 5 minutes, a restore within 30."""
    found = bench_backup.main(options.cases)
    print_table(found)
    return int(not all(figure.reached for figure in found))


def round_of_many(options: argparse.Namespace) -> int:
    """A round of 133 communes: its pages, its acts, and until the last case has moved on."""
    found = soak_round.measure(options.communes)
    print_table(found)
    return int(not all(figure.reached for figure in found))


def postgres_suite(_options: argparse.Namespace) -> int:
    """The whole suite of the services on PostgreSQL; then, five times over, every test that names it."""
    codes = [_tests("tests/integration/service", CONGNHAN_TEST_DATABASE="postgresql")]
    codes += [_tests("tests/integration", "tests/faults", "-k", "postgres") for _ in range(5)]
    return int(any(codes))


def long_tests(_options: argparse.Namespace) -> int:
    """The tests that `./dev test` leaves out, because something shorter proves nearly as much."""
    return _tests("-m", "soak")


def _tests(*arguments: str, **environment: str) -> int:
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False, env={**os.environ, **environment}).returncode


FORMS: dict[str, tuple[Callable[[argparse.Namespace], int], str]] = {
    "sim": (simulate_for_hours, "seeds of the simulation one after the other (--hours, --seed)"),
    "kills": (kill, "kill -9 of everything under load (--rounds)"),
    "clients": (clients, "64 clients at the same 100 tasks; 64 at the siblings of one case"),
    "open-loop": (open_loop, "100 completions a second for five minutes (--seconds)"),
    "officers": (officers, "four officers at one server: quick, and no memory lost (SOAK_SECONDS)"),
    "backup": (backup, "backup and restore of 100,000 cases (--cases)"),
    "round": (round_of_many, "a round of 133 communes on SQLite and PostgreSQL (--communes)"),
    "long-tests": (long_tests, "the tests that are too long for every run"),
    "postgres-suite": (postgres_suite, "the services' suite on PostgreSQL; what names it five times over"),
}


def main(arguments: list[str]) -> int:
    options = _parsed(arguments)
    if options.list:
        for name, (_, what) in FORMS.items():
            print(f"  {name:<15} {what}")
        return 0
    codes = {}
    for name in options.names or FORMS:
        print(f"--- {name}", flush=True)
        began = time.monotonic()
        codes[name] = FORMS[name][0](options)
        print(f"--- {name}: exit {codes[name]} after {time.monotonic() - began:.0f} s", flush=True)
    failed = [name for name, code in codes.items() if code]
    print(f"Failed: {', '.join(failed)}." if failed else "All is well.")
    return int(bool(failed))


def _parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev soak", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(FORMS))
    parser.add_argument("--list", action="store_true", help="what there is")
    parser.add_argument("--hours", type=float, default=0.25, help="sim: how long")
    parser.add_argument("--seed", type=int, default=0, help="sim, kills: where to begin")
    parser.add_argument("--rounds", type=int, default=200, help="kills: how many")
    parser.add_argument("--seconds", type=float, default=300, help="open-loop: how long")
    parser.add_argument("--cases", type=int, default=100_000, help="backup: how many")
    parser.add_argument("--communes", type=int, default=soak_round.COMMUNES, help="round: how many")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in FORMS]:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(FORMS)}")
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
