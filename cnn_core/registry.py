"""A generic, ordered registry: kernels, data sets, architectures and recipes are rows in one of these."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Protocol, TypeVar

from cnn_core.errors import DuplicateEntry, UnknownEntry


class Entry(Protocol):
    """Anything with a stable, lower-case identifier."""

    @property
    def id(self) -> str: ...


E = TypeVar("E", bound=Entry)


class Registry(Mapping[str, E]):
    """Entries by id, in the order of registration.

    Args:
        kind: what one entry is called in error messages, in English ("kernel", "architecture").

    Raises:
        DuplicateEntry: the same id is added twice.
        UnknownEntry: an id is asked for that was never added; the message names the nearest one.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, E] = {}

    def add(self, entry: E) -> E:
        if entry.id in self._entries:
            raise DuplicateEntry(
                f"the {self.kind} {entry.id!r} is registered twice",
                code="duplicate_entry",
                kind=self.kind,
                id=entry.id,
            )
        self._entries[entry.id] = entry
        return entry

    def __getitem__(self, entry_id: str) -> E:
        try:
            return self._entries[entry_id]
        except KeyError:
            raise self._unknown(entry_id) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, entry_id: object) -> bool:
        return entry_id in self._entries

    def ids(self) -> tuple[str, ...]:
        return tuple(self._entries)

    def _unknown(self, entry_id: str) -> UnknownEntry:
        near = difflib.get_close_matches(str(entry_id).lower(), self._entries, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(self._entries)}"
        return UnknownEntry(
            f"no {self.kind} {entry_id!r}{hint}",
            code=f"unknown_{self.kind.replace(' ', '_')}",
            id=entry_id,
            near=near[0] if near else "",
        )
