"""A rule runs again when code that it uses changes, and only then."""

import pytest

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


def test_a_missing_script_is_an_error(scripts):
    with pytest.raises(FileNotFoundError):
        code_version("nothing.py", scripts=scripts)


def test_searching_and_training_reach_no_figure_and_no_table():
    """So that touching those redoes nothing dear."""
    import ast

    from overinterp import code_version as module

    for script in ("train_network.py", "search_orderings.py"):
        todo, seen = [module.SCRIPTS / script], set()
        while todo:
            path = todo.pop()
            if path not in seen:
                seen.add(path)
                todo += [
                    f for name in module._imports(ast.parse(path.read_text())) for f in module._module_files(name, module.SCRIPTS)
                ]
        names = {path.relative_to(module.SCRIPTS).as_posix() for path in seen}
        assert not [n for n in names if "figures" in n or n.endswith(("tables.py", "evaluation.py", "job.py"))]
