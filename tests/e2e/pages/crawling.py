"""Every page there is, found as people find them: by the routes that need no parameter, and by links."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from lxml import html as parser
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

Shape = frozenset[tuple[str, ...]]
# Whatever differs between two of these differs in a word or a number, not in what a page is made of.
WORDS = frozenset("abcdefghijklmnopqrstuvwxyz-_")


@dataclass(frozen=True)
class Found:
    """A page as the server gave it: its route's name, where it is, and what it is made of."""

    endpoint: str
    path: str
    status: int
    document: parser.HtmlElement
    shape: Shape


@dataclass
class Crawl:
    """Walks for one person after another; `reached` is every route that answered one of them with success."""

    app: Flask
    thorough: bool = False
    reached: set[str] = field(default_factory=set)
    shown: set[tuple[str, ...]] = field(default_factory=set)
    asked: set[tuple[str, ...]] = field(default_factory=set)
    visited: set[str] = field(default_factory=set)

    def pages(self, client: FlaskClient, starts: Iterable[str], only: Iterable[str] = ()) -> Iterator[Found]:
        """Pages that show this person something that nobody before was shown at that route.

        Links are followed, one of each kind; where `only` names routes, links to others are not.
        """
        waiting, kinds, wanted = deque(starts), set[tuple[str, ...]](), frozenset(only)
        while waiting:
            path = waiting.popleft()
            if (kind := self.kind(path)) is None or kind in kinds or (wanted and kind[0] not in wanted):
                continue
            kinds.add(kind)
            if kind[-1] and kind in self.asked and not self.thorough:
                continue
            self.asked.add(kind)
            answer = client.get(path)
            if answer.status_code < 400:
                self.reached.add(kind[0])
            if 300 <= answer.status_code < 400:
                waiting.append(answer.headers["Location"])
            elif (found := self.page(kind[0], path, answer)) is not None:
                waiting.extend(links(found))
                if self.is_new(found):
                    yield found

    def page(self, endpoint: str, path: str, answer: TestResponse) -> Found | None:
        """A whole page, not a file, nor a part that a script asks for."""
        if answer.mimetype != "text/html" or not answer.text.lstrip().lower().startswith("<!doctype"):
            return None
        document = parser.document_fromstring(answer.text)
        return Found(endpoint, path, answer.status_code, document, frozenset(shape(document)))

    def is_new(self, found: Found) -> bool:
        """Whether it is the first of its kind, or something on it was on no page before."""
        new = found.shape - self.shown
        kind = (
            found.endpoint if found.status < 400 or found.endpoint.startswith("POST") else f"{found.status}"
        )
        first = kind not in self.visited
        self.visited.add(kind)
        self.shown |= found.shape
        return self.thorough or first or bool(new)

    def kind(self, path: str) -> tuple[str, ...] | None:
        """The route and what its query asks for, whichever case or person it is about; None elsewhere."""
        at = urlsplit(path)
        try:
            endpoint, values = self.app.url_map.bind("localhost").match(at.path, method="GET")
        except HTTPException:
            return None
        if endpoint == "static" or at.path.startswith("/api/"):
            return None
        asked = [(name, value) for name, value in parse_qsl(at.query) if name != "next"]
        tried = [(name, value if set(value) <= WORDS else "#") for name, value in asked]
        named = [str(value) for name, value in values.items() if name == "action"]
        return (endpoint, *named, urlencode(sorted(tried)))


def shape(document: parser.HtmlElement) -> Iterator[tuple[str, ...]]:
    """What a page is made of, without its words: elements with classes and roles, each in its parent."""
    for one in document.iter():
        if isinstance(one.tag, str):
            parent = one.getparent()
            around = "" if parent is None else f"{parent.tag} {parent.get('class', '')}"
            labels = [name for name in one.attrib if name.startswith("aria-") or name == "disabled"]
            yield (around, one.tag, one.get("class", ""), one.get("role", ""), one.get("type", ""), *labels)


def links(found: Found) -> Iterator[str]:
    """Where its links lead; those that only begin with "?" lead back to the same page."""
    base = f"http://localhost{found.path}"
    found.document.make_links_absolute(base)
    for one in found.document.xpath("//a[@href]/@href"):
        at = urlsplit(one)
        if at.netloc == "localhost":
            yield f"{at.path}?{at.query}" if at.query else at.path


def starts(app: Flask) -> list[str]:
    """Every page that needs no parameter."""
    return [rule.rule for rule in page_rules(app) if not rule.arguments]


def page_rules(app: Flask) -> list[Rule]:
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    return [rule for rule in rules if rule.endpoint != "static" and not rule.rule.startswith("/api/")]
