"""A form as a browser would post it: parsed from the page, changed by name, sent by one of its buttons."""

from dataclasses import dataclass, field

from django.http import HttpResponse
from django.test import Client as Browser
from lxml import html


@dataclass
class PostedForm:
    """The fields of one form on a page. `press` sends it as it stands, and shows what a check leads to."""

    browser: Browser
    address: str
    data: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)

    @classmethod
    def on(cls, browser: Browser, response: HttpResponse, form_id: str = "request") -> "PostedForm":
        page = html.fromstring(response.content.decode())
        [form] = page.xpath(f"//form[@id='{form_id}']")
        read = cls(browser, response.request["PATH_INFO"])
        for element in form.xpath(".//input | .//button | .//textarea"):
            read._take(element)
        return read

    def _take(self, element: html.HtmlElement) -> None:
        name, value = element.get("name"), element.get("value", element.text or "")
        if element.tag == "button":
            self.buttons.append((name, value, element.text_content().strip()))
        elif element.get("disabled") is None and element.get("type") != "file":
            if element.get("type") not in ("checkbox", "radio") or element.get("checked") is not None:
                self.data.setdefault(name, []).append(value)

    def untick(self, name: str, value: str | None = None) -> None:
        self.data[name] = [kept for kept in self.data.get(name, []) if value is not None and kept != value]

    def tick(self, name: str, value: str = "on") -> None:
        self.data.setdefault(name, []).append(value)

    def fill(self, name: str, value: str) -> None:
        self.data[name] = [value]

    def ticked(self, name: str) -> list[str]:
        return self.data.get(name, [])

    def press(self, name: str, value: str, **more: str) -> HttpResponse:
        assert (name, value) in [(button, worth) for button, worth, _words in self.buttons], self.buttons
        response = self.browser.post(self.address, {**self.data, name: value}, **more)
        if response.get("Location", "").startswith(f"{self.address}?checked"):
            return self.browser.get(response["Location"])
        return response
