"""The queue with real processes and a tiny workload."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from cnn_core.errors import JobError
from cnn_core.jobs import JobQueue, State, advice_key, in_english, message_key
from cnn_core.jobs.__main__ import main
from tests.cnn_core.jobs.conftest import TINY, Lab
from tests.conftest import ROOT

LONG: dict[str, Any] = {"steps": 100_000, "step_s": 0.01}


def test_a_job_runs_in_a_process_of_its_own_and_tells_its_states(lab: Lab) -> None:
    job_id = lab.submit("A", steps=12)
    assert lab.queue.get(job_id).position == 1
    job = lab.until_over(job_id)
    assert [change.state for change in job.history] == ["queued", "starting", "running", "finished"]
    assert [change.time for change in job.history] == sorted(change.time for change in job.history)
    assert job.created <= (job.started or 0) <= (job.ended or 0)
    assert (job.device, job.attempt, job.position) == ("cpu", 1, None)
    assert lab.steps(job_id) == list(range(1, 13))
    [(pid, first)] = lab.starts(job_id)
    assert pid != os.getpid() and first == 0
    assert not (job.run_dir / "job" / "reserve").exists()


def test_one_job_a_device_and_sessions_take_turns(lab: Lab) -> None:
    many = [lab.submit("A", steps=2) for _ in range(5)]
    one = lab.submit("B", steps=2)
    places = {job.id: job.position for job in lab.queue.list() if job.position}
    assert places[one] <= 2
    for job_id in (*many, one):
        assert lab.until_over(job_id).state is State.FINISHED
    jobs = {job.id: job for job in lab.queue.list()}
    spans = sorted((job.history[1].time, job.history[-1].time) for job in jobs.values())
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans)), "two jobs on one device"
    order = sorted(jobs, key=lambda job_id: jobs[job_id].history[1].time)
    assert order.index(one) == 1 and [job_id for job_id in order if job_id != one] == many


def test_stop_saves_first_and_says_stopped_only_when_the_process_is_gone(lab: Lab) -> None:
    job_id = lab.submit(**LONG)
    lab.until_step(job_id, 7)
    worker = lab.worker(job_id)
    lab.queue.cancel(job_id)
    job = lab.until_over(job_id)
    assert (job.state, job.reason) == (State.STOPPED, "cancelled")
    assert lab.worker(job_id) is None and worker is not None
    assert lab.queue.cancel(job_id).state is State.STOPPED, "a second stop changes nothing"
    done = lab.steps(job_id)[-1]
    lab.queue.resume(job_id)
    lab.until_step(job_id, done + 3)
    steps = lab.steps(job_id)
    assert steps == list(range(1, len(steps) + 1)), "the resumed curve is the uninterrupted one"
    assert lab.starts(job_id)[1][1] == done


def test_a_waiting_job_that_is_cancelled_never_starts(lab: Lab) -> None:
    first, second, third = lab.submit(**LONG), lab.submit(steps=2), lab.submit(steps=2)
    lab.until_state(first, State.RUNNING)
    assert lab.queue.cancel(second).state is State.STOPPED
    lab.queue.cancel(first)
    assert lab.until_over(third).state is State.FINISHED
    assert not (lab.runs_dir / second).exists()
    assert [change.state for change in lab.queue.get(second).history] == ["queued", "stopped"]


def test_a_job_can_be_stopped_while_it_starts(lab: Lab) -> None:
    job_id = lab.submit(**LONG)
    lab.until_state(job_id, State.STARTING, State.RUNNING)
    lab.queue.cancel(job_id)
    job = lab.until_over(job_id)
    assert (job.state, job.reason) == (State.STOPPED, "cancelled")


def test_a_double_click_makes_one_job(lab: Lab) -> None:
    other, found = lab.open_queue(), list[str]()

    def click(queue: JobQueue) -> None:
        found.append(queue.submit(json.dumps({"steps": 1}), token="one click"))

    threads = [threading.Thread(target=click, args=(queue,)) for queue in (lab.queue, other, lab.queue, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert len(set(found)) == 1 and len(found) == 4
    assert len(lab.queue.list()) == 1
    assert lab.submit() != lab.submit(), "without a token every call is meant"


def test_it_goes_on_when_the_server_and_its_dispatcher_are_killed(lab: Lab) -> None:
    """Submitted by a process that is killed at once; found again by another one; the same worker all along."""
    code = (
        "import json, os, signal; from cnn_core.jobs import JobQueue\n"
        f"queue = JobQueue({str(lab.runs_dir)!r}, worker={TINY!r})\n"
        'print(queue.submit(json.dumps({"steps": 60, "step_s": 0.02})), flush=True)\n'
        "os.killpg(0, signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, start_new_session=True)
    assert done.returncode == -signal.SIGKILL
    job_id = done.stdout.strip()
    lab.until_step(job_id, 2)
    lost = lab.dispatcher()
    assert lost is not None
    os.kill(lost.pid, signal.SIGKILL)
    assert lab.until_over(job_id).state is State.FINISHED
    assert lab.steps(job_id) == list(range(1, 61))
    assert len(lab.starts(job_id)) == 1


def test_the_worker_itself_calls_a_new_dispatcher(lab: Lab) -> None:
    """Nobody looks at the queue here: the job and the one that waits behind it are finished all the same."""
    first, second = lab.submit(steps=40, step_s=0.05), lab.submit(steps=1)
    lab.until_step(first, 1)
    dispatcher = lab.dispatcher()
    assert dispatcher is not None
    os.kill(dispatcher.pid, signal.SIGKILL)
    lab.until(lambda: (lab.runs_dir / second / "job" / "ending.json").exists(), "the second job's end")


def test_a_killed_worker_is_noticed_and_its_job_resumed_without_a_gap(lab: Lab) -> None:
    job_id = lab.submit(steps=40, step_s=0.02)
    lab.until_step(job_id, 12)
    worker = lab.worker(job_id)
    assert worker is not None
    os.kill(worker.pid, signal.SIGKILL)
    job = lab.until_over(job_id)
    assert (job.state, job.reason) == (State.LOST, "killed")
    assert lab.queue.resume(job_id).reason == "resumed"
    assert lab.until_over(job_id).state is State.FINISHED
    assert lab.steps(job_id) == list(range(1, 41))


def test_a_frozen_worker_is_noticed_ended_and_the_next_job_runs(lab: Lab) -> None:
    frozen, following = lab.submit(**LONG), lab.submit(steps=1)
    lab.until_step(frozen, 1)
    worker = lab.worker(frozen)
    assert worker is not None
    os.kill(worker.pid, signal.SIGSTOP)
    job = lab.until_over(frozen)
    assert (job.state, job.reason) == (State.FAILED, "hung")
    assert lab.worker(frozen) is None
    assert lab.until_over(following).state is State.FINISHED


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [("code", "nan_loss"), ("disk_full", "disk_full"), ("memory", "out_of_memory"), ("crash", "crashed"), ("exit", "crashed")],
)
def test_trouble_ends_a_job_with_its_reason_and_the_next_one_runs(lab: Lab, trouble: str, reason: str) -> None:
    troubled, following = lab.submit(trouble=trouble), lab.submit(steps=1)
    job = lab.until_over(troubled)
    assert (job.state, job.reason) == (State.FAILED, reason)
    assert message_key(job) == f"jobs.reason.{reason}" and advice_key(job) == f"jobs.advice.{reason}"
    assert lab.until_over(following).state is State.FINISHED


@pytest.mark.parametrize("trouble", ["limit", "no_last_word"])
def test_a_real_full_disk(lab: Lab, tmp_path: Path, trouble: str) -> None:
    """The system itself refuses to write; in the second case even the worker's last word."""
    full, following = lab.submit(trouble=trouble, fills=str(tmp_path / "filled"), trouble_at=7), lab.submit(steps=1)
    job = lab.until_over(full)
    assert (job.state, job.reason) == (State.FAILED, "disk_full")
    assert not (job.run_dir / "job" / "reserve").exists(), "the space set aside is given back"
    assert lab.until_over(following).state is State.FINISHED
    assert lab.queue.resume(full).reason == "resumed"


