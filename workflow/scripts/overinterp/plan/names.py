"""Names that code has which no job has imported yet, read from its source: misspelt ones are found when jobs are planned."""

from __future__ import annotations

import ast
import importlib.util
from functools import cache
from pathlib import Path


@cache
def of_torchvision() -> dict[str, list[str]]:
    """The names of the weights of each classification model of the torchvision that is installed here; empty where none is.

    Of a model whose weights another release names elsewhere, none.
    """
    found = importlib.util.find_spec("torchvision")
    files = [] if found is None else sorted((Path(found.origin).parent / "models").glob("*.py"))
    weights, models = {}, {}
    for node in (node for file in files for node in ast.parse(file.read_bytes()).body):
        if isinstance(node, ast.ClassDef):
            made = [entry for entry in node.body if isinstance(entry, ast.Assign) and _calls(entry.value, "Weights")]
            weights[node.name] = [entry.targets[0].id for entry in made]
        elif isinstance(node, ast.FunctionDef) and any(_calls(entry, "register_model") for entry in node.decorator_list):
            models[node.name] = next((e.annotation for e in node.args.kwonlyargs if e.arg == "weights"), ast.Constant(None))
    kinds = {model: {part.id for part in ast.walk(note) if isinstance(part, ast.Name)} for model, note in models.items()}
    return {model: [name for kind in sorted(kinds[model] & set(weights)) for name in weights[kind]] for model in models}


def of_file(path: str) -> set[str] | None:
    """What a file of Python binds anywhere; None where that cannot be read off it: ``from x import *``, ``globals()``."""
    try:
        nodes = list(ast.walk(ast.parse(Path(path).read_bytes())))
    except (SyntaxError, ValueError):  # said where it is imported
        return None
    bound = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    bound |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound |= {node.asname or node.name.partition(".")[0] for node in nodes if isinstance(node, ast.alias)}
    bound |= {node.name for node in nodes if isinstance(node, ast.MatchAs | ast.MatchStar | ast.ExceptHandler) and node.name}
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    return None if {"*", "__getattr__"} & bound or {"globals", "setattr", "exec"} & used else bound


def _calls(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
