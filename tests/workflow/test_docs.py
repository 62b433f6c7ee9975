"""The docs are true: links and anchors lead somewhere, make targets exist, and commands plan or say in one sentence what is missing.

Commands of make and Python run where they can within seconds; the others are skipped with the reason, after what can be said of
them: scripts take the arguments shown, targets take the variables shown.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.workflow.running import ROOT, run

PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "config/README.md", *(ROOT / "docs").glob("**/*.md")])
YOURS = "config/mine.yaml"  # stands for a config that a reader writes
VERDICT = "python -m overinterp.verdict check docs/results/cifar10_verdict/verdict.json"
PICTURE = "python docs/images/pages.py verdict docs/results/cifar10_verdict/verdict.html docs/images/verdict.png"
CLASS_SIZES = (
    "python docs/images/class_sizes.py docs/results/cifar10_verdict/tables/verdict_images.csv "
    "docs/results/cifar10_verdict/tables/resnet32_images.csv docs/results/cifar10_verdict/class_sizes.png"
)
STANDS_FOR = {  # a verdict that a reader makes
    "python -m overinterp.verdict check results/own/verdict.json": VERDICT,
    "python -m overinterp.verdict check results/<name>/verdict.json": VERDICT,
}
RUN = {  # command: its exit status, and what it has to say
    "make targets": (0, r"figures/"),
    "make targets CONFIG=config/own.yaml": (0, r"figures/"),
    "make check-claims": (0, r"claims, \d+ verdicts, all as docs/CLAIMS\.md has them"),
    "python -m overinterp.human power --pictures 100 --spread 0.1": (0, r" 20 +0\.500 +0\.052 +0\.955"),  # of docs/HUMAN_STUDY.md
    VERDICT: (1, r"fault shown"),
    "python tests/benchmarks/planted_power.py config > power.yaml": (0, r"^studies:"),
    "python tests/benchmarks/leak_by_length.py docs/results docs/images/leak_by_length.png": (0, r""),
    PICTURE: (0, r""),
    CLASS_SIZES: (0, r""),
}
NOT_RUN = {  # beginnings of commands, and why
    "python tests/benchmarks/": "needs data, networks or hours",
    "python docs/results/objects/choose.py": "needs Tiny ImageNet and weights",
    "python docs/images/strip.py": "needs the run of docs/results/cifar10_verdict",
    "python docs/images/pages.py": "opens pages in a browser, one of them of the demo's results",
    "python -m overinterp.claims --write": "writes docs/CLAIMS.md; what it would write is compared by tests/unit/test_claims.py",
    "python -m overinterp.verdict references": "needs the verdicts of the demo",
    "python -c": "needs the results of 500 photographs",
    "python -m venv": "makes an environment, from the network",
    "make PYTHON=": "the same, and the demo",
    "make plan": "measures this machine for a minute; tests/unit/test_bill.py prices what it prints",
    "make provenance": "writes into results/; tests/workflow/test_run.py runs its command",
    "make config-docs": "writes config/README.md; what it would write is compared by tests/unit/test_config.py",
    "make verdict-check": "needs a finished study; tests/workflow/test_run.py runs it",
    "make human-freeze": "needs a finished study; tests/unit/test_human.py freezes one",
    "make clean": "removes results",
    "make bench": "ten minutes",
    "make gpu-check": "needs a GPU",
    "make lint": "minutes, before every change",
    "make test": "these tests",
    "make demo": "minutes",
    "make VENV=": "minutes, and names no environment that there is",
}
PARSE = """
import argparse, json, runpy, sys
from unittest import mock

sys.modules.update({name: mock.MagicMock() for name in ("captum", "captum.attr", "picire")})  # of requirements-peers.txt
whole = argparse.ArgumentParser.parse_args


class Taken(Exception):
    pass


def parse(self, *given):
    whole(self, *given)
    raise Taken


argparse.ArgumentParser.parse_args = parse
for words in json.loads(sys.argv.pop()):
    sys.argv = words[words[0] == "-m" :]
    try:
        runpy.run_module(words[1], run_name="__main__") if words[0] == "-m" else runpy.run_path(words[0], run_name="__main__")
    except Taken:
        print("taken")
    except SystemExit:
        print("refused")
