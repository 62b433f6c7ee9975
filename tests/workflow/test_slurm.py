"""The Slurm profile on a real Slurm of one node: jobs fail and are cancelled, a node drained, Snakemake killed; the same results to the byte."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
import yaml
from filelock import FileLock

from tests.waiting import wait_for
from tests.workflow import slurm_cluster
from tests.workflow.running import PART, digests, prepare, run

pytestmark = pytest.mark.skipif(bool(slurm_cluster.missing()), reason=f"no Slurm: {slurm_cluster.missing()}")

FAILS_ONCE = """
import pathlib
if not pathlib.Path("failed").exists():
    pathlib.Path("failed").touch()
    raise SystemExit("made to fail once")
"""
STARTED = []  # runs of Snakemake


@pytest.fixture
def cluster(tmp_path_factory):
    with FileLock(Path(tempfile.gettempdir()) / "overinterp-slurm.lock"):  # one at a time, in however many processes
        try:
            started = slurm_cluster.Cluster(tmp_path_factory.mktemp("slurm"))
        except (TimeoutError, subprocess.CalledProcessError) as error:
            pytest.skip(f"Slurm does not start here: {error}")
        yield started
        for process in STARTED:
            if process.poll() is None:  # of a test that failed
                os.killpg(process.pid, signal.SIGKILL)
        started.stop()


def edit(folder, more=""):
    """The folder's profile as a user edits it for GPUs: each rule that may need one is sent to the partition `gpu`."""
    path = folder / "profiles/slurm/config.yaml"
    path.write_text(path.read_text().replace("# slurm_partition: gpu ", f"slurm_partition: gpu{more} "))
    return [rule for rule, given in yaml.safe_load(path.read_text())["set-resources"].items() if "slurm_partition" in given]


def small(folder, device="cpu"):
    """A folder with the small study."""
    folder.mkdir(exist_ok=True)
    path = prepare(folder) / "config/config.yaml"
    path.write_text(f"device: {device}\n{path.read_text()}")
    return folder


def start(folder, log, targets, *more):
    """Snakemake through the profile, but with shorter waits, in a process group of its own, its output in a file."""
    waits = ["--slurm-init-seconds-before-status-checks", "2", "--max-jobs-per-timespan", "100/1s"]
    command = [sys.executable, "-m", "snakemake", "--workflow-profile", "profiles/slurm", *targets, "--jobs", "6", *waits, *more]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SLURM")}
    with open(log, "w") as file:
        STARTED.append(subprocess.Popen(command, cwd=folder, stdout=file, stderr=file, start_new_session=True, env=environment))
    return STARTED[-1]


class Watch(threading.Thread):
    """Looks at running jobs every half second: what each asked for, and which GPUs it has."""

    def __init__(self, cluster):
        super().__init__(daemon=True)
        self.cluster, self.shared, self.seen, self.over = cluster, [], {}, threading.Event()

    def run(self):
        while not self.over.wait(0.5):
            jobs = self.cluster.jobs()
            for number, job in enumerate(jobs):
                self.seen[job["id"]] = job
                self.shared += [(job["rule"], other["rule"]) for other in jobs[:number] if job["gpus"] & other["gpus"]]


def test_a_small_study_through_cancelled_jobs_a_drained_node_and_a_killed_snakemake(cluster, finished, tmp_path):
    """To the same bytes as without Slurm, in all that was made: networks, searches, tables, figures."""
    folder = small(tmp_path / "slurm")
    on_gpus = edit(folder, more="\n    gpu: 1")  # as `device: cuda` would ask
    with open(folder / "workflow/scripts/describe_data.py", "a") as script:
        script.write(FAILS_ONCE)
    watch = Watch(cluster)
    watch.start()
    first = start(folder, tmp_path / "first.log", PART)

    def running(rule):
        return [job for job in cluster.jobs() if rule in job["rule"]]

    def printed(job):
        """What Slurm printed of a job."""
        return "".join(path.read_text() for path in (folder / "logs/slurm").rglob(f"{job['id']}.log"))

    training = wait_for(lambda: running("train_network"))[0]
    wait_for(lambda: printed(training), most=60)
    failed, again = (job for job in watch.seen.values() if "describe_data" in job["rule"])
    assert (failed["asked"], again["asked"]) == (("cpu", "2000M", "02:00:00"), ("cpu", "4000M", "04:00:00"))
    assert "made to fail once" in printed(failed) and not printed(again)  # removed where the job succeeds
    subprocess.run(["scancel", training["id"]], check=True)  # someone else's hand: the profile tries again
    again = wait_for(lambda: [job for job in running(training["rule"]) if job["id"] != training["id"]])[0]
    assert (training["asked"], again["asked"]) == (("gpu", "4000M", "04:00:00"), ("gpu", "8000M", "08:00:00"))
    cluster.drain(True)
    time.sleep(3)
    cluster.drain(False)
    wait_for(lambda: running("search_orderings"))
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert "Trying to restart job" in (tmp_path / "first.log").read_text()
    identity = re.search(r"SLURM run ID: (\S+)", (tmp_path / "first.log").read_text())[1]
    subprocess.run(["scancel", "--name", identity], check=True)  # both as docs/TROUBLESHOOTING.md says
    wait_for(lambda: not cluster.jobs())
    assert run(folder, "--unlock").returncode == 0
    second = start(folder, tmp_path / "second.log", PART)
    assert second.wait(timeout=1200) == 0, (tmp_path / "second.log").read_text()[-4000:]
    watch.over.set()
    watch.join()
    assert watch.shared == [] and set().union(*(job["gpus"] for job in watch.seen.values())) == {0, 1}
    for job in watch.seen.values():
        needs = any(rule in job["rule"] for rule in on_gpus)
        assert (job["asked"][0], len(job["gpus"])) == (("gpu", 1) if needs else ("cpu", 0)), job
    assert "group_summaries" in (tmp_path / "second.log").read_text()  # tables and figures share jobs
    made, expected = digests(folder), digests(finished)
    assert made == {name: expected[name] for name in made} and set(PART) < set(made)
    rules = {path.name for path in (folder / "logs" / "tiny").iterdir()}
    assert {"train_network", "search_orderings", "make_table", "draw_figure"} <= rules


def test_a_job_that_cannot_succeed_fails_with_its_sentence_and_its_log(cluster, tmp_path):
    folder = small(tmp_path, device="cuda")  # and there is no GPU: links to /dev/null are none
    edit(folder)
    run = start(folder, tmp_path / "run.log", ["results/tiny/models/small_cnn-full-0/model.json"], "--retries", "0")
    assert run.wait(timeout=600) == 1
    text = (tmp_path / "run.log").read_text()
    assert "found no CUDA device" in text and "set device: cpu" in text
