"""How long `import notegate` takes in an interpreter that has just started: the median of many, in ms."""

import subprocess
import sys

CODE = """
from time import perf_counter_ns
began = perf_counter_ns()
import notegate
print(perf_counter_ns() - began)
"""


def main():
    runs = [
        subprocess.run([sys.executable, "-c", CODE], check=True, capture_output=True)
        for _ in range(21)
    ]
    times = sorted(int(run.stdout) for run in runs)
    print(
        f"import notegate: median {times[10] / 1e6:.1f} ms, slowest {times[-1] / 1e6:.1f} ms of 21"
    )


main()
