"""Print how fast the package is, as Markdown::

    python -m tests.benchmarks --quick
    python -m tests.benchmarks --only cams --only import

Each time is a ratio to a floor that was measured in the same round, so that the table of a slow
machine can be compared with that of a fast one.
"""

import argparse
import platform

import torch

from tests.benchmarks.cases import CASES
from tests.benchmarks.measure import as_markdown


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--quick", action="store_true", help="3 rounds instead of 15")
    parser.add_argument("--only", action="append", choices=CASES, help="may be given several times")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch (default: 1)")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rounds = 3 if options.quick else 15
    print(
        f"{platform.machine()}, Python {platform.python_version()}, torch {torch.__version__}, "
        f"{options.threads} thread(s), {rounds} rounds\n"
    )
    for name in options.only or CASES:
        print(
            f"**{name}** {CASES[name].__doc__}\n\n{as_markdown(CASES[name](rounds))}\n", flush=True
        )


if __name__ == "__main__":
    main()
