"""Run a command in this folder: ``python workflow/alone.py snakemake --cores 2 all``, as `make` does, under a lock of its own.

A lock that a killed Snakemake left behind is removed; while another Snakemake works here, on this machine, nothing is run, nor
where the lock may be that of a machine which shares this folder: the last to run something here by this script. Where there is
no /proc (macOS), no other Snakemake is seen.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path


def running() -> list[int]:
    """Processes of a Snakemake whose folder is this one, but this. Jobs of a killed one, which take no lock, are none."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            program, *words = (place / "cmdline").read_text(errors="replace").split("\0")
            here = _here(place / "cwd")
        except OSError:  # ended meanwhile
            continue
        names = {Path(word).name for word in words}
        other = int(place.name) != os.getpid()  # this one's words name the Snakemake that it will be
        if here and other and "python" in Path(program).name and "snakemake" in names and "--nolock" not in names:
            found.append(int(place.name))
    return sorted(found)


def _here(place: Path) -> bool:
    try:
        return place.samefile(".")
    except PermissionError:  # another user's, who may work here
        return True


if __name__ == "__main__":
    locks, host = Path(".snakemake/locks"), Path(".snakemake/host")
    if locks.is_dir() and any(locks.iterdir()):
        if found := running():
            processes = ", ".join(map(str, found))
            sys.exit(f"{locks}: found the lock of a Snakemake that works here (process {processes}), expected none; wait for it")
        if host.exists() and host.read_text() != platform.node():
            sys.exit(
                f"{locks}: found a lock, perhaps that of {host.read_text()}, the last to run something here, expected none on "
                f"{platform.node()}; if no Snakemake runs there: snakemake --unlock"
            )
        shutil.rmtree(locks)
    host.parent.mkdir(exist_ok=True)
    host.write_text(platform.node())
    os.execvp(sys.argv[1], sys.argv[1:])
