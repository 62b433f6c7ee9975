"""What `make` does before it starts Snakemake: the lock of a killed run goes, that of a running one stays."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import wait_for
from tests.workflow.running import ROOT


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


@pytest.mark.skipif(shutil.which("flock") is None, reason="no flock here: make takes no lock")
@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="no /proc here, so no running Snakemake is looked for")
def test_make_waits_for_no_dead_snakemake_and_disturbs_no_living_one(tmp_path):
    """The Makefile and Snakemake themselves, on one rule: a plain `snakemake` runs, `make` refuses; that is killed, `make` goes on."""
    for name in ("Makefile", "workflow/alone.py", "workflow/report/report.css"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "Snakefile").write_text(
        'rule all:\n    output: "results/done"\n    shell: "touch began; while [ ! -e go ]; do sleep 0.1; done; touch {output}"\n'
    )
    environment = tmp_path / "environment" / "bin"
    environment.mkdir(parents=True)
    for name in ("requirements.txt", "environment/.installed"):
        (tmp_path / name).touch()
    for name in ("python", "snakemake"):  # of the environment that runs this test
        lock = "flock --nonblock .snakemake.lock touch unlocked"  # succeeds where make holds no lock
        (environment / name).write_text(f'#!/bin/sh\n{lock}\nexec "{Path(sys.executable).parent / name}" "$@"\n')
        (environment / name).chmod(0o755)
    make = ["make", "--no-print-directory", "VENV=environment", "demo"]
    plain = subprocess.Popen([environment / "snakemake", "--cores", "1", "all"], cwd=tmp_path, start_new_session=True)
    try:
        wait_for(lambda: (tmp_path / "began").exists() or plain.poll() is not None)
        refused = subprocess.run(make, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert refused.returncode != 0 and f"works here (process {plain.pid}), expected none" in refused.stderr, refused.stderr
        assert list((tmp_path / ".snakemake" / "locks").iterdir())
        cleaned = subprocess.run(["make", "clean"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert cleaned.returncode != 0 and "nothing is removed" in cleaned.stdout and (tmp_path / ".snakemake").is_dir()
    finally:
        os.killpg(plain.pid, signal.SIGKILL)
        plain.wait()
        (tmp_path / "go").touch()  # its job lives on until then
    (tmp_path / "unlocked").unlink()
    again = subprocess.run(make, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert again.returncode == 0 and (tmp_path / "results" / "done").exists(), again.stdout + again.stderr
    assert not (tmp_path / "unlocked").exists(), "another make would have begun beside it"
    assert (tmp_path / "results" / "report.html").exists() and not list((tmp_path / ".snakemake" / "locks").glob("*"))
    subprocess.run(["make", "clean"], cwd=tmp_path, check=True, capture_output=True, timeout=120)
    assert not (tmp_path / ".snakemake").exists() and not (tmp_path / "results" / "report.html").exists()
