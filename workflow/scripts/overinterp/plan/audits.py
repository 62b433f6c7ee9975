"""Audits of leakage: the students that ask what of a teacher's kept pixels tells the class.

An audit is written in the config as one entry; here it becomes conditions, one a control, called ``<audit>_<control>``.
"""

from __future__ import annotations

from overinterp.plan.study import Network, Study, size_of

CONTROLS = {
    "kept": {"view": {"mask": "kept"}},
    "full": {},  # the whole image
    "position": {"view": {"mask": "kept", "paint": "position"}},
    "shuffled": {"view": {"mask": "kept", "paint": "shuffled"}},
    "same_class": {"view": {"mask": "swapped_same_class"}},
    "other_class": {"view": {"mask": "swapped_other_class"}},
    "matched": {"view": {"mask": "matched"}},
    "random": {"view": {"mask": "random"}},
    "misaligned": {"view": {"mask": "kept"}, "masked": "after_augmentation"},
    "redrawn": {"keep_probability": "random"},
}


def expand(study: dict) -> None:
    """Add an audit's conditions to those of a study's settings, which are valid and not yet complete; changed in place.

    Where they are not asked for by name two controls are left out: `misaligned` without augmentation, and at a threshold
    `random`, for subsets differ in size, and `matched` deals their sizes out anew.
    """
    training = study["training"]
    moved = training.get("crop_padding") or training.get("flip")
    for audit in study.get("audits", []):
        size = size_of(audit)
        left_out = ([] if moved else ["misaligned"]) + (["random"] if "threshold" in size else [])
        controls = audit.get("controls", [name for name in CONTROLS if name not in left_out])
        for control in controls:
            given = CONTROLS[control]
            condition = {
                **given,
                "name": f"{audit['name']}_{control}",
                "masks_from": audit["masks_from"],
                "audit": {"name": audit["name"], "control": control, **size},
            }
            if "view" in given:
                condition["view"] = given["view"] | size
            condition |= {key: audit[key] for key in ("architectures", "seeds", "epochs") if key in audit}
            study["conditions"] = [*study.get("conditions", []), condition]  # a list that an alias shares stays as it is


def students(study: Study) -> list[Network]:
    """Networks trained for audits."""
    return [network for network in study.networks.values() if "audit" in network.condition]


def teachers(study: Study) -> list[tuple[str, str]]:
    """Whose masks are audited: classifiers and searches."""
    sources = [network.condition["masks_from"] for network in students(study)]
    return list(dict.fromkeys((source["model"], source["search"]) for source in sources))


def described(study: Study) -> list[dict]:
    """Rows that say what each student is and what it is tested on.

    Columns: name (of the audit), control, fraction, threshold (one of them None), model, architecture, teacher, search, target,
    teacher_epochs, test_mask, test_paint, test_fraction, test_threshold (None where they say nothing of it).
    """
    rows = []
    for network in students(study):
        source, view = network.condition["masks_from"], study.own_view(network.name) or network.condition["view"]
        rows.append(
            {
                **{"fraction": None, "threshold": None, **network.condition["audit"]},
                "model": network.name,
                "architecture": network.architecture,
                "teacher": source["model"],
                "search": source["search"],
                "target": study.searches[source["search"]]["target"],
                "teacher_epochs": epochs(study, source["model"]),
                "test_mask": view["mask"],
                "test_paint": view["paint"],
                "test_fraction": view.get("fraction", 1.0 if view["mask"] == "all" else None),
                "test_threshold": view.get("threshold"),
            }
        )
    return rows


def epochs(study: Study, model: str) -> int | None:
    """Epochs of a classifier's training; None of one that was not trained here."""
    return study.training(model)["epochs"] if model in study.networks else None
