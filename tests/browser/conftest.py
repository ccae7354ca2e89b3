"""A real browser for the tests: Chromium, watched so that a page that leaves this host or complains fails."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from threading import Thread
from urllib.parse import urlsplit

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

from api.app import create_app
from geo.people.links import invite
from geo.settings import Settings
from geo.store.engine import Store

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LOCAL = {"127.0.0.1", "localhost", "[::1]", "::1"}


@dataclass
class Watch:
    """What a page did that it should not: ask other hosts (aborted), write console errors; what failed."""

    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def attach(self, context: BrowserContext) -> None:
        context.route("**/*", self._route)
        context.on("page", self._listen)

    def _route(self, route: Route) -> None:
        address = urlsplit(route.request.url)
        if address.scheme in {"data", "blob", "about"} or address.hostname in LOCAL:
            route.continue_()
        else:
            self.foreign.append(route.request.url)
            route.abort()

    def _listen(self, page: Page) -> None:
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("requestfailed", lambda request: self.failed.append(request.url))

    def check(self) -> None:
        assert (self.foreign, self.errors) == ([], [])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium in PATH: apt-get install chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield found
        found.close()


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def context(browser: Browser, watch: Watch) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    watch.attach(opened)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext, watch: Watch) -> Iterator[Page]:
    """A page that fails its test when it asked another host for anything or wrote a console error."""
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    yield opened
    watch.check()


@pytest.fixture
def second(browser: Browser, watch: Watch) -> Iterator[Page]:
    """The browser of a second person; what it does wrong fails the test of the first."""
    opened = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    watch.attach(opened)
    page = opened.new_page()
    page.set_default_timeout(20_000)
    yield page
    opened.close()


def heard(page: Page, *routes: Route) -> None:
    """What was held back has come, and the page has drawn what it makes of it.

    The load state ``networkidle`` is reached once for a document and says nothing of what is asked for later.
    """
    for route in routes:
        answer = route.request.response()
        assert answer is not None
        answer.finished()
    page.evaluate(
        "() => new Promise((done) => setTimeout(() => requestAnimationFrame(() => setTimeout(done, 100))))"
    )


@pytest.fixture
def patience() -> Iterator[None]:
    """What a page reads at once, and what others do, takes its time on a busy machine."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


@dataclass(frozen=True)
class Service:
    """The application on a copy of the demo district, served on this machine."""

    address: str
    store: Store
    app: FastAPI

    def today(self, day: date) -> None:
        """Move the business date."""
        self.app.state.settings = self.app.state.settings.model_copy(update={"today": day})

    def enter(self, page: Page, username: str) -> None:
        """Sign in as a demo person the way people do: one-time link, chooser, card."""
        key = invite(self.store, demo=True, by="os:test")
        page.goto(f"{self.address}/enter?key={key}")
        page.locator(f'.person[data-user="{username}"]:enabled').click()
        page.wait_for_url(lambda url: "/demo" not in url)
        expect(page.locator("body[data-ready=yes]")).to_be_attached()

    def open(self, page: Page, path: str) -> None:
        """Open a page and wait until it has drawn itself."""
        page.goto(f"{self.address}{path}")
        expect(page.locator("body[data-ready=yes]")).to_be_attached()


@pytest.fixture
def service(demo_copy: Store, demo_settings: Settings) -> Iterator[Service]:
    """Serve the test's own copy of the demo district."""
    app = create_app(demo_settings, demo_copy)
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error")
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the service did not start"
        time.sleep(0.02)
    yield Service(f"http://127.0.0.1:{listener.getsockname()[1]}", demo_copy, app)
    server.should_exit = True
    thread.join()
    listener.close()
