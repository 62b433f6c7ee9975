"""The tables of config/README.md, written from the schema: ``python -m overinterp.plan.document config/README.md``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from overinterp.plan.settings import resolve, schema

BEGIN = "<!-- written from the schema by `make config-docs`; do not edit by hand -->\n"


def tables() -> str:
    """Every key of the config: a section an object, a row a key."""
    return BEGIN + "".join(_sections(schema(), "Top level"))


def _sections(node: dict, place: str):
    rows = [f"| `{name}` | {_meaning(child)} | {_default(node, name)} |\n" for name, child in node["properties"].items()]
    title = place if place == "Top level" else f"`{place}`"
    yield f"\n## {title}\n\n| key | meaning | default |\n| --- | --- | --- |\n{''.join(rows)}"
    for name, child in node["properties"].items():
        below, inside = _object(child)
        if inside is not None:
            yield from _sections(
                inside, name + below if place == "Top level" else f"{place}.{name}{below}".removeprefix("studies[].")
            )


def _object(node: dict) -> tuple[str, dict | None]:
    """An object with keys of its own that a value is or holds: how it is reached, and it."""
    node = resolve(node)
    for option in node.get("anyOf", []):
        if "properties" in option:
            return "", option
    if "items" in node:
        below, inside = _object(node["items"])
        return f"[]{below}", inside
    return "", node if "properties" in node else None


def _meaning(node: dict) -> str:
    node = resolve(node)
    text = node.get("description", "See below.")
    inner = resolve(node.get("items", node))
    if "enum" in inner:
        text += f" {'Any' if 'items' in node else 'One'} of {', '.join(f'`{name}`' for name in inner['enum'])}."
    return text.replace("|", "\\|").replace("\n", " ")


def _default(parent: dict, name: str) -> str:
    if name in parent.get("required", []):
        return "required"
    node = resolve(parent["properties"][name])
    if "default" not in node:
        return "not set"
    value = node["default"]
    if isinstance(value, str):
        return "a text in English" if len(value) > 60 else f"`{value}`"
    return "see below" if value == {} else f"`{json.dumps(value)}`"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(path.read_text().split(BEGIN)[0] + tables())
