"""Saved designs: text files in one folder, one a version. A version never changes, so its id always means the same network.

``designs/my-net.2.txt`` is version 2 of "my-net"; its id is ``design:my-net.2``. ``CONVOLAB_DESIGNS`` names another folder. Taking a
design off the list leaves its files where they are: runs that were trained with them can still be opened.
"""

from __future__ import annotations

import functools
import os
import re
import tempfile
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path

from cnn_core.designs.text import MOST_TEXT, clean_name, from_text, to_text
from cnn_core.errors import DesignError, UnknownEntry

PREFIX = "design:"
MOST_DESIGNS, MOST_VERSIONS = 500, 200
MOST_SLUG = 40
_FILE = re.compile(r"([a-z0-9]+(?:-[a-z0-9]+)*)\.([1-9][0-9]{0,4})\.txt")
_ID = re.compile(r"design:([a-z0-9]+(?:-[a-z0-9]+)*)(?:\.([1-9][0-9]{0,4}))?")


@dataclass(frozen=True)
class Saved:
    """The newest version of a saved design."""

    slug: str
    version: int

    @property
    def id(self) -> str:
        return f"{PREFIX}{self.slug}.{self.version}"

    @property
    def text(self) -> str:
        """Raises UnknownEntry where it has vanished."""
        return load(self.id)

    @property
    def name(self) -> str:
        """As its author typed it: text of unknown origin."""
        return from_text(self.text).name or self.slug


def home() -> Path:
    """The folder of saved designs; it need not exist yet."""
    return Path(os.environ.get("CONVOLAB_DESIGNS", "designs"))


def slug_of(name: str) -> str:
    """What a design's files are called.

    >>> slug_of('Mi <b>red</b> "Ñandú"'), slug_of("…")
    ('mi-b-red-b-nandu', 'design')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    return "-".join(words)[:MOST_SLUG].strip("-") or "design"


def saved() -> tuple[Saved, ...]:
    """The newest version of every design on the list, by name."""
    newest = _versions()
    return tuple(Saved(slug, max(versions)) for slug, versions in sorted(newest.items()) if max(versions) > _gone(slug))


def ids() -> tuple[str, ...]:
    """Their ids, drafts included."""
    return tuple(one.id for one in saved())


def is_id(text: str) -> bool:
    """Whether this is how the id of a design looks.

    >>> is_id("design:my-net.2"), is_id("design:my-net"), is_id("resnet18")
    (True, True, False)
    """
    return _ID.fullmatch(text) is not None


def resolve(design_id: str) -> str:
    """The id with its version: ``design:net`` means the newest.

    Raises:
        UnknownEntry: there is no such design here.
    """
    match = _ID.fullmatch(design_id)
    if match:
        if match[2]:
            if _path(match[1], int(match[2])).is_file():
                return design_id
        elif match[1] in (versions := _versions()):
            return f"{design_id}.{max(versions[match[1]])}"
    raise UnknownEntry(f"no design {design_id[:80]!r} is saved here", code="unknown_design", id=design_id[:80])


def load(design_id: str) -> str:
    """The text of a saved design.

    Raises:
        UnknownEntry: there is no such design here.
        DesignError: its file cannot be read.
    """
    match = _ID.fullmatch(resolve(design_id))
    if match is None:  # resolve answers with an id
        raise LookupError(design_id)
    try:
        return _read(_path(match[1], int(match[2])))
    except (OSError, UnicodeDecodeError) as error:
        raise DesignError(
            f"the file of {design_id} cannot be read: {error}", code="design_file", id=design_id, reason=str(error)
        ) from None


def save(name: str, text: str, onto: str = "") -> str:
    """Keep a design; its id.

    Args:
        name: its title; the text's own name is replaced by it.
        onto: the design (id or slug) of which this is the next version. Without it a name that is taken gets a number.

    Raises:
        DesignError: the text is not the format, or there are too many designs here.
    """
    text = to_text(replace(from_text(text), name=clean_name(name)))
    slug = slug_of(name)
    versions = _versions()
    if slug in versions and slug != onto.removeprefix(PREFIX).split(".")[0]:
        if versions[slug] and load(f"{PREFIX}{slug}") == text:
            return resolve(f"{PREFIX}{slug}")
        slug = next(free for n in range(2, MOST_DESIGNS + 3) if (free := f"{slug[: MOST_SLUG - 4]}-{n}") not in versions)
    if slug not in versions and len(versions) >= MOST_DESIGNS:
        raise DesignError(
            f"there are {MOST_DESIGNS} designs in {home()} already: move some away", code="design_store_full", most=MOST_DESIGNS
        )
    version = max(versions.get(slug, {0}))
    if version and version > _gone(slug) and load(f"{PREFIX}{slug}.{version}") == text:
        return f"{PREFIX}{slug}.{version}"
    if version >= MOST_VERSIONS:
        raise DesignError(
            f"{slug} has {MOST_VERSIONS} versions already: save it under another name",
            code="design_versions", name=slug, most=MOST_VERSIONS,
        )
    return f"{PREFIX}{slug}.{_write(slug, version + 1, text)}"


def forget(design_id: str) -> None:
    """Take a design off the list. Raises UnknownEntry where there is none."""
    slug, _, version = resolve(design_id.split(".")[0]).removeprefix(PREFIX).partition(".")
    temporary = _temporary(version)
    os.replace(temporary, home() / f"{slug}.gone")


def _path(slug: str, version: int) -> Path:
    return home() / f"{slug}.{version}.txt"


def _versions() -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    try:
        names = os.listdir(home())
    except OSError:
        return {}
    for name in names:
        if match := _FILE.fullmatch(name):
            found.setdefault(match[1], set()).add(int(match[2]))
    return found


def _gone(slug: str) -> int:
    """The newest version that was taken off the list; 0 for none."""
    try:
        return int((home() / f"{slug}.gone").read_text("ascii"))
    except (OSError, ValueError):
        return 0


def _read(path: Path) -> str:
    stat = path.stat()
    return _contents(path, stat.st_mtime_ns, stat.st_size)


@functools.lru_cache(maxsize=MOST_DESIGNS)
def _contents(path: Path, modified_ns: int, size: int) -> str:
    if size > 4 * MOST_TEXT:
        raise DesignError(f"{path.name} is too large for a design", code="design_too_long", length=size, most=MOST_TEXT)
    return path.read_text("utf-8")


def _temporary(text: str) -> str:
    """A whole file under a name that no one reads, on the disk."""
    folder = home()
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".part-", dir=folder)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(name, 0o644)
    return name


def _write(slug: str, version: int, text: str) -> int:
    """The version that the text became: the next one that is free, for another session may have saved meanwhile."""
    temporary = _temporary(text)
    try:
        while True:
            try:
                os.link(temporary, _path(slug, version))
                return version
            except FileExistsError:
                version += 1
    finally:
        os.unlink(temporary)
