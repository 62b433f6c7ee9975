"""Answers of people on disk: the CSV and JSON files that the page saves, one person a file."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pandas as pd

COLUMNS = ("study_id", "participant", "trial", "choice", "response_ms", "views", "answered_at", "picture_px")
SINCE = COLUMNS[-1:]  # that files of older pages lack


def read_responses(paths: list[str | Path]) -> tuple[pd.DataFrame, list[str]]:
    """Read the files of a study, unchecked.

    Args:
        paths: Files that end in .csv or .json; what does not is a problem.

    Returns:
        One row an answer, every value as text, empty where an older page did not say: `COLUMNS`, and its file and row (1 first);
        and what could not be read, one sentence a file.
    """
    rows, problems = [], []
    for path in map(Path, paths):
        try:
            found = _reader(path)(path)
        except ValueError as error:
            problems.append(f"{path.name}: {error}")
            continue
        if not found:
            problems.append(f"{path.name}: found no answer")
        rows += [{**row, "file": path.name, "row": number} for number, row in enumerate(found, 1)]
    return pd.DataFrame(rows, columns=[*COLUMNS, "file", "row"]), problems


def _reader(path: Path):
    readers = {".csv": _read_csv, ".json": _read_json}
    if path.is_dir() or path.suffix.lower() not in readers:
        raise ValueError("expected a file that ends in .csv or .json")
    return readers[path.suffix.lower()]


def _read_csv(path: Path) -> list[dict]:
    with open(path, newline="", encoding="utf-8-sig") as file:
        try:
            reader = csv.DictReader(file)
            if ";" in ",".join(reader.fieldnames or ()):
                raise ValueError("found columns with ';' between them, as some Excels save, expected ','")
            missing = [name for name in COLUMNS if name not in (*(reader.fieldnames or []), *SINCE)]
            if missing:
                raise ValueError(f"found columns {', '.join(reader.fieldnames or ['none'])}, expected {missing[0]} among them")
            return [{name: str(row.get(name) or "").strip() for name in COLUMNS} for row in reader]
        except (UnicodeDecodeError, csv.Error) as error:
            raise ValueError(f"expected CSV in UTF-8, found damage ({error})") from error


def _read_json(path: Path) -> list[dict]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        shared = {name: content[name] for name in ("study_id", "participant")}
        if not all(isinstance(value, str) for value in shared.values()):
            raise ValueError(f"found study_id and participant {list(shared.values())}, expected texts")
        rows = [{**dict.fromkeys(SINCE, ""), **row} for row in content["responses"]]
        return [{**shared, **{name: str(row[name]).strip() for name in COLUMNS[2:]}} for row in rows]
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"expected JSON in UTF-8, found damage ({error})") from error
    except KeyError as error:
        raise ValueError(f"expected what the page saves, found no {error}") from error
    except (TypeError, AttributeError) as error:
        raise ValueError("expected what the page saves, found another kind of JSON") from error
