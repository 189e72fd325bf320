"""Who is who, which devices there are, and what a run's folder tells."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cnn_core.errors import JobError
from cnn_core.jobs.engines.devices import narrow, slots, visible_gpus
from cnn_core.jobs.folder import (
    LEFTOVER,
    Ending,
    Pulse,
    RunFolder,
    beat,
    clear_leftovers,
    lock_is_held,
    set_aside,
)
from cnn_core.jobs.lead import LOCK, SILENT_S, Keeper, take_lead
from cnn_core.jobs.process import Identity, identify, is_alive, kill_group, look, send

SLEEP = "import threading; threading.Event().wait(600)"


@pytest.fixture
def sleeper() -> Iterator[Identity]:
    child = subprocess.Popen([sys.executable, "-c", SLEEP], start_new_session=True)
    who = identify(child.pid)
    assert who is not None
    yield who
    child.kill()
    child.wait()


def test_a_process_is_known_by_its_birth_too(sleeper: Identity) -> None:
    recycled = replace(sleeper, born="another birth")
    assert is_alive(sleeper) and not is_alive(recycled)
    assert identify(os.getpid()) == identify(os.getpid()) != sleeper
    send(recycled, signal.SIGKILL)
    kill_group(recycled)
    assert is_alive(sleeper), "a recycled number is left alone"
    seen = look(sleeper)
    assert seen is not None and seen.cpu_s >= 0 and look(recycled) is None


def test_remains_are_not_alive() -> None:
    child = subprocess.Popen([sys.executable, "-c", SLEEP], start_new_session=True)
    who = identify(child.pid)
    assert who is not None
    kill_group(who)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and not yet reaped
    assert identify(child.pid) is None and not is_alive(who)
    child.wait()
    kill_group(who)


def test_the_lock_goes_with_its_holder_however_it_ends(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    assert not folder.is_held()
    mine = folder.take_lock()
    assert folder.is_held()
    with pytest.raises(BlockingIOError):
        folder.take_lock()
    child = subprocess.Popen([sys.executable, "-c", SLEEP], pass_fds=[mine])
    os.close(mine)
    assert folder.is_held(), "the child was born with it"
    child.kill()
    child.wait()
    assert not folder.is_held()


def test_what_an_earlier_attempt_said_is_not_heard(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    os.close(folder.take_lock())
    folder.write_worker(Identity(1, "born"), 1)
    folder.write_ending(Ending("failed", "crashed", {"path": tmp_path}), 1)
    pulse = folder.open_pulse()
    beat(pulse, 1, Pulse("running", 7))
    assert folder.worker(1) == Identity(1, "born") and folder.worker(2) is None
    assert folder.ending(1) == Ending("failed", "crashed", {"path": str(tmp_path)}) and folder.ending(2) is None
    assert folder.pulse(1) == Pulse("running", 7) and folder.pulse(2) is None
    size = (folder.job_dir / "pulse").stat().st_size
    beat(pulse, 1, Pulse("running", 10**9))
    os.close(pulse)
    assert (folder.job_dir / "pulse").stat().st_size == size, "no space is needed for a beat"


def test_a_saved_state_is_whole_or_refused(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    folder = RunFolder(tmp_path)
    assert not folder.check_resumable()
    path = tmp_path / "resume.safetensors"
    save_file({"a": torch.zeros(3, 4), "b": torch.ones(5)}, path, metadata={"position": "{}"})
    assert folder.check_resumable()
    whole = path.read_bytes()
    for broken in (whole[:-1], whole + b"x", whole[:7], b"\xff" * 64, b"", (2**62).to_bytes(8, "little") + whole[8:]):
        path.write_bytes(broken)
        with pytest.raises(JobError) as caught:
            folder.check_resumable()
        assert caught.value.code == "job_state_damaged"


def test_a_deleted_run_is_gone_at_once_and_leftovers_are_cleared(tmp_path: Path) -> None:
    run, outside = tmp_path / "run", tmp_path / "outside"
    for folder in (run, outside):
        folder.mkdir()
        (folder / "file").write_text("x")
    link = tmp_path / "linked"
    link.symlink_to(outside)
    assert set_aside(link) is None and not link.is_symlink()
    away = set_aside(run)
    assert away is not None and away.name.startswith(LEFTOVER) and not run.exists()
    clear_leftovers(tmp_path)
    assert not away.exists() and (outside / "file").exists()
    assert set_aside(run) is None


def test_one_leads_and_who_only_asks_takes_nothing(tmp_path: Path) -> None:
    lead = take_lead(tmp_path)
    assert lead is not None and lock_is_held(tmp_path / LOCK)
    assert take_lead(tmp_path) is None
    lead.release()
    assert not lock_is_held(tmp_path / LOCK)
    again = take_lead(tmp_path)
    assert again is not None
    again.release()


def test_a_missing_dispatcher_is_started_once(tmp_path: Path) -> None:
    now = [0.0]
    started = tmp_path / "started"
    code = f"open({str(started)!r}, 'a').write('x')"
    keeper = Keeper(tmp_path, [sys.executable, "-c", code], dict(os.environ), clock=lambda: now[0])
    threads = [threading.Thread(target=keeper.ensure, kwargs={"at_once": True}) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    child = keeper._child
    assert child is not None
    child.wait()
    assert started.read_text() == "x"


def test_a_hung_dispatcher_is_replaced(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from cnn_core.jobs.lead import take_lead\n"
        f"lead = take_lead(Path({str(tmp_path)!r}))\nlead.beat()\nprint(flush=True)\n{SLEEP}"
    )
    hung = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
    assert hung.stdout is not None and hung.stdout.readline() == b"\n"
    now = [0.0]
    keeper = Keeper(tmp_path, [sys.executable, "-c", ""], dict(os.environ), clock=lambda: now[0])
    now[0] += 10**6  # a clock that jumps counts for one look
    keeper.ensure()
    assert hung.poll() is None
    for _ in range(round(SILENT_S) + 2):
        now[0] += 1
        keeper.ensure()
    assert hung.wait() == -signal.SIGKILL
    hung.stdout.close()


def test_the_processor_is_always_there() -> None:
    assert slots({"CUDA_VISIBLE_DEVICES": ""})[-1] == "cpu"
    assert not any(slot.startswith("cuda") for slot in slots({"CUDA_VISIBLE_DEVICES": ""}))
    assert visible_gpus({"CUDA_VISIBLE_DEVICES": "-1"}) == ()


@pytest.mark.parametrize(
    ("device", "wants", "before", "after"),
    [
        ("cuda:1", "auto", None, "1"),
        ("cuda:1", "cuda", "4,6", "6"),
        ("cuda:1", "cuda:1", "4,6", "4,6"),
        ("cuda:0", "auto", "GPU-8932f937", "GPU-8932f937"),
        ("cpu", "auto", "4", "4"),
    ],
)
def test_a_job_sees_the_gpu_it_was_given(device: str, wants: str, before: str | None, after: str) -> None:
    env = {} if before is None else {"CUDA_VISIBLE_DEVICES": before}
    narrow(device, wants, env)
    assert env["CUDA_VISIBLE_DEVICES"] == after
