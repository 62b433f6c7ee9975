"""A rule runs again when code that it uses changes, and only then."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from overinterp.code_version import SCRIPTS
from overinterp.code_version import code_version as cached

code_version = cached.__wrapped__


@pytest.fixture
def scripts(tmp_path):
    files = {
        "plot.py": "from overinterp.figures import heat\nheat.draw()\n",
        "train.py": '"""Train."""\nfrom overinterp.models.net import Net  # a network\nimport overinterp.job\nNet()\n',
        "overinterp/__init__.py": "",
        "overinterp/job.py": "BARS = 1\n",
        "overinterp/models/__init__.py": "",
        "overinterp/models/net.py": "import overinterp.models.layers\nclass Net:\n    '''A network.'''\n    width = 1\n",
        "overinterp/models/layers.py": "DEPTH = 3\n",
        "overinterp/figures/__init__.py": "",
        "overinterp/figures/heat.py": "def draw():\n    return 1\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def versions(scripts):
    return code_version("plot.py", scripts=scripts), code_version("train.py", scripts=scripts)


@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        ("overinterp/models/net.py", "'''A network.'''", "'''Another docstring.'''\n    # and a comment", (False, False)),
        ("train.py", '"""Train."""', '"""Train a network."""\n\n', (False, False)),
        ("overinterp/job.py", "BARS = 1", "BARS = 2", (False, False)),
        ("overinterp/models/layers.py", "DEPTH = 3", "DEPTH = 4", (False, True)),
        ("overinterp/figures/heat.py", "return 1", "return 2", (True, False)),
        ("overinterp/__init__.py", "", "import os", (True, True)),
    ],
)
def test_what_changes_a_version(scripts, file, old, new, changed):
    before = versions(scripts)
    path = scripts / file
    text = path.read_text()
    path.write_text(text.replace(old, new) if old else new)
    assert tuple(a != b for a, b in zip(before, versions(scripts), strict=True)) == changed


def test_a_new_line_in_the_lists_redoes_nothing(tmp_path):
    """Rules name the entries that their jobs use."""
    scripts = shutil.copytree(SCRIPTS, tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    names = sorted(path.name for path in scripts.glob("*.py"))
    before = [code_version(name, scripts=scripts) for name in names]
    with (scripts / "overinterp" / "plan" / "lists.py").open("a") as file:
        file.write('SEARCHES["mine"] = "overinterp.search.mine:mine"\n')
    assert [code_version(name, scripts=scripts) for name in names] == before


def test_a_missing_script_is_an_error(scripts):
    with pytest.raises(FileNotFoundError):
        code_version("nothing.py", scripts=scripts)


# What Python's versions make different trees of: a format that ends with a field, functions that could be generic, a u"".
VERSIONED = """
class Box(Generic[T]):
    def shown(self, x: list[T], w: int) -> str:
        return f"{x:{w}}" u"" f"{x!r:>{w}}{'': <4}"
"""
ASKED = """
import json, sys
from pathlib import Path
sys.path.insert(0, {scripts!r})
from overinterp.code_version import code_version
names = sorted(path.name for path in Path({scripts!r}).glob("*.py"))
print(json.dumps([code_version("odd.py", scripts=Path({folder!r})), *map(code_version, names)]))
"""
OTHERS = sorted(Path.home().glob(".pyenv/versions/3.1[1-9]*/bin/python"))


def test_every_python_hashes_alike(tmp_path):
    """A folder finished with one Python has nothing to do with another."""
    (tmp_path / "odd.py").write_text(VERSIONED)
    code = ASKED.format(scripts=str(SCRIPTS), folder=str(tmp_path))

    def versions_of(python):
        return json.loads(subprocess.run([python, "-c", code], capture_output=True, text=True, check=True, timeout=120).stdout)

    here = versions_of(sys.executable)
    assert here[0] == "632e52eb70f5"
    if not OTHERS:
        pytest.skip("no other Python under ~/.pyenv/versions: only this one's hash was compared, with a pinned one")
    for python in OTHERS:
        assert versions_of(python) == here, python


def test_searching_and_training_reach_no_figure_and_no_table():
    """So that touching those redoes nothing dear."""
    import ast

    from overinterp import code_version as module

    for script, reached in (("train_network.py", "training"), ("search_orderings.py", "search/engine")):
        todo, seen = [module.SCRIPTS / script], set()
        while todo:
            path = todo.pop()
            if path not in seen:
                seen.add(path)
                todo += [
                    f for name in module._imports(ast.parse(path.read_text())) for f in module._module_files(name, module.SCRIPTS)
                ]
        names = {path.relative_to(module.SCRIPTS).as_posix() for path in seen}
        assert f"overinterp/{reached}.py" in names
        assert not [n for n in names if "/figures/" in n or "/tables/" in n or n.endswith(("/tables.py", "/evaluation.py"))]
