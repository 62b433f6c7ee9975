"""Classifiers that were brought along: what taking one in and mapping its outputs read."""

from __future__ import annotations

from pathlib import Path

from overinterp.code_version import with_imports
from overinterp.plan.names import of_file
from overinterp.plan.presence import there
from overinterp.plan.study import Study


def settings(study: Study, model: str) -> dict:
    """A brought classifier's entry, without what its check looks at."""
    return {key: value for key, value in study.brought[model].items() if key not in ("class_map", "expect")}


READ_FROM_FOLDERS = (".json", ".safetensors", ".bin")  # of a model of transformers


def files(study: Study, model: str) -> list[str]:
    """Files that taking in a classifier reads.

    Raises:
        ConfigError: One is not there.
    """
    entry, key = study.brought[model], f"classifiers.{model}"
    if entry["from"] == "exported":
        return [there(study, f"{key}.model", entry["model"], what=", a program written by torch.export.save")]
    path, found = entry["model"].split(":")[0], []
    if entry["from"] == "huggingface":
        if Path(entry["model"]).is_dir():
            found += sorted(str(file) for file in Path(entry["model"]).iterdir() if file.suffix in READ_FROM_FOLDERS)
        elif "revision" not in entry:
            study.fail(
                f"{key}.model", entry["model"], "an existing folder, or a name of the hub and, as revision, a commit of it"
            )
    if entry["from"] == "python" and path.endswith(".py"):
        there(study, f"{key}.model", path, what=", and a function in it")
        function, bound = entry["model"].partition(":")[2], of_file(path)
        if bound is not None and function not in bound:
            study.fail(f"{key}.model", function, f"a function of {path}", bound)
        found += map(str, with_imports(path))
    if isinstance(entry.get("weights"), dict):
        found.append(there(study, f"{key}.weights.file", entry["weights"]["file"]))
    if "class_names" in entry:
        found.append(there(study, f"{key}.class_names", entry["class_names"]))
    return found


def class_map(study: Study, model: str) -> list[str]:
    """The file that says which output is which class, where there is one.

    Raises:
        ConfigError: It is named and not there.
    """
    path = study.brought[model].get("class_map")
    return [there(study, f"classifiers.{model}.class_map", path)] if path else []
