"""What the measurements in docs/METHODS.md rest on."""

import sys

import numpy as np
import pytest
import torch

from overinterp.search.engine import Search
from overinterp.search.scoring import candidate_scores, gradient_scores
from overinterp.search.stages import preset
from tests.unit.toys import random_network


@pytest.fixture(autouse=True)
def benchmarks(monkeypatch, pytestconfig):
    monkeypatch.setattr(sys, "path", [str(pytestconfig.rootpath / "tests" / "benchmarks"), *sys.path])


@pytest.mark.parametrize("scale", [1, 200])
def test_the_tie_study_searches_exactly_as_the_engine(monkeypatch, scale):
    import ties

    monkeypatch.setattr(ties, "PROBE", 4)
    network, x = random_network(3, scale=scale), torch.rand(5, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    target, blank = network(x).argmax(1), torch.full((1, 1, 1, 1), 0.2)
    engine = Search(network, x, target, blank, preset("exact", 16), "probability", 32).run()
    study = ties.exact_by_probability(network, x.flatten(2), target, blank.reshape(1, 1, 1), 32)
    assert (engine["order"] == study["order"]).all()
    assert engine["ties"].tolist() == study["ties"].tolist()
    assert (engine["ties"].sum() > 0) == (scale > 1)
    np.testing.assert_array_equal(engine["log_odds"][:, 1:], study["log_odds"][:, 1:])


def test_the_plain_recipe_computes_what_the_engine_does():
    import plain

    network = random_network(5)
    rng = np.random.default_rng(0)
    images, gone = rng.random((3, 1, 16), dtype=np.float32), rng.random((3, 16)) < 0.4
    blank, targets = np.full((1, 1, 1), 0.3, np.float32), np.array([0, 1, 2])
    x, mask, target = (torch.from_numpy(a) for a in (images, gone, targets))
    fill, counts = torch.from_numpy(blank), torch.from_numpy((~gone).sum(1))
    odds, slopes, _ = gradient_scores(network, x, mask, ~mask, target, fill, (4, 4), 4)
    ours = slopes * (odds.sigmoid() * (1 - odds.sigmoid()))[:, None]  # the probability's slope from the log-odds'
    np.testing.assert_allclose(plain.gradient_step(network, images, gone, targets, blank)[~gone], ours[~mask], atol=1e-6)
    total = int(counts.sum())
    scores = candidate_scores(network, x, mask, ~mask, counts, total, target, fill, (4, 4), "probability", 8)[1]
    for i in range(3):
        remaining, confidence = plain.exact_step(network, images[i], gone[i], targets[i], blank[0])
        np.testing.assert_allclose(confidence, scores[i, remaining], atol=1e-6)


def test_the_exact_reference_holds_what_it_says(pytestconfig):
    from overinterp.artifacts.orderings import load_orderings

    path = pytestconfig.rootpath / "tests/benchmarks/reference/exact-resnet20.npz"
    if not path.is_file():
        pytest.skip("no reference: tests/benchmarks/make_reference.py makes it")
    found = load_orderings([path])
    assert len(found) >= 12
    assert found.pixels == 1024
    assert (np.sort(found.order, axis=1) == np.arange(1024)).all()
    assert (found.removed == np.arange(1025)).all()


def test_the_leak_by_length_is_of_the_masks_that_the_audits_are_of(pytestconfig):
    """Own classes alone, rings of the search that made the masks, and the brought teacher, whose epochs no table knows, apart."""
    import leak_by_length

    found = leak_by_length.points(pytestconfig.rootpath / "docs/results").set_index(["run", "epochs", "brought", "panel"])
    assert found.groupby("panel").size().to_dict() == {"position": 16, "probe": 16, "ring": 6}
    whole = found.loc["cifar10_lengths"]
    assert whole.value[60, False, "position"] == pytest.approx(0.697, abs=5e-4)
    assert whole.value[60, False, "ring"] == pytest.approx(0.257, abs=5e-4)  # `refined` leaves 0.037 there
    assert whole.value[200, True, "probe"] == pytest.approx(0.257, abs=5e-4)
    assert found.loc["cifar10_audit"].value[200, True, "position"] == pytest.approx(0.579, abs=5e-4)
