"""Every ratio of speed in one table, beside the peers that are installed: python tests/bench/ratios.py"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.bench_tape import bench_d
from tests.bench.bench_training import BENCHES
from tests.bench.race import show

if __name__ == "__main__":
    show(result for bench in (*BENCHES.values(), bench_d) for result in bench())
