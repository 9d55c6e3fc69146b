"""Every benchmark but `time_to_skill`, `live` and `fresh_clone`, one after another.

    python -m benchmarks.all

Options (``--repeats``, ``--device``, ``--results``) are passed on. About twenty minutes on two
cores; leave the machine alone meanwhile.
"""

import subprocess
import sys
import time

from benchmarks.common import options

SCRIPTS = ("throughput", "transfer", "simulation", "rate", "scaling", "frozen", "breakdown")


def main() -> None:
    """Run them; stop at the first that fails."""
    options(__doc__).parse_args()
    for name in SCRIPTS:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]], check=True)
        print(f"{name}: {time.perf_counter() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
