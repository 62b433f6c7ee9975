"""Where results come from: ``python -m overinterp.provenance config/config.yaml``, which is what `make provenance` runs.

Writes ``results/provenance.csv``, one row a file that target ``all`` makes, and ``results/provenance.json``: commit, config,
machine and versions as they are now. A file whose state is 'ok' is of the code and settings that are here; which torch made it is
in the ``model.json`` of trained networks, and in orderings.
"""

from __future__ import annotations

import csv
import importlib.metadata
import io
import os
import platform
import subprocess
import sys
from pathlib import Path

from overinterp.artifacts.files import replacing, sha256, write_json

REQUIREMENTS = Path(__file__).parents[3] / "requirements.txt"
COLUMNS = ["file", "sha256", "bytes", "rule", "made", "state", "log", "command"]


def files(summary: str, config: str) -> list[dict]:
    """One row a file that a finished run has made.

    Args:
        summary: What ``snakemake --detailed-summary`` prints.
        config: The config's path.

    Returns:
        `COLUMNS`. state: 'ok', or in Snakemake's words why it would be made again, such as 'params changed': then it is of other
        settings or other code than what is here now. command: makes this file, and what it needs.
    """
    rows = []
    for entry in csv.DictReader(io.StringIO(summary), delimiter="\t"):
        path = Path(entry["output_file"])
        if not path.exists():
            continue
        inside = sorted(one for one in path.rglob("[!.]*") if one.is_file()) if path.is_dir() else [path]
        for one in inside:
            rows.append(
                {
                    "file": one.as_posix(), "sha256": sha256(one), "bytes": one.stat().st_size, "rule": entry["rule"],
                    "made": entry["date"], "state": entry["status"], "log": entry["log-file(s)"],
                    "command": f"snakemake --cores {os.cpu_count()} {path} --configfile {config}",
                }
            )  # fmt: skip
    return rows


def surroundings(config: str) -> dict:
    """Commit, and whether files were changed or added since (None outside a git clone); config, machine, versions installed."""

    def git(*command):
        try:
            done = subprocess.run(["git", *command], capture_output=True, text=True)
        except FileNotFoundError:
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    names = [line.partition("==")[0] for line in REQUIREMENTS.read_text().split() if "==" in line]
    versions = {}
    for name in names:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:  # as on a host where jobs have their own environment
            versions[name] = None
    changed = git("status", "--porcelain")
    return {
        "commit": git("rev-parse", "HEAD"),
        "changed": None if changed is None else bool(changed),
        "config": {"file": config, "sha256": sha256(config)},
        "machine": {"host": platform.node(), "system": platform.platform(), "processors": os.cpu_count()},
        "python": platform.python_version(),
        "packages": versions,
    }


def main(config: str) -> str:
    """Write both files; a sentence on what was written.

    Raises:
        FileNotFoundError: There is no such config.
        RuntimeError: Snakemake does not plan it.
    """
    if not Path(config).is_file():
        raise FileNotFoundError(f"{config}: found no such file, expected a config")
    command = [sys.executable, "-m", "snakemake", "all", "--detailed-summary", "--nolock", "--configfile", config]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(f"{config}: found no plan, expected one:\n{run.stderr.strip()}")
    rows = files(run.stdout, config)
    with replacing("results/provenance.csv") as temporary, open(temporary, "w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    write_json("results/provenance.json", surroundings(config))
    old = sum(row["state"] != "ok" for row in rows)
    return f"results/provenance.csv: {len(rows)} files, {old} of them not of this config and code. Beside it provenance.json."


if __name__ == "__main__":
    try:
        print(main(sys.argv[1]))
    except (RuntimeError, FileNotFoundError) as error:
        sys.exit(f"provenance: {error}")
