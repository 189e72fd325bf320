"""Writing the files of a run: each appears whole or not at all."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from cnn_core.errors import TrainingError

RUN_FILES = ("recipe.json", "network.json", "events.jsonl", "resume.safetensors", "epochs", "weights")


def write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a neighbour, flush it to the disk, and put it in the file's place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(part, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    write_whole(path, lambda file: file.write(text.encode("utf-8")))


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """A table that was written; empty where there is none, or no whole one."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """As ``.npz``, readable without pickle."""
    # numpy types savez's arrays by name, and a layer may be called "file"
    write_whole(path, lambda file: np.savez_compressed(file, **dict(arrays)))  # type: ignore[arg-type]


def clear(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        for path in (folder / name).glob("*"):
            path.unlink()


def check_free(folder: Path) -> None:
    """Raises TrainingError where the folder holds a run."""
    if any((folder / name).exists() for name in RUN_FILES):
        raise TrainingError(
            f"{folder} holds a run already: --resume goes on with it, or name another folder",
            code="training_folder_taken", folder=str(folder),
        )


def check_saved(folder: Path) -> None:
    """Raises TrainingError where the folder holds nothing to go on from."""
    if not (folder / "resume.safetensors").is_file():
        raise TrainingError(
            f"{folder} holds no run with a saved state to go on from: start it anew", code="training_nothing_to_resume", folder=str(folder),
        )


@contextmanager
def alone(run_dir: Path) -> Iterator[None]:
    """No second process trains in the folder while this is entered; however this one ends, the next may.

    Raises:
        TrainingError: another one does.
    """
    try:
        descriptor = os.open(run_dir, os.O_RDONLY)
    except FileNotFoundError:  # nobody can be at work there
        yield
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TrainingError(
                f"another process is training in the folder {run_dir}: wait until it ends, or stop it", code="training_folder_busy",
                folder=str(run_dir),
            ) from None
        except OSError:  # a file system without locks: then it goes without
            pass
        yield
    finally:
        os.close(descriptor)


class EventLog:
    """The run's ``events.jsonl``: one JSON object a line, appended and flushed, never rewritten while the run goes on.

    Args:
        length: keep only so many bytes of what is there: a resumed run goes on from its last saved state.
    """

    def __init__(self, path: Path, length: int | None = None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(path, "ab")  # noqa: SIM115 - open as long as the run goes on; ``close`` ends it
        if length is not None and self._file.tell() > length:
            self._file.truncate(length)

    def write(self, event: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(event, ensure_ascii=False, allow_nan=False).encode("utf-8") + b"\n")
        self._file.flush()

    @property
    def length(self) -> int:
        return self._file.seek(0, os.SEEK_END)

    def close(self) -> None:
        self._file.close()