def test_a_time_limit_stops_a_job_and_resuming_gives_it_the_same_again(lab: Lab) -> None:
    job_id = lab.submit(budget_s=0.3, **LONG)
    job = lab.until_over(job_id)
    assert (job.state, job.reason, job.facts["budget_s"]) == (State.STOPPED, "time_limit", 0.3)
    before = lab.steps(job_id)[-1]
    lab.queue.resume(job_id)
    assert lab.until_over(job_id).reason == "time_limit"
    steps = lab.steps(job_id)
    assert steps[-1] > before and steps == list(range(1, len(steps) + 1))


def test_a_cut_saved_state_is_refused_in_words(lab: Lab) -> None:
    job_id = lab.submit(**LONG)
    lab.until_step(job_id, 6)
    lab.queue.cancel(job_id)
    lab.until_over(job_id)
    state = lab.runs_dir / job_id / "resume.safetensors"
    whole = state.read_bytes()
    for cut in (0, 4, 20, len(whole) - 1):
        state.write_bytes(whole[:cut])
        with pytest.raises(JobError) as caught:
            lab.queue.resume(job_id)
        assert caught.value.code == "job_state_damaged"
        assert lab.queue.get(job_id).state is State.STOPPED
    state.write_bytes(whole)
    lab.queue.resume(job_id)
    lab.until_state(job_id, State.RUNNING)


