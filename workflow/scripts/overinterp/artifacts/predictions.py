"""What a classifier predicted, image by image and view by view, on disk: one ``.npz`` a classifier."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from overinterp.artifacts.files import reading_npz, replacing


@dataclass(frozen=True)
class Predictions:
    """Predictions of one view of the images of one split.

    Attributes:
        view: Plain values: split, test_mask, test_paint, test_fraction, test_threshold, masks_model, masks_search.
        numbers: (n,) images.
        predicted: (n,) classes.
    """

    view: dict
    numbers: np.ndarray
    predicted: np.ndarray


def save_predictions(path: str | Path, predictions: list[Predictions]) -> None:
    """Write the predictions of one classifier."""
    arrays = {f"numbers_{place}": one.numbers.astype(np.int32) for place, one in enumerate(predictions)}
    arrays |= {f"predicted_{place}": one.predicted.astype(np.int32) for place, one in enumerate(predictions)}
    with replacing(path) as temporary:
        np.savez_compressed(temporary, views=np.array(json.dumps([one.view for one in predictions])), **arrays)


def load_predictions(path: str | Path, **view) -> list[Predictions]:
    """The predictions of one classifier of views of which these values hold.

    Raises:
        ValueError: The file is damaged.
    """
    with reading_npz(path, "predictions") as file:
        views = json.loads(str(file["views"]))
        return [
            Predictions(found, file[f"numbers_{place}"].astype(np.int64), file[f"predicted_{place}"].astype(np.int64))
            for place, found in enumerate(views)
            if all(found[key] == value for key, value in view.items())
        ]
