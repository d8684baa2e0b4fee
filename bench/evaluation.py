"""How long one level's 37 criteria take to evaluate (assess and conclude); target 2 ms at the median.

Run: ./dev bench evaluation
"""

import statistics
import time
from collections.abc import Callable
from decimal import Decimal

from bench.figures import Figure
from evaluation.assessment import Entry, Result, assess_all
from evaluation.catalogue import TargetKind, load_catalogue
from evaluation.comparison import compare
from evaluation.recognition import Conclusion, IndexScore, conclude

RUNS = 500
YEAR = 2023
TARGET_MS = 2.0
WRITTEN = {
    TargetKind.PERCENT_MIN: ("54,4%", "> 90%", "48/48 sản phẩm lợi thế của địa phương", "Đảm bảo", "100%"),
    TargetKind.YES_NO: ("Có", "68/68 (Trong đó 58/58 thôn khu phố; 7/7 xã phường)", "Đang triển khai"),
    TargetKind.QUALITATIVE: ("Sử dụng hiệu quả", "Đảm bảo"),
}


def median_ms(run: Callable[[], object]) -> float:
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        run()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def measure() -> list[Figure]:
    catalogue = load_catalogue()
    entries = {
        criterion.id: Entry(WRITTEN[criterion.kind][position % len(WRITTEN[criterion.kind])])
        for position, criterion in enumerate(catalogue.criteria)
    }
    index = IndexScore(Decimal("712.5"), Decimal("1000"), "minh họa")

    def evaluate() -> tuple[dict[str, Result], Conclusion]:
        results = assess_all(entries, YEAR, catalogue)
        return results, conclude(results, index, YEAR, catalogue)

    results, conclusion = evaluate()
    return [
        Figure("37 criteria evaluated and concluded", median_ms(evaluate), "ms", TARGET_MS),
        Figure("two levels compared", median_ms(lambda: compare(results, results, conclusion))),
    ]
