"""What all tests share: their order, images, and folders that are filled once."""

import os
import shutil

import numpy as np
import pytest
import torch
from filelock import FileLock

torch.set_num_threads(1)  # the suite runs in two processes; four threads on two cores get in each other's way


def pytest_collection_modifyitems(items):
    """Long ones first, that none is left alone at the end; before all those on Slurm, which mostly wait."""
    items.sort(key=lambda item: ("test_slurm" not in item.path.name, item.path.parent.name != "workflow"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A test that is skipped for lack of what .ci/run found installed has failed."""
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2]
        if "is installed" in reason and any(f"no {name}" in reason for name in os.environ.get("NOT_LACKING", "").split()):
            report.outcome, report.longrepr = "failed", reason
    return report


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """A folder that ``make`` fills once, in however many processes the tests run; each process gets a copy of its own."""

    def made(name, make):
        base = tmp_path_factory.getbasetemp()
        shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
        folder, finished = shared / f"once-{name}", shared / f"once-{name}.finished"
        with FileLock(shared / f"once-{name}.lock"):
            if not finished.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                finished.touch()
        return shutil.copytree(folder, base / name)

    return made


@pytest.fixture(scope="module")
def browser():
    tools = pytest.importorskip("playwright.sync_api")
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium)")
    options = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
    with tools.sync_playwright() as running:
        started = running.chromium.launch(executable_path=chromium, args=options)
        yield started
        started.close()


@pytest.fixture
def visit(browser):
    """Opens pages in windows of one person; at the end none may have failed, or asked for anything but files."""
    context, wrong = browser.new_context(), []

    def visited(path, width=1200, height=800):
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.asked = []
        page.on("dialog", lambda dialog: (page.asked.append(dialog.message), dialog.accept()))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda asked: asked.url.startswith(("file:", "data:", "blob:")) or wrong.append(asked.url))
        page.goto(f"file://{path}")
        return page

    yield visited
    context.close()
    assert wrong == []


@pytest.fixture
def images():
    """Six random 4x4 grey images, uint8 (6, 4, 4, 1), and labels."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (6, 4, 4, 1), dtype=np.uint8), np.array([0, 1, 2, 0, 1, 2])


@pytest.fixture
def source(images):
    """The same as a split."""
    from overinterp.data.source import ArraySource

    return ArraySource(*images)
