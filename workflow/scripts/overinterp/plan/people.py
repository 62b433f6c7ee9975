"""A study with people: who draws the subsets, what was frozen, who has answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from overinterp.plan.sentences import listing
from overinterp.plan.study import Study

HUMAN = Path("human")  # frozen studies with people; no rule writes there


def networks(study: Study) -> list[str]:
    """Classifiers that draw the subsets people see."""
    return study.match(study.settings["human"]["networks"], study.models, "human.networks")


def sources(study: Study) -> list[tuple[str, str, str]]:
    """Searches that choose these subsets."""
    return [(model, study.mask_search, "test") for model in networks(study)]


def frozen(study: Study) -> str | None:
    """Folder of the study that people were shown, or None where none is frozen."""
    if "human" not in study.settings:
        return None
    found = sorted(path.name for path in HUMAN.glob(f"{study.name}-*") if path.is_dir())
    name = study.settings["human"].get("frozen", found[0] if found else None)
    if name and name not in found:
        study.fail("human.frozen", name, f"a frozen study in {HUMAN}/, one of {listing(found) or 'none'}")
    if len(found) > 1 and "frozen" not in study.settings["human"]:
        study.fail("human.frozen", None, f"the name of one of the frozen studies {listing(found)}")
    if name and not (HUMAN / name / "trials.json").is_file():
        allowed = "trials.json in it: restore it from a copy, or move the folder away if it is of no use"
        study.fail("human", f"{HUMAN}/{name} without trials.json", allowed)
    for path in sorted(_misplaced(HUMAN / name)) if name else ():
        study.fail("human", str(path), f"people's answers in {HUMAN}/{name}/responses")
    return f"{HUMAN}/{name}" if name else None


def _misplaced(folder: Path) -> Iterator[Path]:
    """Files with people's answers beside the place that is for them, in a frozen study's folder or above it."""
    for path in (*folder.rglob("*"), *HUMAN.glob("*")):
        data = path.suffix.lower() in (".csv", ".json") and path.parent != folder / "responses" and path.is_file()
        if data and b"response_ms" in path.read_bytes()[:10_000]:
            yield path


def frozen_files(study: Study) -> list[str]:
    """What was exported of the study that people were shown; nothing where none is frozen."""
    folder = frozen(study)
    return [f"{folder}/{name}" for name in ("trials.json", "answer_key.csv", "page/index.html")] if folder else []


def responses(study: Study) -> list[str]:
    """Files with people's answers to the frozen study; all that are there, so that none is passed over."""
    folder = frozen(study)
    if not folder:
        return []
    return sorted(str(path) for path in Path(folder, "responses").glob("*") if not path.name.startswith("."))
