"""A browser-like session over plain HTTP: cookies, redirects, and forms filled as the page shows them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import requests
from lxml import html

TIMEOUT = 60  # seconds
MOVED = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Page:
    """A page as received. `left_for` is set where the server sent the browser to another host."""

    url: str
    status: int
    text: str
    left_for: str | None = None

    @property
    def document(self) -> html.HtmlElement:
        return html.fromstring(self.text)

    @property
    def words(self) -> str:
        """The page's text with white space collapsed."""
        return " ".join(self.document.text_content().split())

    def form_with(self, name: str) -> html.FormElement:
        """The form that has a control of this name. Raises LookupError if there is none."""
        for form in self.document.forms:
            if form.xpath(".//*[@name=$name]", name=name):
                return form
        raise LookupError(
            f"no form with a control named {name!r} on {urlsplit(self.url).path}: {self.words[:300]}"
        )

    def link(self, matches: Callable[[str], bool]) -> str:
        """The address of the first link whose address matches. Raises LookupError if there is none."""
        for anchor in self.document.xpath("//a[@href]"):
            if matches(anchor.get("href")):
                return urljoin(self.url, anchor.get("href"))
        raise LookupError(f"no such link on {urlsplit(self.url).path}: {self.words[:300]}")


class BrowserSession:
    """One person's browser on one server. It stops at the door of any other host."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._session = requests.Session()
        self._session.headers.update({"Accept": "text/html", "Accept-Language": "en"})

    def open(self, url: str) -> Page:
        return self._follow("GET", urljoin(self._base_url, url), None, None)

    def submit(
        self,
        page: Page,
        form: html.FormElement,
        button: tuple[str, str] | None = None,
        fill: Mapping[str, str] | None = None,
        untick: Collection[tuple[str, str]] = (),
    ) -> Page:
        """Send `form` as shown, with `fill` typed in, the (name, value) pairs of `untick` unticked, by `button`."""
        sent = [pair for pair in form.form_values() if pair not in untick and pair[0] not in (fill or {})]
        sent += list((fill or {}).items())
        if button is not None:
            sent.append(button)
        target = urljoin(page.url, form.get("action") or page.url)
        return self._follow((form.get("method") or "GET").upper(), target, sent, page.url)

    def log_in(self, page: Page, email: str, password: str) -> Page:
        """Fill the sign-in form of `page`."""
        return self.submit(page, page.form_with("login"), fill={"login": email, "password": password})

    def _follow(
        self, method: str, url: str, sent: list[tuple[str, str]] | None, referrer: str | None
    ) -> Page:
        headers = {"Referer": referrer, "Origin": self._base_url} if referrer and method == "POST" else {}
        for _hop in range(10):
            answer = self._session.request(
                method,
                url,
                data=sent if method == "POST" else None,
                params=sent if method == "GET" else None,
                headers=headers,
                allow_redirects=False,
                timeout=TIMEOUT,
            )
            if answer.status_code not in MOVED:
                return Page(answer.url, answer.status_code, answer.text or "<html></html>")
            url, method, sent, headers = urljoin(answer.url, answer.headers["Location"]), "GET", None, {}
            if not url.startswith(f"{self._base_url}/"):
                return Page(answer.url, answer.status_code, "<html></html>", left_for=url)
        raise LookupError(f"more than ten redirects from {referrer or self._base_url}")
