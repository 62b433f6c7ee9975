"""--use-conda from a host that has Snakemake alone, with a stand-in for conda that links instead of solving."""

import os
import subprocess

import pytest

from tests.workflow import conda_stand_in
from tests.workflow.environments import environment, packages
from tests.workflow.running import ROOT, prepare, run


@pytest.fixture
def host(tmp_path):
    return environment(["snakemake"], tmp_path / "host")


def test_a_host_with_snakemake_alone_plans(host, tmp_path):
    """The machine that plans needs none of what jobs have from their environments."""
    for name in ("numpy", "pandas", "torch", "matplotlib", "scipy"):
        assert "No module" in subprocess.run([host, "-c", f"import {name}"], capture_output=True, text=True).stderr
    result = run(tmp_path, "-n", "--snakefile", ROOT / "Snakefile", "--configfile", ROOT / "config/cifar10.yaml", python=host)
    assert result.returncode == 0 and "search_orderings" in result.stdout, result.stdout + result.stderr


def test_every_job_finds_all_it_needs_in_its_own_environment(host, tmp_path):
    """Snakemake puts its own packages on a job's path, so only a host without them shows that none is borrowed."""
    (folder := tmp_path / "conda").mkdir()
    (prepare(folder) / "config/config.yaml").write_text((ROOT / ".test/config/config.yaml").read_text())
    path = f"{conda_stand_in.put(tmp_path / 'stand_in')}:{os.environ['PATH']}"
    result = run(folder, "--use-conda", "all", python=host, PATH=path)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    made = sorted((folder / ".snakemake/conda").glob("*.yaml"))
    assert sorted(map(packages, made)) == sorted(packages(ROOT / f"envs/{name}.yaml") for name in ("science_cpu", "figures"))
    assert sum(any(env.with_suffix("").glob("lib/*/site-packages/torch")) for env in made) == 1  # figures are drawn without it
    assert (folder / "results/smallest/verdict.html").exists()
