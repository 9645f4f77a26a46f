"""The built book, as a reader's own Chromium shows it."""

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator

import build
import notebooks
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, sync_playwright

BOOK = notebooks.ROOT / "book"
HTML = BOOK / "_build" / "html"
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
# A quiet browser: nothing but the pages under test, and no calls home.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = build.contents(BOOK)
CHAPTERS = [entry for entry in PAGES if entry.startswith("chapters/")]

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium or Chrome on the PATH"),
    pytest.mark.skipif(
        not (HTML / "index.html").exists(), reason="the book is not built: run `make book`"
    ),
]


class Silent(http.server.SimpleHTTPRequestHandler):
    """Serves files and keeps quiet about it."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    handler = functools.partial(Silent, directory=str(HTML))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """Give an empty page of 1300 x 900 that reaches nothing but the site."""
    opened = browser.new_page(viewport={"width": 1300, "height": 900})

    def keep_local(route: Route) -> None:
        local = route.request.url.startswith((site, "data:", "blob:"))
        route.continue_() if local else route.abort()

    opened.route("**/*", keep_local)
    yield opened
    opened.close()


def visit(page: Page, address: str) -> None:
    page.goto(address, wait_until="load")


@pytest.mark.parametrize("entry", PAGES)
def test_a_page_opens_with_its_title_and_without_errors(page: Page, site: str, entry: str) -> None:
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # What is fetched from elsewhere (MathJax) is blocked here, as it is without a network.
        if message.type == "error" and message.location.get("url", "").startswith(site):
            errors.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    visit(page, f"{site}{entry}.html")
    page.wait_for_timeout(300)
    assert errors == []
    assert page.locator("main h1").first.inner_text().strip("# \n")


@pytest.mark.parametrize("entry", CHAPTERS)
def test_every_figure_is_there_and_fits_its_column(page: Page, site: str, entry: str) -> None:
    visit(page, f"{site}{entry}.html")
    figures = page.locator("div.cell_output img")
    assert figures.count() > 0
    column = page.locator("article.bd-article").bounding_box()
    assert column
    for figure in figures.all():
        figure.scroll_into_view_if_needed()
        assert figure.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
        box = figure.bounding_box()
        assert box
        assert box["width"] >= 100
        assert column["x"] <= box["x"]
        assert box["x"] + box["width"] <= column["x"] + column["width"] + 1


@pytest.mark.parametrize("width", [1300, 390], ids=["laptop", "telephone"])
@pytest.mark.parametrize("entry", PAGES)
def test_no_page_scrolls_sideways(page: Page, site: str, entry: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    visit(page, f"{site}{entry}.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("entry", CHAPTERS)
def test_every_hint_opens_on_a_click(page: Page, site: str, entry: str) -> None:
    visit(page, f"{site}{entry}.html")
    hints = page.locator("article details")
    assert hints.count() > 0
    for hint in hints.all():
        content = hint.locator(":scope > :not(summary)").first
        assert not content.is_visible()
        hint.locator("summary").first.click()
        assert content.is_visible()


@pytest.mark.parametrize("entry", CHAPTERS)
def test_a_chapter_can_be_opened_on_colab_as_the_students_notebook(
    page: Page, site: str, entry: str
) -> None:
    visit(page, f"{site}{entry}.html")
    links = page.locator("a[href*='colab.research.google.com']")
    repository, branch = notebooks.REPOSITORY, notebooks.BRANCH
    wanted = f"/github/{repository}/blob/{branch}/{entry}.ipynb"
    assert (links.first.get_attribute("href") or "").endswith(wanted)
