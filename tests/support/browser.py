"""A browser without a screen: follows redirects, fills forms in, and keeps cookies per host."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests


@dataclass
class Form:
    """A form and what pressing one of its buttons sends."""

    action: str
    method: str
    hidden: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """Each button's label, name and value."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._button: tuple[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(facts.get("action", ""), facts.get("method", "get")))
        elif tag == "input" and facts.get("type") in ("hidden", "checkbox") and self.forms:
            if facts["type"] == "hidden":
                self.forms[-1].hidden[facts["name"]] = facts["value"]
        elif tag == "button" and self.forms:
            self._button = (facts.get("name", ""), facts.get("value", ""))
            self.forms[-1].buttons.append(("", *self._button))

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._button is not None:
            label, name, value = self.forms[-1].buttons[-1]
            self.forms[-1].buttons[-1] = (label + data, name, value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "button":
            self._button = None


@dataclass
class Page:
    """What the browser shows."""

    url: str
    status: int
    html: str
    headers: dict[str, str]

    @property
    def text(self) -> str:
        """Everything that can be read."""
        return " ".join(" ".join(self._read().words).split())

    @property
    def forms(self) -> list[Form]:
        """The forms on it."""
        return self._read().forms

    def _read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.html)
        return reader


class Browser:
    """Somebody's browser. Pages that send themselves on (form_post) are followed, as with
    JavaScript. What would be posted to an address that ends with `stops_before` is `caught`
    instead."""

    def __init__(self, stops_before: str = "") -> None:
        self.stops_before = stops_before
        self.caught: dict[str, str] = {}
        self.seen: list[Page] = []
        self.cookies: dict[str, dict[str, str]] = {}
        self._session = requests.Session()
        self._session.trust_env = False

    def open(self, url: str) -> Page:
        """Go to an address."""
        return self._go("GET", url, {})

    def post(self, url: str, data: dict[str, str], **headers: str) -> Page:
        """Send a form, wherever it came from."""
        return self._request(
            "POST", url, data, {name.replace("_", "-"): value for name, value in headers.items()}
        )[0]

    def press(self, page: Page, label: str, **extra: str) -> Page:
        """Press the button whose label begins with `label`."""
        for form in page.forms:
            for text, name, value in form.buttons:
                if text.startswith(label):
                    sent = form.hidden | ({name: value} if name else {}) | extra
                    return self._go(form.method.upper(), urljoin(page.url, form.action), sent)
        raise AssertionError(f"no button {label!r} on: {page.text}")

    def _go(self, method: str, url: str, data: dict[str, str]) -> Page:
        for _ in range(10):
            page, location = self._request(method, url, data)
            if location:
                method, url, data = "GET", urljoin(url, location), {}
            elif 'id="back"' in page.html:
                form = page.forms[0]
                if self.stops_before and form.action.endswith(self.stops_before):
                    self.caught = form.hidden
                    return page
                method, url, data = "POST", form.action, form.hidden
            else:
                return page
        raise AssertionError("too many redirects")

    def _request(
        self, method: str, url: str, data: dict[str, str], headers: dict[str, str] | None = None
    ) -> tuple[Page, str]:
        jar = self.cookies.setdefault(urlsplit(url).netloc, {})
        cookie = {"Cookie": "; ".join(f"{k}={v}" for k, v in jar.items())} if jar else {}
        answer = self._session.request(
            method,
            url,
            data=data or None,
            headers=cookie | (headers or {}),
            allow_redirects=False,
            timeout=60,
        )
        for name, value in answer.cookies.items():
            jar[name] = value or ""
        self._session.cookies.clear()
        page = Page(url, answer.status_code, answer.text, dict(answer.headers))
        self.seen.append(page)
        return page, answer.headers.get("Location", "") if answer.is_redirect else ""
