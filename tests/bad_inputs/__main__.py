"""``python -m tests.bad_inputs``: try the whole corpus, and print the table alone."""

import argparse
import re
import sys
from pathlib import Path

from tests.bad_inputs.corpus import CASES
from tests.bad_inputs.harness import failures, judge, table


def main() -> int:
    """Try the inputs whose door or fault matches, and list those that came to no good end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="?", default="", help="regular expression: door or fault")
    parser.add_argument("--failures", type=Path, help="file to write the failures to")
    words = parser.parse_args()
    chosen = [case for case in CASES if re.search(words.only, str(case))]
    outcomes = [(case, judge(case)) for case in chosen]
    bad = failures(outcomes)
    if words.failures:
        lines = [f"{len(bad)} of {len(outcomes)} inputs: door | fault | class | what it said", ""]
        words.failures.write_text("\n".join([*lines, *(f"- {each}" for each in bad), ""]))
    print(table([(case.door, outcome.kind) for case, outcome in outcomes]))
    for each in bad:
        print(each)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
