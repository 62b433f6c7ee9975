"""SIGKILL at random moments, many times, then one undisturbed run: is every byte what it would have been?

    python tests/benchmarks/kills.py 200 /tmp/kills

The small study of tests/workflow/running.py (training, search, a student of masks, an ensemble, tables, figures, verdict,
export for people) is begun over and over, and killed after 1 to 10 seconds: Snakemake with all its jobs, Snakemake alone, whose
jobs live on, or one job alone. When it gets to its end all the same it is compared, and begun anew in another folder. Prints what
was done, as JSON; fails where a byte differs or anything half-written is left.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "workflow" / "scripts")]

from tests.workflow.running import command, digests, prepare  # noqa: E402

KINDS = ("process group", "Snakemake alone", "one job")


def start(folder: Path) -> subprocess.Popen:
    """A run, in a process group of its own; locks of a killed one are removed as `make` does."""
    shutil.rmtree(folder / ".snakemake" / "locks", ignore_errors=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command("all"), cwd=folder, start_new_session=True, **quiet)


def jobs(group: int) -> list[int]:
    """Processes of a group that run a script of the workflow."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(place.name)) == group and b".snakemake/scripts" in (place / "cmdline").read_bytes():
                found.append(int(place.name))
        except (OSError, ValueError):  # ended meanwhile
            continue
    return found


def kill(process: subprocess.Popen, kind: str, draw: random.Random) -> bool:
    """Kill what ``kind`` says; False where there is nothing of it."""
    if kind == "process group":
        os.killpg(process.pid, signal.SIGKILL)
    elif kind == "Snakemake alone":
        process.kill()
    else:
        running = jobs(process.pid)
        if not running:
            return False
        os.kill(draw.choice(running), signal.SIGKILL)
    return True


def left_over(folder: Path) -> list[str]:
    """Files that are no results: half-written ones and snapshots of work that is done."""
    return [str(path) for path in (folder / "results").rglob(".*") if path.name != ".snakemake_timestamp"]


def finish(folder: Path) -> None:
    """One undisturbed run, after the orphans of killed ones have ended."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and subprocess.run(["pgrep", "-f", str(folder)], capture_output=True).returncode == 0:
        time.sleep(0.5)
    process = start(folder)
    if process.wait():
        raise RuntimeError(f"{folder}: the undisturbed run failed")


def main(kills: int, root: Path, seed: int) -> dict:
    """Kill so many times in folders under ``root``; what was done and found."""
    draw, done, rounds, differ, left = random.Random(seed), dict.fromkeys(KINDS, 0), 0, [], []
    expected_in = prepare(_new(root / "undisturbed"))
    finish(expected_in)
    expected = digests(expected_in)
    while sum(done.values()) < kills:
        folder, rounds, failed = prepare(_new(root / f"round-{rounds}")), rounds + 1, 0
        while sum(done.values()) < kills:
            process, kind = start(folder), draw.choice(KINDS)
            try:
                process.wait(draw.uniform(1, 10))
                if process.returncode == 0:
                    break
                failed += 1  # an orphan of the last kill was at the same; more than once it is a fault
                if failed > 2:
                    raise RuntimeError(f"{folder}: fails without being killed")
                continue
            except subprocess.TimeoutExpired:
                done[kind] += kill(process, kind, draw)
                failed = 0
            process.wait()
            print(f"{sum(done.values())} kills, round {rounds}", flush=True)
        finish(folder)
        found = digests(folder)
        differ += [f"{folder.name}: {name}" for name in expected if found.get(name) != expected[name]]
        left += left_over(folder)
        shutil.rmtree(folder)
    return {"kills": done, "runs": rounds, "files": len(expected), "differ": differ, "left_over": left}


def _new(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kills", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    outcome = main(given.kills, given.folder, given.seed)
    print(json.dumps(outcome, indent=2))
    sys.exit(bool(outcome["differ"] or outcome["left_over"]))
