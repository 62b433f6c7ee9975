"""One sentence for what is wrong with a config: the key, what was found, what is allowed."""

from __future__ import annotations

import difflib


class ConfigError(ValueError):
    """The configuration cannot be run; the message names the key, what was found and what is allowed."""


def listing(names) -> str:
    """Names in a row, the first dozen of many."""
    names = list(names)
    return ", ".join(map(str, names[:12])) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def of_schema(config, error) -> str:
    """One sentence for an error of a schema's validator.

    Args:
        config: What was validated; entries of lists are called by their ``name`` where they have one.
        error: A ``jsonschema.ValidationError``.
    """
    key, value = "", config
    for part in error.absolute_path:
        value = value[part]
        named = isinstance(value, dict) and isinstance(value.get("name"), str)
        step = f".{value['name']}" if isinstance(part, int) and named else f"[{part}]" if isinstance(part, int) else f".{part}"
        key += step
    key = key.removeprefix(".")
    rule, found = error.validator_value, error.instance
    if error.validator == "additionalProperties":
        allowed = list(error.schema["properties"])
        unknown = next(name for name in found if name not in allowed)
        return (
            f"config key {f'{key}.' if key else ''}{unknown}: unknown; {near(unknown, allowed)}allowed here: {listing(allowed)}"
        )
    if error.validator == "required":
        missing = next(name for name in rule if name not in found)
        described = error.schema["properties"][missing]["description"]  # every key that is required has one
        return f"config key {f'{key}.' if key else ''}{missing}: missing, expected `{described}`"
    if {"maximum", "exclusiveMaximum"} & set(error.schema):  # what has one has the other end, too
        expected = _kind(error.schema)
    elif error.validator == "anyOf":
        expected = " or ".join(_alternative(option) for option in rule)
    else:
        expected = {
            "type": lambda: f"{_named(rule)}{_meaning(error.schema)}",
            "enum": lambda: f"one of {listing(rule)}",
            "pattern": lambda: f"text of the form {rule}",
            "minimum": lambda: f"at least {rule}",
            "exclusiveMinimum": lambda: f"more than {rule}",
            "minLength": lambda: f"a name{_meaning(error.schema)}",
            "minItems": lambda: f"at least {rule} entries",
            "minProperties": lambda: f"at least {rule} names",
            "maxItems": lambda: f"at most {rule} entries",
            "uniqueItems": lambda: "every entry once",
        }[error.validator]()
    hint = near(found, rule) if error.validator == "enum" else ""
    return f"config key {key}: found {found!r}, {hint}expected {expected}"


def near(name, allowed) -> str:
    """A question, and a space, where one of the names allowed is nearly this one; else nothing."""
    found = difflib.get_close_matches(str(name), list(map(str, allowed)), n=1)
    return f"did you mean {found[0]!r}? " if found else ""


def _alternative(option: dict) -> str:
    return repr(option["const"]) if "const" in option else _kind(option)


def _named(kind: str) -> str:
    return f"{'an' if kind[0] in 'aio' else 'a'} {kind}"


def _kind(schema: dict) -> str:
    low = f"[{schema['minimum']}" if "minimum" in schema else f"({schema.get('exclusiveMinimum')}"
    high = f"{schema['maximum']}]" if "maximum" in schema else f"{schema.get('exclusiveMaximum')})"
    if "None" in low and "None" in high:
        if "items" in schema:
            count = f"{schema['minItems']} " if "minItems" in schema and schema["minItems"] == schema.get("maxItems") else ""
            return f"a list of {count}{_kind(schema['items'])}"
        return _named(schema.get("type", "value"))
    if "None" in high:
        return f"{schema['type']} of at least {schema['minimum']}"
    return f"a {schema['type']} in {low}, {high}"


def _meaning(schema: dict) -> str:
    """The first sentence of a key's description, such as what a file named by a string holds."""
    return f": {schema['description'].split('. ')[0].removesuffix('.')}" if "description" in schema else ""
