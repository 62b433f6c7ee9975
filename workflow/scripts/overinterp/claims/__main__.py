"""The paper's claims, and the objections to them, judged anew from the tables of docs/results by limits that `evidence` names.

    python -m overinterp.claims             # what `make check-claims` does: fails where docs/CLAIMS.md says anything else
    python -m overinterp.claims --write     # write docs/CLAIMS.md

A verdict is `holds` where a whole 95 % interval lies beyond the limit, `does not hold` where it lies on the other side, and
`not judged` where it holds the limit, or where there are fewer than `statistics.FEWEST_IMAGES` images.
"""

from __future__ import annotations

import argparse
import difflib
import sys

from overinterp.claims import page


def main() -> int:
    """Write the page, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    write = parser.parse_args().write
    try:
        now = page.written()
    except ValueError as error:
        print(f"claims: {error}")
        return 1
    if write:
        page.PAGE.write_text(now)
        return 0
    before = page.PAGE.read_text() if page.PAGE.is_file() else ""
    if before != now:
        print(
            "\n".join(difflib.unified_diff(before.splitlines(), now.splitlines(), str(page.PAGE), "the tables", n=0, lineterm=""))
        )
        print(f"claims: {page.PAGE} says what its tables do not say (-), or leaves out what they say (+)")
        return 1
    rows = sum(line.startswith("|") for line in before.partition("## Line by line")[2].splitlines()) - 2
    print(f"claims: {len(page.CLAIMS)} claims, {rows} verdicts, all as {page.PAGE} has them")
    return 0


if __name__ == "__main__":
    sys.exit(main())
