"""``python -m cnn_core.datasets fetch|import|verify|list|own|remove``: what the pages do, from a shell."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cnn_core.datasets import (
    DATASETS,
    Progress,
    Status,
    data_root,
    fetch,
    from_folder,
    from_zip,
    import_archive,
    load,
    own_sets,
    partial_bytes,
    remove_own,
    status,
    verify,
)
from cnn_core.datasets.own import SIDE
from cnn_core.errors import ConvolabError

BAR_CELLS = 24


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it succeeded, 1 with a sentence when not, 2 for a wrong use, 130 when interrupted."""
    args = _parser().parse_args(arguments)
    bar = _Bar()
    try:
        if args.command == "list":
            _list(args.root)
        elif args.command == "fetch":
            folder = fetch(args.name, args.root, bar.show, args.source or None, timeout_s=args.timeout)
            bar.end()
            print(f"{DATASETS[args.name].title} is ready in {folder}")
        elif args.command == "import":
            done = import_archive(None if args.name == "auto" else args.name, args.path, args.root, bar.show)
            bar.end()
            print(f"{', '.join(DATASETS[id_].title for id_ in done)}: ready in {data_root(args.root)}")
        elif args.command == "own":
            _take_own(args)
        elif args.command == "remove":
            remove_own(args.name, args.root)
            print(f"{args.name} is deleted")
        else:
            n = verify(args.name, args.root)
            images = sum(len(load(args.name, split, args.root)) for split in DATASETS[args.name].splits)
            print(f"{DATASETS[args.name].title}: {n} files and {images:,} images are right")
    except ConvolabError as err:
        bar.end()
        print(_sentence(err), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        bar.end()
        print("Stopped; a fetch goes on from here the next time.", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m cnn_core.datasets", description="Fetch, import and check data sets.")
    commands = parser.add_subparsers(dest="command", required=True)
    known = ", ".join(DATASETS.ids())
    fetching = commands.add_parser("fetch", help="download a data set")
    fetching.add_argument("name", choices=DATASETS.ids(), metavar="NAME", help=known)
    fetching.add_argument("--source", action="append", metavar="URL", help="address that ends in / (may be repeated)")
    fetching.add_argument("--timeout", type=_seconds, default=20.0, metavar="S", help="seconds without an answer (20)")
    importing = commands.add_parser("import", help="take a data set over from an archive or a folder")
    importing.add_argument("name", choices=(*DATASETS.ids(), "auto"), metavar="NAME", help=f"{known}, or auto")
    importing.add_argument("path", help="a tar.gz, a zip, a folder in torchvision's layout, or MNIST's files")
    verifying = commands.add_parser("verify", help="compare all checksums")
    verifying.add_argument("name", choices=DATASETS.ids(), metavar="NAME", help=known)
    taking = commands.add_parser("own", help="make a data set of your own pictures")
    taking.add_argument("name", metavar="NAME", help="small letters, digits, - and _; it is opened as own:NAME")
    taking.add_argument("path", help="a folder or a zip that holds a folder of pictures for each class")
    taking.add_argument("--side", type=int, default=SIDE, metavar="PX", help=f"of the square pictures ({SIDE})")
    taking.add_argument("--seed", type=int, default=0, metavar="N", help="of the division into train and test (0)")
    taking.add_argument("--replace", action="store_true", help="pictures of the same name")
    removing = commands.add_parser("remove", help="delete a data set of your own pictures")
    removing.add_argument("name", metavar="NAME")
    for command in (fetching, importing, verifying, taking, removing, commands.add_parser("list", help="show what is here")):
        command.add_argument("--root", metavar="FOLDER", help="data folder (CONVOLAB_DATA, or data)")
    return parser


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise ValueError(text)
    return value


_seconds.__name__ = "number of seconds"  # as argparse's sentence calls it


def _sentence(err: ConvolabError) -> str:
    """With a capital and a full stop; what the user wrote, or a file is called, keeps its letters as they are."""
    text = str(err)
    quoted = any(isinstance(fact, str) and fact and text.startswith(fact) for fact in err.facts.values())
    return f"{text if quoted else text[:1].upper() + text[1:]}."


def _take_own(args: argparse.Namespace) -> None:
    path = Path(args.path).expanduser()
    options: dict[str, Any] = {"side": args.side, "seed": args.seed, "root": args.root, "replace": args.replace}
    if path.is_file():
        own = from_zip(path.read_bytes(), args.name, **options)
    else:
        own = from_folder(path, args.name, **options)
    for one in own.skipped:
        print(f"left out {one.file}: {one.message}", file=sys.stderr)
    counts = [f"{name} {train}+{test}" for name, train, test in zip(own.class_names, *own.counts.values(), strict=True)]
    print(f"{own.id} is ready, train+test: {', '.join(counts)}")


def _list(root: str | None) -> None:
    for row in DATASETS.values():
        state, part = status(row, root), partial_bytes(row, root)
        note = f"  {part / 1e6:.1f} of {row.archive_bytes / 1e6:.1f} MB downloaded" if part else ""
        size = "" if state is Status.PRESENT else f"  {row.archive_bytes / 1e6:.1f} MB to fetch" if not part else ""
        print(f"{row.id:<15}{row.title:<16}{state:<12}{note or size if row.archives else ''}".rstrip())
    for own in own_sets(root):
        print(f"{own.id:<15}{own.title:<16}{len(own.class_names)} classes, {sum(own.row.splits.values())} pictures")


class _Bar:
    """One line that is redrawn on a terminal; a line for every tenth elsewhere."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._told = ""
        self._open = False

    def show(self, p: Progress) -> None:
        tenth = f"{p.stage}{p.file}{int(p.fraction * 10)}"
        if not self._terminal and tenth == self._told:
            return
        self._told = tenth
        filled = round(p.fraction * BAR_CELLS)
        left = "" if p.seconds_left is None else f"  {_clock(p.seconds_left)} left"
        amount = f"{p.bytes_done / 1e6:.1f} / {p.bytes_total / 1e6:.1f} MB" if p.bytes_total else ""
        line = f"{p.stage:<12}{'█' * filled}{'░' * (BAR_CELLS - filled)}  {amount}{left}  {urlsplit(p.source).netloc}"
        print(f"\r\x1b[K{line}" if self._terminal else line, end="" if self._terminal else "\n", file=sys.stderr, flush=True)
        self._open = self._terminal

    def end(self) -> None:
        if self._open:
            print(file=sys.stderr)
            self._open = False


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


if __name__ == "__main__":
    sys.exit(main())