"""


def commands(beginning: str) -> list[str]:
    """Lines of fenced blocks that begin so, without remarks, once each."""
    found = []
    for page in PAGES:
        for block in re.findall(r"```\w*\n(.*?)```", page.read_text(), re.DOTALL):
            lines = (line.split("  #")[0].split("   ")[0].strip() for line in block.splitlines())
            found += [line for line in lines if line.startswith(beginning)]
    return sorted(set(found))


def shown() -> list[str]:
    """Commands of make and Python, in fenced blocks and between back ticks, without remarks, each once."""
    found = [re.sub(r"^PYTHONPATH=\S+ ", "", line) for line in [*commands(""), *inline()]]
    found = [re.sub(r"^(\.venv/bin/)?python3? ", "python ", line.split(" && ")[0]) for line in found]
    return sorted({STANDS_FOR.get(line, line) for line in found if re.match(r"(python|make) ", line)})


def inline() -> list[str]:
    pages = (re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL) for page in PAGES)
    return [line for page in pages for line in re.findall(r"`([^`\n]+)`", page)]


def words(command: str) -> list[str]:
    """Of a command but the first, without where its output goes; code of several lines is not read."""
    return ["-c"] if command.startswith("python -c ") else shlex.split(re.sub("<.*?>", "name", command.split(" > ")[0]))[1:]


def takes_arguments(command: str) -> bool:
    """Whether argparse reads them; what reads sys.argv by itself cannot be asked."""
    if not command.startswith(("python tests/", "python docs/", "python -m overinterp.")):
        return False
    first, second, *_ = words(command)
    file = ROOT / (f"workflow/scripts/{second.replace('.', '/')}/__main__.py" if first == "-m" else first)
    return file.exists() and ".parse_args(" in file.read_text()


def anchors(page: Path) -> set[str]:
    """As hosting services make them of headings."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"\w+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_targets_of_make_exist():
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    inline = {word for page in PAGES for word in re.findall(r"`make ([a-z-]+)", page.read_text())}
    assert {command.split()[1] for command in commands("make ")} | inline <= targets


def planned() -> list[str]:
    """Commands of Snakemake whose config is here, without what planning needs not, each once."""
    found = [command for command in commands("snakemake ") if YOURS not in command and "power.yaml" not in command]
    return sorted({re.sub(r" --use-conda| --report .*", "", command) for command in found})


@pytest.mark.parametrize("command", planned())
def test_a_command_plans_or_says_what_is_missing(command):
    result = run(ROOT, "-n", "--quiet", "rules", *shlex.split(command)[1:])
    said = result.stdout + result.stderr
    if result.returncode:
        assert re.search(r"config key \S+: found .*, expected an existing (file|folder)", said), said[-2000:]
        assert "Traceback (most recent call last)" not in said
        assert "--configfile" in command and "config/config.yaml" not in command  # the demo always plans


@pytest.fixture(scope="session")
def parsed():
    """Of every command that argparse reads: whether its arguments are taken."""
    asked = [command for command in shown() if takes_arguments(command)]
    places = os.pathsep.join(str(ROOT / name) for name in ("workflow/scripts", "tests/benchmarks", "."))
    given = [sys.executable, "-c", PARSE, json.dumps([words(command) for command in asked])]
    found = {**os.environ, "PYTHONPATH": places}
    result = subprocess.run(given, cwd=ROOT, env=found, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr[-2000:]
    return dict(zip(asked, result.stdout.splitlines(), strict=True))


@pytest.mark.parametrize("command", shown())
def test_a_command_of_make_or_python_runs_or_is_told_why_not(command, parsed, tmp_path):
    make = ["make", "-o", f"{sys.prefix}/.installed", "-o", f"{sys.prefix}/.installed-dev", f"VENV={sys.prefix}"]
    given = [*(make if command.startswith("make ") else [sys.executable]), *words(command)]
    scripts = {**os.environ, "PYTHONPATH": str(ROOT / "workflow/scripts")}

    def ran(*more: str) -> subprocess.CompletedProcess:
        return subprocess.run([*given, *more], cwd=ROOT, env=scripts, capture_output=True, text=True, timeout=300)

    if command in RUN and (command != PICTURE or shutil.which("chromium")):
        status, said = RUN[command]
        if command.endswith(".png"):
            given[-1] = str(tmp_path / "new.png")
        result = ran()
        assert result.returncode == status, result.stdout[-2000:] + result.stderr[-2000:]
        assert re.search(said, result.stdout, re.MULTILINE), result.stdout[-2000:]
        assert (tmp_path / "new.png").exists() == command.endswith(".png")
        return
    if command.startswith("make "):
        assert ran("--dry-run").returncode == 0
    elif given[1].endswith(".py"):
        assert (ROOT / given[1]).exists()
    assert parsed.get(command, "taken") == "taken"
    reasons = [reason for beginning, reason in NOT_RUN.items() if command.startswith(beginning)]
    assert reasons, "neither run nor said why not"
    pytest.skip(f"{command}: {reasons[0]}")


def test_a_release_takes_its_versions_part_of_the_changelog(tmp_path):
    """The step of the release workflow itself, for the version that the repository says it is, and for one that nobody wrote of."""
    steps = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())["jobs"]["release"]["steps"]
    (tmp_path / "CHANGELOG.md").write_text((ROOT / "CHANGELOG.md").read_text())
    version = yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"]

    def notes(tag: str) -> subprocess.CompletedProcess:
        found = {**os.environ, "GITHUB_REF_NAME": tag}
        return subprocess.run(["bash", "-e", "-c", steps[1]["run"]], cwd=tmp_path, env=found, capture_output=True, text=True)

    assert notes(f"v{version}").returncode == 0
    written = (tmp_path / "notes.md").read_text()
    assert "answers.html" in written and "## " not in written and written.strip() in (ROOT / "CHANGELOG.md").read_text()
    assert notes("v99.0").returncode == 1 and "expected one for this tag" in notes("v99.0").stdout
