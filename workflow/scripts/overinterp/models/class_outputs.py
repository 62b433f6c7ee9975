"""Which output is which class: by a map, by names, by WordNet's ids, or in the order in which they come."""

from __future__ import annotations

import csv
import difflib
import io
import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from overinterp.models.sources.taken import imagenet_ids

MOST_ENTRIES = 12  # of a class map or an order that is printed
SHOWN = 5


def outputs_of(class_names: list[str], info: dict, path: str | None) -> tuple[list[int], list[str]]:
    """The output of each class of the study.

    They are found by a map, else by equal names, else by ImageNet's WordNet ids at the beginning of a class's name, or by what
    follows the id, where the outputs have names and no ids; else, where there are as many outputs as classes and they have no
    names, taken to be in the same order, which is noted.

    Args:
        class_names: Of the study.
        info: The classifier's ``model.json``.
        path: A map, JSON ``{class: output}`` or CSV with two columns and a head, separated by commas, semicolons or tabs;
            outputs by number or by name.

    Returns:
        Outputs (C,), and notes.

    Raises:
        ValueError: A class has no output, or two have the same.
    """
    names, ids = info["class_names"], info["class_ids"]
    by_name = {}
    for spelt in (_plain, str):  # as they are they count for more: C and C++ are two
        times = Counter(map(spelt, names or []))  # such as ImageNet's two cranes
        by_name |= {spelt(name): number for number, name in enumerate(names or []) if times[spelt(name)] == 1}
    notes = []
    if ids is None and names is None and _all_synsets(class_names):
        ids = imagenet_ids(info["classes"])
        notes = ["outputs without names: taken to be ImageNet's 1,000 in their usual order"] if ids else []
    by_id = {identity: number for number, identity in enumerate(ids or [])}
    if path:
        return _mapped(class_names, _read_map(path), by_name, info["classes"], path), []
    found = [_named(name, by_name) for name in class_names]
    if None in found:
        synsets = [re.match(r"(n\d{8})[ _-]*", name) for name in class_names]
        for place, synset in enumerate(synsets):
            if synset and ids:
                found[place] = by_id.get(synset[1])
            elif synset and found[place] is None:
                found[place] = _named(class_names[place][synset.end() :], by_name)
    if None not in found:
        return _once(found, class_names), notes
    if len(class_names) == info["classes"] and _nameless(names) and all(place is None for place in found):
        order = ", ".join(class_names[:MOST_ENTRIES]) + (" ..." if len(class_names) > MOST_ENTRIES else "")
        note = f"outputs without names: taken to be in the same order, {order}"
        return list(range(len(class_names))), [note]
    if len(class_names) > info["classes"]:
        raise ValueError(
            f"classifier: found {info['classes']} outputs, expected at least {len(class_names)}, one for each class of the study"
        )
    lost = [name for name, place in zip(class_names, found, strict=True) if place is None]
    named = ", ".join(lost[:SHOWN])
    there = ", ".join(map(str, (names or ["without names"])[:SHOWN]))
    raise ValueError(
        f"class map: found no output for {len(lost)} of {len(class_names)} classes ({named}) among {info['classes']} "
        f'outputs ({there} ...), expected class_map: a JSON file {{"{lost[0]}": <output\'s number or name>, ...}}'
    )


def _nameless(names: list[str] | None) -> bool:
    """Whether outputs have no names but numbers: 0, 1, 2, or LABEL_0, LABEL_1."""
    return all(re.fullmatch(r"(label|class|output)?[\W_]*\d+", name.casefold()) for name in names or [])


def identities(class_names: list[str], info: dict) -> list[str]:
    """What each output of a classifier is, to compare it with another's: its WordNet id, its name, or its number.

    Args:
        class_names: Of the study.
        info: The classifier's ``model.json``.
    """
    ids = info["class_ids"]
    if ids is None and info["class_names"] is None and _all_synsets(class_names):
        ids = imagenet_ids(info["classes"])
    return ids or info["class_names"] or [f"output {number}" for number in range(info["classes"])]


def _all_synsets(class_names: list[str]) -> bool:
    return all(re.match(r"n\d{8}", name) for name in class_names)


def _read_map(path: str | Path) -> dict:
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
        if Path(path).suffix.lower() == ".json":
            pairs = json.loads(text, object_pairs_hook=list)
        else:
            separator = max(",;\t", key=text.partition("\n")[0].count)
            rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
            pairs = [(row[0].strip(), row[1].strip()) for row in list(rows)[1:] if row]
        found = dict(pairs)
    except (ValueError, IndexError, TypeError) as error:
        raise ValueError(f"{path}: expected a class map, JSON or CSV with two columns, found otherwise ({error})") from error
    for name, times in Counter(name for name, _ in pairs).items():
        if times > 1:
            raise ValueError(f"{path}: found {times} entries for class {name!r}, expected one")
    return found


def _mapped(class_names, given: dict, by_name: dict, classes: int, path) -> list[int]:
    found = []
    for name in class_names:
        if name not in given:
            raise ValueError(f"{path}: found no entry for class {name!r}, expected one for each of {len(class_names)} classes")
        value = given[name]
        number = int(value) if re.fullmatch("-?[0-9]+", str(value)) else _named(str(value), by_name)
        if number is None or not 0 <= number < classes:
            near = difflib.get_close_matches(_plain(str(value)), by_name, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise ValueError(
                f"{path}: found output {value!r} for class {name!r}, {hint}expected a number below {classes} or an output's name"
            )
        found.append(number)
    return _once(found, class_names)


def _once(found: list[int], class_names: list[str]) -> list[int]:
    for place, number in enumerate(found):
        if number in found[:place]:
            raise ValueError(
                f"class map: found output {number} for both {class_names[found.index(number)]!r} and {class_names[place]!r}, "
                "expected one each"
            )
    return found


def _named(name: str, by_name: dict) -> int | None:
    return by_name.get(name, by_name.get(_plain(name)))


def _plain(name: str) -> str:
    """Without case, punctuation and signs; a name of signs alone as it is."""
    return re.sub(r"[\W_]+", " ", name.casefold()).strip() or name


def permutation(outputs: list[int], classes: int) -> list[int]:
    """All K outputs, those of the study's classes first, in its order, then the rest in theirs."""
    mine = set(outputs)
    return [*outputs, *(number for number in range(classes) if number not in mine)]


def written(class_names: Sequence[str], outputs: Sequence[int]) -> str:
    """A class map as its owner would write it, the first entries of a long one."""
    entries = [f"{json.dumps(name)}: {output}" for name, output in zip(class_names, outputs, strict=True)]
    return f"class_map, a JSON file {{{', '.join(entries[:MOST_ENTRIES])}{', ...' if len(entries) > MOST_ENTRIES else ''}}}"
