"""Sentences for people, ready for other languages. The Vietnamese sentence is its own key.

`_` says a sentence in the language of whoever reads it; use cases need no web for that, since the web door
tells once, with `say_through`, who translates. Where nobody reads at that moment (commands, workers, what is
written into the record) sentences stay as they are written here. See docs/decisions, 17.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Name = TypeVar("Name")

_translators: list[Callable[[str], str]] = []
_kept: ContextVar[bool] = ContextVar("kept", default=False)


def say_through(translate: Callable[[str], str]) -> None:
    """From now on sentences go through `translate`, which gives back what it has no other words for."""
    _translators[:] = [translate]


def _(sentence: str, /, **values: object) -> str:
    """The sentence, with `%(name)s` filled in from `values`; without values a "%" is just a "%"."""
    said = _translators[0](sentence) if _translators and not _kept.get() else sentence
    return said % values if values else said


@contextmanager
def as_written() -> Iterator[None]:
    """What is said meanwhile is kept, like what is `recorded`: sentences stay as they are written here."""
    before = _kept.set(True)
    try:
        yield
    finally:
        _kept.reset(before)


def marked(sentence: str) -> str:
    """The sentence itself, to be said later by `_`; the mark is for collecting what is to be translated."""
    return sentence


def recorded(sentence: str) -> str:
    """The sentence itself, which nobody ever translates: it is kept (in the log, in a file, as an official
    text), and what is kept reads the same for everybody."""
    return sentence


class Words(Mapping[Name, str]):
    """Sentences by name, said when they are looked up: a module's table outlives every reader's language."""

    def __init__(self, sentences: Mapping[Name, str]) -> None:
        self._sentences = dict(sentences)

    def __getitem__(self, name: Name) -> str:
        return _(self._sentences[name])

    def __iter__(self) -> Iterator[Name]:
        return iter(self._sentences)

    def __len__(self) -> int:
        return len(self._sentences)
