"""Pages of a real Chromium, cut off from every other host, that tolerate nothing.

A page of a context of its own begins with an empty cache: it fetches and compiles all of
Streamlit's scripts anew, which takes longer than most tests. So pages share one context, and what
a page may leave in it, except for that cache, is cleared after each test.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

CUT_OFF = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
"""No name and no other address leads anywhere."""
LEFT = "cookies,file_systems,indexeddb,local_storage,service_workers,cache_storage"
"""What one test must not leave to the next."""


def is_local(url: str) -> bool:
    """Whether a request stays on this machine."""
    parts = urlsplit(url)
    return parts.scheme in {"blob", "data", "about", "file"} or parts.hostname == "127.0.0.1"


class Visits:
    """The pages of one test.

    Args:
        profile: the context that pages share.
        browser: gives the browser in which a page has a context of its own.

    Attributes:
        complaints: page errors, errors in the console and requests to other hosts.
    """

    def __init__(self, profile: BrowserContext, browser: Callable[[], Browser]) -> None:
        self.complaints: list[str] = []
        self._profile, self._browser = profile, browser
        self._own: list[BrowserContext] = []
        self._origins: set[str] = set()
        profile.on("request", self._requested)

    def open(
        self,
        url: str,
        *,
        width: int = 1400,
        height: int = 900,
        dark: bool = False,
        touch: bool = False,
        apart: bool = False,
    ) -> Page:
        """Open an address.

        Args:
            url: the address.
            width: of the window, in CSS pixels.
            height: of the window, in CSS pixels.
            dark: whether the visitor prefers dark colours.
            touch: whether the screen is touched.
            apart: whether the page has cookies, rights and a network of its own.
        """
        size, scheme = {"width": width, "height": height}, "dark" if dark else "light"
        if apart or touch:
            context = self._browser().new_context(
                viewport=size, color_scheme=scheme, has_touch=touch
            )
            context.on("request", self._requested)
            self._own.append(context)
            page = context.new_page()
        else:
            page = self._profile.new_page()
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        page.on("console", self._hear)
        page.on("websocket", lambda made: self._look(made.url))
        page.goto(url)
        return page

    def end(self) -> None:
        """Close the pages, those that pages opened too, and clear what they left."""
        self._profile.remove_listener("request", self._requested)
        for context in self._own:
            context.close()
        first, *others = self._profile.pages  # a browser without a page would end
        for page in others:
            page.close()
        session = self._profile.new_cdp_session(first)
        for origin in self._origins:
            session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": LEFT})
        session.detach()
        self._profile.clear_cookies()

    def _requested(self, request: Request) -> None:
        self._look(request.url)

    def _look(self, url: str) -> None:
        if not is_local(url):
            self.complaints.append(f"request to {url}")
        elif url.startswith("http"):
            parts = urlsplit(url)
            self._origins.add(f"{parts.scheme}://{parts.netloc}")

    def _hear(self, said: ConsoleMessage) -> None:
        # On a deep link the client looks for the server below the page's path first.
        looked = said.location["url"].endswith(("_stcore/health", "_stcore/host-config"))
        if said.type == "error" and not (looked and "404" in said.text):
            self.complaints.append(f"console: {said.text} ({said.location['url']})")
