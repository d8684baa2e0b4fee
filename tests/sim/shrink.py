"""A failing run made smaller: ticks are left out as long as it still fails in the same way."""

from __future__ import annotations

from tests.sim.simulation import Report, simulate

# Not seconds: on a slow machine the same failure is made as small as on a fast one.
MOST_RUNS = 60


def shrink(report: Report, most_runs: int = MOST_RUNS) -> set[int]:
    """The ticks without which it still fails; looked for in at most so many runs, halves first."""
    without: set[int] = set()
    size, runs = report.ticks // 2, 0
    while size >= 1 and runs < most_runs:
        for first in range(0, report.ticks, size):
            part = set(range(first, min(first + size, report.ticks))) - without
            if not part or runs >= most_runs:
                continue
            runs += 1
            again = simulate(report.seed, report.ticks, without | part)
            if _kind(again) == _kind(report):
                without |= part
        size //= 2
    return without


def _kind(report: Report) -> str:
    """What went wrong, without the numbers that change from run to run."""
    words = report.violation.split(":")[0]
    return "".join(letter for letter in words if not letter.isdigit())[:25]


def told(report: Report, most_runs: int = MOST_RUNS) -> str:
    """What a person needs: the violation, the smaller run's acts, and the commands that repeat it."""
    without = shrink(report, most_runs)
    smaller = simulate(report.seed, report.ticks, without)
    whole = f"SIM_SEED={report.seed} SIM_TICKS={report.ticks}"
    return "\n".join(
        (
            f"seed {report.seed}, {report.ticks} ticks: {report.violation}",
            f"to repeat it:      {whole} ./dev test tests/sim -k repeated",
            f"and made smaller:  {whole} SIM_WITHOUT={ranges(without)} ./dev test tests/sim -k repeated",
            f"which ends with:   {smaller.violation}",
            *(f"  {act}" for act in smaller.acts[-30:]),
        )
    )


def ranges(numbers: set[int]) -> str:
    """`0-3,7`: as people write sets of numbers."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in found)


def numbers(written: str) -> set[int]:
    """What `ranges` wrote."""
    found: set[int] = set()
    for part in filter(None, written.split(",")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found
