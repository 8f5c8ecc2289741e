"""Reads a report as a browser would, to see that there is nothing in it but text and pictures."""

import re
from html.parser import HTMLParser


class Page(HTMLParser):
    """Notes what a page could load or run, and whether its elements are closed in order."""

    VOID = frozenset({"meta", "br", "img", "link", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.policy = ""
        self.language: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.seen.append(tag)
        self.links += [str(values[name]) for name in ("href", "src", "xlink:href", "action", "data") if name in values]
        assert not any(name.startswith("on") or name == "style" for name in values)
        self.ids += [str(values["id"])] if "id" in values else []
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = str(values["content"])
        if tag == "html":
            self.language = values.get("lang")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()


def parsed(text: str) -> Page:
    page = Page()
    page.feed(text)
    page.close()
    assert page.open == []
    return page


def assert_harmless(text: str) -> None:
    page = parsed(text)
    assert not {"script", "img", "iframe", "object", "link", "form", "base", "embed"} & set(page.seen)
    assert page.links == ["#report"]
    assert "url(" not in text
    assert "@import" not in text
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'", page.policy
    )
    assert page.language == "en"
    assert {"header", "main", "footer", "h1", "svg", "title", "desc"} <= set(page.seen)
    assert len(page.ids) == len(set(page.ids))
