"""`./dev bench [NAME…]` runs the measurements here: modules with `main() -> int` (0: target reached)."""

import importlib
import pkgutil
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def measurements() -> list[str]:
    # soak takes minutes, and is asked for by name
    names = (module.name for module in pkgutil.iter_modules([str(FOLDER)]))
    return sorted(name for name in names if name not in {"__main__", "soak"})


def run(names: list[str]) -> int:
    known = [*measurements(), "soak"]
    if unknown := [name for name in names if name not in known]:
        print(
            f"There is no measurement {', '.join(unknown)}. There are: {', '.join(known)}.", file=sys.stderr
        )
        return 2
    missed = []
    for name in names or measurements():
        print(f"--- {name}", flush=True)
        if importlib.import_module(f"bench.{name}").main():
            missed.append(name)
    print(f"Target missed: {', '.join(missed)}" if missed else "All targets reached.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
