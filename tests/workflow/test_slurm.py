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
from tests.workflow.test_cifar import miniature
from tests.workflow.test_run import ROOT, digests, prepare

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
    """A folder with config/cifar10.yaml in miniature: 60 + 12 images, a small network, by slopes, some of its conditions and figures."""
    folder.mkdir(exist_ok=True)
    miniature(prepare(folder) / "data")
    config = yaml.safe_load((ROOT / "config/cifar10.yaml").read_text().replace("resnet20", "small_cnn"))
    config["device"], study = device, config["studies"][0]
    study["data"] = {"dataset": "cifar10", "train_images": 60, "test_images": 12}
    study |= {"architectures": ["small_cnn"], "seeds": [0], "training": {"epochs": 1, "batch_size": 20, "precision": "bfloat16"}}
    kept = {"full": [0, 1], "backselect_0": [0]}
    study["conditions"] = [named | {"seeds": kept[named["name"]]} for named in study["conditions"] if named["name"] in kept]
    study["ensembles"] = [named for named in study["ensembles"] if named["name"] == "ensemble_all"]
    runs = [{"models": ["*-full-0", "ensemble_all"], "split": "test", "images_per_shard": 12}]
    runs.append({"models": ["*-full-0"], "split": "train", "images_per_shard": 30})
    study["searches"] = [{"name": "refined", "method": "gradient", "pixels_per_step": 64, "batch_size": 32, "runs": runs}]
    study["analysis"] = {"search": "refined", "threshold": 0.11, "fractions": [0.05]}  # little is learnt in one epoch
    study |= {"tables": ["pixel_rings"], "figures": ["accuracy", "sis_size_by_threshold", "pixel_heatmap"]}
    del study["human"]
    (folder / "config/config.yaml").write_text(yaml.safe_dump(config))
    return folder


@pytest.fixture
def expected(tmp_path):
    """What a run without Slurm makes."""
    folder = small(tmp_path / "local")
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--max-jobs-per-timespan", "100/1s", "all"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    return digests(folder, "cifar10")


def start(folder, log, *more, target="all"):
    """Snakemake through the profile, but with shorter waits, in a process group of its own, its output in a file."""
    waits = ["--slurm-init-seconds-before-status-checks", "2", "--max-jobs-per-timespan", "100/1s"]
    command = [sys.executable, "-m", "snakemake", "--workflow-profile", "profiles/slurm", target, "--jobs", "6", *waits, *more]
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


def test_the_whole_of_a_small_study_through_cancelled_jobs_a_drained_node_and_a_killed_snakemake(cluster, expected, tmp_path):
    folder = small(tmp_path / "slurm")
    on_gpus = edit(folder, more="\n    gpu: 1")  # as `device: cuda` would ask
    with open(folder / "workflow/scripts/describe_data.py", "a") as script:
        script.write(FAILS_ONCE)
    watch = Watch(cluster)
    watch.start()
    first = start(folder, tmp_path / "first.log")

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
    subprocess.run([sys.executable, "-m", "snakemake", "--unlock"], cwd=folder, check=True, capture_output=True)
    second = start(folder, tmp_path / "second.log")
    assert second.wait(timeout=1200) == 0, (tmp_path / "second.log").read_text()[-4000:]
    watch.over.set()
    watch.join()
    assert watch.shared == [] and set().union(*(job["gpus"] for job in watch.seen.values())) == {0, 1}
    for job in watch.seen.values():
        needs = any(rule in job["rule"] for rule in on_gpus)
        assert (job["asked"][0], len(job["gpus"])) == (("gpu", 1) if needs else ("cpu", 0)), job
    assert "group_summaries" in (tmp_path / "second.log").read_text()  # tables and figures share jobs
    assert digests(folder, "cifar10") == expected
    rules = {path.name for path in (folder / "logs" / "cifar10").iterdir()}
    assert {"train_network", "search_orderings", "make_table", "draw_figure"} <= rules


def test_a_job_that_cannot_succeed_fails_with_its_sentence_and_its_log(cluster, tmp_path):
    folder = small(tmp_path, device="cuda")  # and there is no GPU: links to /dev/null are none
    edit(folder)
    run = start(folder, tmp_path / "run.log", "--retries", "0", target="results/cifar10/models/small_cnn-full-0/model.json")
    assert run.wait(timeout=600) == 1
    text = (tmp_path / "run.log").read_text()
    assert "found no CUDA device" in text and "set device: cpu" in text
