"""The docs are true: links and anchors lead somewhere, make targets exist, and commands plan or say in one sentence what is missing."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "config/README.md", *(ROOT / "docs").glob("**/*.md")])
YOURS = "config/mine.yaml"  # stands for a config that a reader writes


def commands(beginning: str) -> list[str]:
    """Lines of fenced blocks that begin so, without remarks, once each."""
    found = []
    for page in PAGES:
        for block in re.findall(r"```\w*\n(.*?)```", page.read_text(), re.DOTALL):
            lines = (line.split("  #")[0].split("   ")[0].strip() for line in block.splitlines())
            found += [line for line in lines if line.startswith(beginning)]
    return sorted(set(found))


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


@pytest.mark.parametrize("command", [c for c in commands("snakemake ") if YOURS not in c and "power.yaml" not in c])
def test_a_command_plans_or_says_what_is_missing(command):
    words = shlex.split(command.split("--report")[0])[1:]
    words = [word for word in words if word != "--use-conda"]  # planning needs no conda
    given = [sys.executable, "-m", "snakemake", "-n", "--quiet", "rules", *words]
    result = subprocess.run(given, cwd=ROOT, capture_output=True, text=True, timeout=300)
    said = result.stdout + result.stderr
    if result.returncode:
        assert re.search(r"config key \S+: found .*, expected an existing (file|folder)", said), said[-2000:]
        assert "Traceback (most recent call last)" not in said
        assert "--configfile" in command and "config/config.yaml" not in command  # the demo always plans


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
