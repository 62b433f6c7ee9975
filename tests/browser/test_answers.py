"""The page of answers in a real browser, on a desktop and on a phone: nothing is cut off, and nothing is fetched."""

import pytest

from tests.unit.test_answers import rendered  # noqa: F401


@pytest.mark.parametrize("size", [(1400, 900), (390, 844)], ids=["desktop", "phone"])
def test_all_of_it_can_be_seen(visit, rendered, tmp_path, size):  # noqa: F811
    width, height = size
    (tmp_path / "answers.html").write_text(rendered)
    page = visit(tmp_path / "answers.html", width, height)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    last = page.locator(".index li").last.bounding_box()
    assert last["y"] + last["height"] <= height  # both answers stand on the first screen
    figure = page.locator("figure img").bounding_box()
    assert figure["x"] >= 0 and figure["x"] + figure["width"] <= width
    assert figure["height"] == pytest.approx(figure["width"] * 3000 / 400, rel=0.01)
    page.evaluate("window.scrollTo(0, 0)")
    page.mouse.move(width / 2, height / 2)
    page.mouse.wheel(0, figure["y"] + figure["height"])
    page.wait_for_timeout(500)
    assert page.evaluate("scrollY") > height  # a figure taller than the window is scrolled through
    assert not page.locator("table").first.is_visible()
    page.locator("section summary").first.click()
    assert page.locator("table").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")  # a wide table scrolls in its own box
    page.evaluate("window.scrollTo(0, 0)")
    page.locator(".index a").last.click()
    assert 0 <= page.locator("section").last.bounding_box()["y"] < height