def test_a_device_that_is_not_there_is_said(lab: Lab) -> None:
    job = lab.until_over(lab.submit(device="cuda:7"))
    assert (job.state, job.reason) == (State.FAILED, "device_missing")
    assert job.facts["device"] == "cuda:7" and "cpu" in job.facts["has"]


def test_names_and_tags(lab: Lab) -> None:
    job_id = lab.submit(steps=1)
    assert lab.queue.rename(job_id, "  my   run \n").name == "my run"
    assert lab.queue.tag(job_id, ["a", " b ", "a", ""]).tags == ("a", "b")
    assert lab.queue.tag(job_id, []).tags == ()
    assert len(lab.queue.rename(job_id, "x" * 500).name) == 80
    for call in (lambda: lab.queue.rename("nobody", "x"), lambda: lab.queue.get("nobody"), lambda: lab.queue.delete("../x")):
        with pytest.raises(JobError) as caught:
            call()
        assert caught.value.code == "unknown_job"


def test_deleting_spares_what_runs_and_what_lies_outside(lab: Lab, tmp_path: Path) -> None:
    treasure = tmp_path / "treasure"
    treasure.mkdir()
    (treasure / "gold").write_text("gold")
    running, waiting = lab.submit(**LONG), lab.submit(**LONG)
    lab.until_step(running, 1)
    with pytest.raises(JobError) as caught:
        lab.queue.delete(running)
    assert caught.value.code == "job_at_work"
    lab.queue.delete(waiting)
    assert [job.id for job in lab.queue.list()] == [running]
    lab.queue.cancel(running)
    lab.until_over(running)
    (lab.runs_dir / running / "link").symlink_to(treasure)
    lab.queue.delete(running)
    assert lab.queue.list() == () and not (lab.runs_dir / running).exists()
    assert not list(lab.runs_dir.glob(".deleted-*"))
    assert (treasure / "gold").read_text() == "gold"


@pytest.mark.parametrize("budget", [0, -1, float("nan"), float("inf")])
def test_nonsense_budgets_are_refused(lab: Lab, budget: float) -> None:
    with pytest.raises(JobError) as caught:
        lab.submit(budget_s=budget)
    assert caught.value.code == "job_bad_budget"


def test_only_what_ended_early_can_be_resumed(lab: Lab) -> None:
    job_id = lab.submit(steps=1)
    lab.until_over(job_id)
    with pytest.raises(JobError) as caught:
        lab.queue.resume(job_id)
    assert caught.value.code == "job_not_resumable"


def test_a_lost_index_is_made_again_from_the_runs(lab: Lab) -> None:
    done = lab.submit("A", steps=3, name="kept")
    lab.until_over(done)
    running = lab.submit("B", steps=150, step_s=0.02)
    lab.until_step(running, 2)
    dispatcher = lab.dispatcher()
    assert dispatcher is not None
    os.kill(dispatcher.pid, signal.SIGKILL)
    lab.queue.close()
    for path in lab.runs_dir.glob("jobs.sqlite-*"):
        path.unlink()
    (lab.runs_dir / "jobs.sqlite").write_bytes(b"this is no index")
    lab.queue = lab.open_queue()
    assert (lab.queue.get(done).state, lab.queue.get(done).session, lab.queue.get(done).name) == (State.FINISHED, "A", "kept")
    assert lab.queue.get(running).state is State.RUNNING
    assert lab.until_over(running).state is State.FINISHED
    assert len(lab.starts(running)) == 1


def test_a_run_from_a_shell_is_taken_in_when_it_has_ended(lab: Lab) -> None:
    for name, events in {
        "20261122-lenet": '{"kind": "start"}\n{"kind": "end", "state": "finished", "reason": "epochs_done"}\n',
        "still-going": '{"kind": "start"}\n{"kind": "progress", "step": 1}\n',
        "torn": '{"kind": "start"}\n{"kind": "end", "sta',
    }.items():
        (lab.runs_dir / name).mkdir()
        (lab.runs_dir / name / "recipe.json").write_text('{"name": "LeNet", "architecture": "lenet5"}')
        (lab.runs_dir / name / "events.jsonl").write_text(events)
    lab.queue.close()
    lab.queue = lab.open_queue()
    [job] = lab.queue.list()
    assert (job.id, job.name, job.state, job.reason) == ("20261122-lenet", "LeNet", State.FINISHED, "epochs_done")
    assert job.recipe["architecture"] == "lenet5"


