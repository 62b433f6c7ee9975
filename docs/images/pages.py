"""Pictures of two pages, by Chromium: the first screen of a verdict, and the study page on a desktop and on a phone.

    python docs/images/pages.py verdict docs/results/cifar10_verdict/verdict.html docs/images/verdict.png
    python docs/images/pages.py human results/digits/human/page/index.html docs/images/human_page.png

The verdict is shown as a window of 1120x1198 shows it. The study page is answered (always by the first choice) up to its 33rd
picture, or its last where it has fewer, and shown 1100 and 390 pixels wide.
Needs what tests need: requirements-dev.txt and Chromium.
"""

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

VERDICT, DESKTOP, PHONE = (1120, 1198), (1100, 760), (390, 760)  # width, height
GAP, GREY = 20, (224, 224, 224)
SHOWN, CODE = 33, "K7M3QX"


def opened(browser: Browser, path: Path, size: tuple[int, int]):
    """A page in a window of that size."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto(path.resolve().as_uri())
    return page


def verdict(browser: Browser, path: Path, out: Path) -> None:
    """The first screen."""
    opened(browser, path, VERDICT).screenshot(path=out)


def human(browser: Browser, path: Path, out: Path) -> None:
    """One picture of the study in both sizes, side by side on grey."""
    page = opened(browser, path, DESKTOP)
    page.check("#agree")
    page.fill("#code", CODE)
    page.click("#start button")
    page.click("#first")
    before = min(page.evaluate("practice") + SHOWN, page.evaluate("study.trials.length")) - 1
    for number in range(before + 1):
        if page.is_visible("#part"):
            page.click("#part button")
        page.wait_for_function("() => shownAt !== null && performance.now() - shownAt > SOONEST")
        if number < before:
            page.locator("#choices button").first.click()
    page.mouse.move(0, 0)  # a button under it is darker
    whole = Image.new("RGB", (3 * GAP + DESKTOP[0] + PHONE[0], 2 * GAP + DESKTOP[1]), GREY)
    for (width, height), left in ((DESKTOP, GAP), (PHONE, 2 * GAP + DESKTOP[0])):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(500)  # the picture takes its new size
        whole.paste(Image.open(io.BytesIO(page.screenshot())), (left, GAP))
    whole.save(out, optimize=True)


if __name__ == "__main__":
    with sync_playwright() as tools:
        chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        browser = tools.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        {"verdict": verdict, "human": human}[sys.argv[1]](browser, Path(sys.argv[2]), Path(sys.argv[3]))
        browser.close()
