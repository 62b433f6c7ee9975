"""A hash of what a script does: of its syntax tree and of every library module it imports.

Snakemake compares only the time stamp of the script file itself. A rule that carries this hash among
its ``params`` is run again exactly when the script, or library code that it reaches, has changed.
Comments, docstrings and layout do not count.
"""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

SCRIPTS = Path(__file__).parents[1]
PACKAGE = Path(__file__).parent.name
IGNORED = f"{PACKAGE}.job"  # logging and progress bars: never changes a result


@cache
def code_version(script: str, scripts: Path = SCRIPTS) -> str:
    """Short hash of a script in ``scripts`` and of all `overinterp` modules that it reaches by import.

    Raises:
        FileNotFoundError: There is no such script.
    """
    todo, trees = [scripts / script], {}
    while todo:
        path = todo.pop()
        if path in trees:
            continue
        trees[path] = tree = _without_docstrings(ast.parse(path.read_text()))
        todo += [module for name in _imports(tree) for module in _module_files(name, scripts)]
    digest = hashlib.sha256()
    for path in sorted(trees):
        digest.update(path.relative_to(scripts).as_posix().encode() + b"\0")
        digest.update(ast.dump(trees[path]).encode() + b"\0")
    return digest.hexdigest()[:12]


def file_version(name: str, scripts: Path = SCRIPTS) -> str:
    """Short hash of a file in ``scripts`` that is not Python, such as a template.

    Raises:
        FileNotFoundError: There is no such file.
    """
    return hashlib.sha256((scripts / name).read_bytes()).hexdigest()[:12]


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
                node.body = node.body[1:]
    return tree


def _imports(tree: ast.Module):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _module_files(name: str, scripts: Path):
    """Files that importing ``name`` runs, packages' ``__init__.py`` included."""
    parts = name.split(".")
    if parts[0] != PACKAGE or name == IGNORED:
        return
    for depth in range(1, len(parts) + 1):
        base = scripts.joinpath(*parts[:depth])
        for path in (base.with_suffix(".py"), base / "__init__.py"):
            if path.is_file():
                yield path
