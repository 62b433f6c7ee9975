"""Claims judged from tables: verdicts by hand, and the page that says them."""

import pandas as pd
import pytest

from overinterp import claims
from overinterp.claims import FAILS, HOLDS, OPEN, beyond


def test_a_verdict_by_hand():
    assert beyond(0.3, 0.5, 0.25, 100) == HOLDS
    assert beyond(0.1, 0.2, 0.25, 100) == FAILS
    assert beyond(0.2, 0.3, 0.25, 100) == OPEN
    assert beyond(0.3, 0.5, 0.25, claims.FEWEST - 1) == OPEN
    assert beyond(10, 40, 51.2, 100, above=False) == HOLDS and beyond(60, 80, 51.2, 100, above=False) == FAILS
    assert beyond(float("nan"), float("nan"), 0, 100) == OPEN


def sizes(**changed):
    row = {
        "search": "refined",
        "split": "test",
        "threshold": 0.99,
        "group": "net",
        "mean": 20.0,
        "low": 15.0,
        "high": 25.0,
        "images": 50,
    }
    return pd.DataFrame([row | changed])


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [({}, HOLDS), ({"high": 60.0}, OPEN), ({"low": 60.0, "high": 90.0}, FAILS), ({"images": 3}, OPEN)],
)
def test_small_subsets(changed, verdict):
    assert [row[2] for row in claims.sizes("net")(sizes(**changed))] == [verdict]


def test_small_subsets_are_those_of_one_search_split_and_threshold():
    for other in ({"search": "gradient"}, {"split": "corrupted"}, {"threshold": 0.9}, {"group": "another"}):
        assert list(claims.sizes("net")(sizes(**other))) == []


def test_kept_and_random_pixels_are_held_against_full_images_and_chance():
    def accuracy(kept, random):
        shown = [("all", "values", 0.9), ("kept", "values", kept), ("kept", "position", 0.9), ("random", "values", random)]
        rows = [{"test_mask": m, "test_paint": p, "accuracy": a} for m, p, a in shown]
        return pd.DataFrame(rows).assign(model="net", split="test", corruptions=float("nan"), classes=10, images=1000)

    def verdict(table, *view):
        return [row[2] for row in claims.shown(*view, "net")(table)]

    own, chance = ("kept", "values", -0.05, True), ("random", "values", 0.05, False)
    assert verdict(accuracy(0.89, 0.1), *own) == [HOLDS] and verdict(accuracy(0.5, 0.1), *own) == [FAILS]
    assert verdict(accuracy(0.5, 0.11), *chance) == [HOLDS] and verdict(accuracy(0.5, 0.4), *chance) == [FAILS]
    corrupted = accuracy(0.89, 0.1).assign(corruptions=3)
    with pytest.raises(IndexError):
        verdict(corrupted, *own)


def one_claim(tmp_path, monkeypatch, table):
    (tmp_path / "run").mkdir(exist_ok=True)
    table.to_csv(tmp_path / "run/sis_size_by_threshold.csv", index=False)
    monkeypatch.setattr(claims, "RESULTS", tmp_path)
    monkeypatch.setattr(claims, "PAGE", tmp_path / "CLAIMS.md")
    evidence = (("run", "sis_size_by_threshold", claims.sizes("net")),)
    monkeypatch.setattr(claims, "CLAIMS", (claims.Claim("small", "24", evidence), claims.Claim("unseen", "claimed", ())))
    monkeypatch.setattr("sys.argv", ["claims"])


def test_the_check_fails_when_a_table_says_something_else(tmp_path, monkeypatch, capsys):
    one_claim(tmp_path, monkeypatch, sizes())
    assert claims.main() == 1  # no page yet
    monkeypatch.setattr("sys.argv", ["claims", "--write"])
    assert claims.main() == 0
    page = (tmp_path / "CLAIMS.md").read_text()
    assert f"| small | 24 | net | 20.0 (15.0 to 25.0) pixels on average, 50 images | {HOLDS} |" in page
    assert f"| unseen | claimed |  | no people have been asked with this repository | {OPEN} |" in page
    one_claim(tmp_path, monkeypatch, sizes())
    assert claims.main() == 0
    one_claim(tmp_path, monkeypatch, sizes(low=60.0, high=90.0, mean=70.0))
    capsys.readouterr()
    assert claims.main() == 1
    said = capsys.readouterr().out
    assert f"- | small | 24 | net | 20.0 (15.0 to 25.0) pixels on average, 50 images | {HOLDS}" in said and f"| {FAILS} |" in said


def test_a_missing_table_or_row_is_one_sentence(tmp_path, monkeypatch, capsys):
    one_claim(tmp_path, monkeypatch, sizes(group="another"))
    assert claims.main() == 1
    assert "sis_size_by_threshold.csv: found nothing on the claim 'small'" in capsys.readouterr().out
    (tmp_path / "run/sis_size_by_threshold.csv").unlink()
    assert claims.main() == 1
    assert "found no such table, expected what the claim 'small' is judged from" in capsys.readouterr().out
