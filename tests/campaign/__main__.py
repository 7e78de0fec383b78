"""All campaigns in full, as the table of ``docs/reliability.md``; exit code 1 if there are faults.

``python -m tests.campaign [--seed N] [--share X] [NAME ...]``
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings

import pytest

from studio.cache import FOLDER_VARIABLE
from tests.campaign import Tally, campaigns, run


def table(tallies: dict[str, Tally]) -> str:
    """In Markdown."""
    rows = [
        "| campaign | what is tried | cases | faults |",
        "|---|---|---:|---:|",
        *(f"| {name} | {tally.title} | {tally.cases:,} | {len(tally.faults)} |" for name, tally in tallies.items()),
    ]
    return "\n".join(rows)


def main() -> int:
    known = campaigns()
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description="Tries thousands of inputs on the program.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}; all if none is given")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--share", type=float, default=1.0, help="of the full number of cases")
    given = parser.parse_args()
    if unknown := set(given.names) - set(known):
        parser.error(f"there is no campaign {', '.join(sorted(unknown))}")
    tallies = {}
    with tempfile.TemporaryDirectory() as cache, pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("error")  # as the tests have it
        patch.setenv(FOLDER_VARIABLE, cache)
        for name in given.names or known:
            tallies[name] = run(known[name], max(1, round(known[name].LARGE * given.share)), given.seed)
            print(
                f"{name}: {tallies[name].cases:,} cases, {len(tallies[name].faults)} faults, {tallies[name].seconds:.0f} s", file=sys.stderr
            )
            for fault in tallies[name].faults[:20]:
                print(f"    {fault}", file=sys.stderr)
    print(table(tallies))
    return any(tally.faults for tally in tallies.values())


if __name__ == "__main__":
    sys.exit(main())
