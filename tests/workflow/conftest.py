"""The small study, run once for all files of tests that look at it."""

import pytest

from tests.workflow.running import prepare, run


@pytest.fixture(scope="session")  # not "module": a process that steals tests may come to a module twice
def finished(once):
    def make(folder):
        result = run(prepare(folder), "all")
        assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]

    return once("tiny", make)


@pytest.fixture(scope="session")
def report(finished):
    """The file, made as `make demo` makes it."""
    style = ("--report-stylesheet", "workflow/report/report.css")
    result = run(finished, "all", "--report", "results/report.html", *style)
    assert result.returncode == 0, result.stderr
    return finished / "results/report.html"
