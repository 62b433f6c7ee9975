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
# Logging and progress bars never change a result; of the lists, a rule names the entries that its job uses.
IGNORED = (f"{PACKAGE}.job", f"{PACKAGE}.plan.lists")


@cache
def code_version(script: str, *references: str, scripts: Path = SCRIPTS) -> str:
    """Short hash of a script in ``scripts`` and of all `overinterp` modules that it reaches by import.

    Args:
        script: Its file's name.
        references: Modules that it loads by name, ``package.module`` or ``package.module:name`` (see `overinterp.plan.lists`).
        scripts: Folder of the scripts.

    Raises:
        FileNotFoundError: There is no such script, or no such module.
    """
    named = []
    for reference in sorted(set(references)):
        files = list(_module_files(reference.partition(":")[0], scripts))
        if not files:
            raise FileNotFoundError(f"{reference}: found no such module in {scripts}")
        named += files
    todo, found = [scripts / script, *named], {}
    while todo:
        path = todo.pop()
        if path not in found:
            status = path.stat()
            found[path], imports = _read(path, status.st_mtime_ns, status.st_size)
            todo += [module for name in imports for module in _module_files(name, scripts)]
    digest = hashlib.sha256()
    for path in sorted(found):
        digest.update(path.relative_to(scripts).as_posix().encode() + b"\0" + found[path] + b"\0")
    return digest.hexdigest()[:12]


@cache
def _read(path: Path, changed: int, size: int) -> tuple[bytes, tuple[str, ...]]:
    """A file's digest, of what it does, and what it imports; read again when it has changed."""
    tree = _without_docstrings(ast.parse(path.read_text()))
    return hashlib.sha256(_dump(tree).encode()).digest(), tuple(_imports(tree))


def _dump(node) -> str:
    """A syntax tree as text, the same for Python 3.11 to 3.14: fields that are empty or that some versions lack are left out."""
    if isinstance(node, ast.JoinedStr):  # 3.12 ends some f-strings with an empty string
        node.values = [part for part in node.values if not (isinstance(part, ast.Constant) and part.value == "")]
    if isinstance(node, ast.AST):
        fields = [(name, value) for name, value in ast.iter_fields(node) if name not in ("ctx", "kind", "type_params")]
        inside = ", ".join(f"{name}={_dump(value)}" for name, value in fields if value is not None and value != [])
        return f"{type(node).__name__}({inside})"
    if isinstance(node, list):
        return f"[{', '.join(map(_dump, node))}]"
    return repr(node)


def file_version(name: str, scripts: Path = SCRIPTS) -> str:
    """Short hash of a file in ``scripts`` that is not Python, such as a template.

    Raises:
        FileNotFoundError: There is no such file.
    """
    return hashlib.sha256((scripts / name).read_bytes()).hexdigest()[:12]


def with_imports(path: str | Path) -> list[Path]:
    """A file of Python that is none of ours, and the files of its folder and below that it imports, and these in turn.

    Imports are read, not run: what is imported by a name that is made up is not found.
    """
    folder, todo, found = Path(path).parent, [Path(path)], set()
    while todo:
        file = todo.pop()
        if file in found:
            continue
        found.add(file)
        try:
            tree = ast.parse(file.read_bytes())
        except (SyntaxError, ValueError):  # said where it is imported
            continue
        for start, name in _places(tree, file, folder):
            parts = name.split(".")
            bases = [start.joinpath(*parts[:depth]) for depth in range(1, len(parts) + 1)]
            todo += [path for base in bases for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()]
    return sorted(found)


def _places(tree: ast.Module, file: Path, folder: Path):
    """What a file imports: the folder that each name is looked for in, and the name."""
    yield from ((folder, name) for name in _imports(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and 0 < node.level <= len(file.parents):
            for alias in node.names:
                yield file.parents[node.level - 1], f"{node.module or ''}.{alias.name}".removeprefix(".")


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
    if parts[0] != PACKAGE or any(f"{name}.".startswith(f"{ignored}.") for ignored in IGNORED):  # what is in them, too
        return
    for depth in range(1, len(parts) + 1):
        base = scripts.joinpath(*parts[:depth])
        for path in (base.with_suffix(".py"), base / "__init__.py"):
            if path.is_file():
                yield path
