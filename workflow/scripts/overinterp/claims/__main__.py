"""The paper's claims, and the objections to them, judged anew from the tables of docs/results by limits that `evidence` names.

    python -m overinterp.claims             # `make check-claims`: fails where docs/CLAIMS.md or docs/RESULTS.md says else
    python -m overinterp.claims --write     # write docs/CLAIMS.md, and its part of docs/RESULTS.md

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
        for path, text in now.items():
            path.write_text(text)
        return 0
    before = {path: path.read_text() if path.is_file() else "" for path in now}
    wrong = [path for path in now if before[path] != now[path]]
    for path in wrong:
        lines = difflib.unified_diff(before[path].splitlines(), now[path].splitlines(), str(path), "the tables", n=0, lineterm="")
        print("\n".join(lines))
        print(f"claims: {path} says what its tables do not say (-), or leaves out what they say (+)")
    if wrong:
        return 1
    verdicts = sum(f" | {verdict} | " in line for line in now[page.PAGE].splitlines() for verdict in page.VERDICTS)
    print(f"claims: {len(page.CLAIMS)} claims, {verdicts} verdicts, all as {page.PAGE} has them")
    return 0


if __name__ == "__main__":
    sys.exit(main())
