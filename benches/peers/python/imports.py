"""How long `import notegate` takes in an interpreter that has just started: `imports.py FILE`."""

import json
import platform
import subprocess
import sys
from pathlib import Path

RUNS = 21

CODE = """
from time import perf_counter_ns
began = perf_counter_ns()
import notegate
print(perf_counter_ns() - began)
"""


def started() -> float:
    """Nanoseconds of one import."""
    command = [sys.executable, "-c", CODE]
    return float(subprocess.run(command, check=True, capture_output=True).stdout)


def main() -> None:
    times = sorted(started() for _ in range(RUNS))
    found = {
        "language": f"Python {platform.python_version()}",
        "runs": RUNS,
        "median_ns": times[RUNS // 2],
        "slowest_ns": times[-1],
    }
    print(f"import notegate: {times[RUNS // 2] / 1e6:.1f} ms, at most {times[-1] / 1e6:.1f} ms")
    Path(sys.argv[1]).write_text(json.dumps(found))


if __name__ == "__main__":
    main()