def test_a_run_from_a_shell_took_as_long_as_it_says_and_keeps_what_ended_it(lab: Lab) -> None:
    folder = lab.runs_dir / "from-a-shell"
    folder.mkdir()
    (folder / "recipe.json").write_text('{"name": "LeNet"}')
    start = {"kind": "start", "time": 1000.0, "elapsed_s": 0.0, "loading_s": 1.5}
    end = {"kind": "end", "time": 1010.0, "elapsed_s": 4.25, "state": "failed", "reason": "diverged", "loss": 5.79e8, "lr": 1e9, "step": 7}
    (folder / "events.jsonl").write_text(f"{json.dumps(start)}\n{json.dumps(end)}\n")  # and between the two it was stopped for a while
    lab.queue.close()
    lab.queue = lab.open_queue()
    [job] = lab.queue.list()
    assert (job.started, job.created, job.ended) == (1004.25, 1004.25, 1010.0)
    assert "the loss has risen to 5.79e+08" in in_english(job)
    assert job.has_diverged and not job.can_resume
    with pytest.raises(JobError) as refused:
        lab.queue.resume(job.id)
    assert refused.value.code == "job_diverged" and lab.queue.get(job.id).state is State.FAILED


def test_a_runs_folder_that_vanishes_is_made_again(lab: Lab) -> None:
    lab.until_over(lab.submit(steps=1))
    lab.close()
    shutil.rmtree(lab.runs_dir)
    lab.queue = lab.open_queue()
    assert lab.queue.list() == ()
    shutil.rmtree(lab.runs_dir)
    assert lab.until_over(lab.submit(steps=1)).state is State.FINISHED


def test_the_shell_shows_and_directs(lab: Lab, tmp_path: Path) -> None:
    def shell(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cnn_core.jobs", "--runs", str(lab.runs_dir), "--worker", TINY, *words]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    recipe = tmp_path / "recipe.json"
    recipe.write_text('{"steps": 100000, "step_s": 0.01, "name": "from a file"}')
    job_id = shell("submit", str(recipe)).stdout.strip()
    lab.until_step(job_id, 1)
    assert "running" in shell("list").stdout and "from a file" in shell("list").stdout
    assert "stopping" in shell("cancel", job_id).stdout
    lab.until_over(job_id)
    assert "Stopped by hand." in shell("show", job_id).stdout
    assert shell("delete", job_id).returncode == 0 and shell("list").stdout == ""
    refused = shell("show", job_id)
    assert refused.returncode == 1 and job_id in refused.stderr


def test_the_shell_queues_only_what_can_be_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cnn_core.jobs.lead.Keeper.ensure", lambda self, at_once=False: None)
    queue = JobQueue(tmp_path / "runs")
    (tmp_path / "latin.json").write_bytes('{"name": "señal"}'.encode("latin-1"))
    (tmp_path / "faults.json").write_text('{"architecture": "lenett", "dataset": "digits", "epochs": 0}')
    (tmp_path / "good.toml").write_text('architecture = "lenet5_keras"\ndataset = "digits"\nvalidation_images = 100\ninput_size = 28\n')
    prefix = ["--runs", str(tmp_path / "runs"), "submit"]
    for words, told in (
        (["latin.json"], ["UTF-8"]), (["faults.json"], ["lenett", "epochs"]), (["lenet_curse"], ["lenet_course"]),
        (["good.toml", "--set", "architecture=alexnet"], ["alexnet"]), (["nowhere.json"], ["nowhere.json"]),
    ):  # fmt: skip
        monkeypatch.chdir(tmp_path)
        assert main([*prefix, *words]) == 2, words
        err = capsys.readouterr().err
        assert all(word.lower() in err.lower() for word in told) and "Traceback" not in err
    assert queue.list() == ()
    assert main([*prefix, "good.toml", "--set", "epochs=7"]) == 0
    assert main([*prefix, "lesson_norm_with", "--set", "dataset=digits", "validation_images=100", "name=" + "long " * 15]) == 0
    first, second = queue.list()
    assert (first.recipe["epochs"], second.recipe["dataset"]) == (7, "digits")
    capsys.readouterr()
    assert main(["--runs", str(tmp_path / "runs"), "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].index("place") == lines[0].index("place") and "…" in lines[1] and "…" not in lines[0]
    queue.close()
