"""A worker whose training is counting: a step of a few milliseconds, one event a step, a saved state every fifth step.

What it does is in the "recipe": ``{"steps": 20, "step_s": 0.005, "fail": "nan_loss", "hang_at": 7, …}``. The saved state is
written in the outline of a safetensors file, whole or not at all, and the events are cut back to it on resume, as the real loop does.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import resource
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnn_core.errors import TrainingError
from cnn_core.jobs import worker
from cnn_core.jobs.folder import RunFolder

SAVED_EVERY = 5


@dataclass(frozen=True)
class Result:
    state: str
    reason: str = ""


def count(
    recipe_json: str, run_dir: Path, on_event: Callable[[Mapping[str, Any]], None], stop: Callable[[], bool], resume: bool
) -> Result:
    recipe = json.loads(recipe_json)
    step, events_bytes = read_state(run_dir) if resume else (0, 0)
    device = take_device(run_dir)
    with open(run_dir / "starts.txt", "a") as starts:
        starts.write(f"{os.getpid()} {step}\n")
    with open(run_dir / "events.jsonl", "ab") as events:
        events.truncate(events_bytes)
        on_event({"kind": "start"})
        while step < recipe["steps"]:
            if stop():
                save_state(run_dir, step, events.tell())
                return Result("stopped")
            trouble(recipe, step, run_dir)
            time.sleep(recipe.get("step_s", 0.005))
            step += 1
            event = {"kind": "progress", "step": step, "epoch": step / 10, "loss": 1 / step, "time": time.time()}
            events.write(json.dumps(event).encode() + b"\n")
            events.flush()
            on_event(event)
            if step % SAVED_EVERY == 0:
                save_state(run_dir, step, events.tell())
    os.close(device)
    return Result("finished")


def take_device(run_dir: Path) -> int:
    """A lock that stands for the device: who finds it taken says so, in a file of its own."""
    descriptor = os.open(run_dir.parent / "device.lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with open(run_dir.parent / "overlaps.txt", "a") as told:
            told.write(f"{run_dir.name}\n")
    return descriptor


def trouble(recipe: Mapping[str, Any], step: int, run_dir: Path) -> None:
    if step != recipe.get("trouble_at", 3):
        return
    match recipe.get("trouble"):
        case "code":
            raise TrainingError("the loss is not a number", code="nan_loss", step=step)
        case "disk_full":
            raise OSError(errno.ENOSPC, "No space left on device")
        case "limit":
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
            Path(recipe["fills"]).write_bytes(bytes(1_000_000))
        case "no_last_word":

            def refuse(*_: object) -> None:
                raise OSError(errno.ENOSPC, "No space left on device")

            os.dup2(os.open("/dev/full", os.O_WRONLY), 2)  # the log is on the same disk
            RunFolder.write_ending = refuse  # type: ignore[assignment]
            refuse()
        case "child":
            child = os.fork()
            if child:
                (run_dir / "child.txt").write_text(str(child))
            while True:
                time.sleep(3600)
        case "memory":
            raise MemoryError
        case "crash":
            raise ValueError("something nobody thought of")
        case "exit":
            os._exit(3)
        case "hang":
            while True:
                time.sleep(3600)


def save_state(run_dir: Path, step: int, events_bytes: int) -> None:
    header = json.dumps({"__metadata__": {"step": str(step), "events": str(events_bytes)}, "x": {
        "dtype": "U8", "shape": [4], "data_offsets": [0, 4]}}).encode()
    part = run_dir / f".resume.{os.getpid()}.part"
    part.write_bytes(len(header).to_bytes(8, "little") + header + b"\0\0\0\0")
    os.replace(part, run_dir / "resume.safetensors")


def read_state(run_dir: Path) -> tuple[int, int]:
    data = (run_dir / "resume.safetensors").read_bytes()
    facts = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
    return int(facts["step"]), int(facts["events"])


if __name__ == "__main__":
    worker.main(count, ahead=lambda: None)
