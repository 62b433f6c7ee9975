"""What `make` does before it starts Snakemake: the lock of a killed run goes, that of a running one stays."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="no /proc here, so no running Snakemake is looked for")
@pytest.mark.parametrize(
    ("words", "stays"),
    [(["/env/bin/snakemake", "--cores", "2"], True), (["-m", "snakemake", "--nolock"], False), (["tmp.train_network.py"], False)],
    ids=["a plain snakemake", "an orphaned job", "an orphaned script"],
)
def test_a_lock_stays_while_its_snakemake_runs_and_goes_when_that_is_dead(tmp_path, words, stays):
    lock = tmp_path / ".snakemake" / "locks" / "0.output.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    snakemake = tmp_path / "bin" / "snakemake"  # what make gives it has that name too
    snakemake.parent.mkdir()
    snakemake.write_text("#!/bin/sh\ntouch ran\n")
    snakemake.chmod(0o755)
    command = [sys.executable, ROOT / "workflow" / "alone.py", snakemake, "--cores", "all", "all"]
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", *words], cwd=tmp_path)
    try:
        refused = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    finally:
        other.kill()
        other.wait()
    if stays:
        assert refused.returncode == 1 and not (tmp_path / "ran").exists() and lock.exists()
        said = f"a Snakemake that works here (process {other.pid}), expected none"
        assert said in refused.stderr and refused.stderr.count("\n") == 1
        subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
    assert (tmp_path / "ran").exists() and not lock.exists()


def test_make_starts_snakemake_in_no_other_way():
    recipes = re.findall(r"^\t.*\$\(SNAKEMAKE\).*", (ROOT / "Makefile").read_text(), re.M)
    assert recipes and all(recipe.startswith("\t$(ALONE) ") for recipe in recipes)
    assert 'flock .snakemake.lock "$(BIN)/python" workflow/alone.py\n' in (ROOT / "Makefile").read_text()
