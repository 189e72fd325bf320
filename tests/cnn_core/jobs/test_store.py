"""The index: one winner of every race, and nothing half-changed."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cnn_core.errors import JobError
from cnn_core.jobs import State
from cnn_core.jobs.store import Index
from tests.conftest import ROOT


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    made = Index(tmp_path / "runs")
    yield made
    made.close()


def columns(session: str = "", **more: Any) -> dict[str, Any]:
    return {"session": session, "name": "", "tags": "[]", "recipe": "{}", "wants": "auto", **more}


def test_of_many_claims_one_wins(index: Index) -> None:
    for number in range(3):
        index.add(f"job {number}", columns())
    rivals = [Index(index.runs_dir) for _ in range(4)]
    won: list[str] = []

    def claim(rival: Index) -> None:
        won.extend(f"job {number}" for number in range(3) if rival.claim(f"job {number}", "cpu"))

    threads = [threading.Thread(target=claim, args=(rival,)) for rival in rivals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for rival in rivals:
        rival.close()
    assert len(won) == 1
    assert [job.state for job in index.jobs()].count(State.STARTING) == 1


def test_the_file_itself_refuses_two_jobs_on_one_device(index: Index) -> None:
    for job_id in "ab":
        index.add(job_id, columns())
    assert index.claim("a", "cpu")
    with pytest.raises(sqlite3.IntegrityError):
        index.change("b", (State.QUEUED,), State.RUNNING, device="cpu")
    assert [job.state for job in index.jobs()] == [State.STARTING, State.QUEUED]
    assert index.change("a", (State.STARTING,), State.FAILED, "crashed")
    assert index.claim("b", "cpu")


def test_a_change_from_another_state_does_nothing(index: Index) -> None:
    index.add("a", columns())
    assert not index.change("a", (State.RUNNING,), State.STOPPING, "cancelled")
    assert not index.change("nobody", (State.QUEUED,), State.STOPPED)
    [job] = index.jobs()
    assert [change.state for change in job.history] == [State.QUEUED]


def test_what_one_process_writes_the_others_see(index: Index) -> None:
    assert index.jobs() == ()
    code = (
        "from pathlib import Path; from cnn_core.jobs.store import Index\n"
        f"Index(Path({str(index.runs_dir)!r})).add('other', {columns()!r})"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    assert [job.id for job in index.jobs()] == ["other"]
    assert index.jobs() is index.jobs(), "read again only when something has changed"


def test_a_transaction_that_fails_changes_nothing(index: Index) -> None:
    index.add("a", columns())
    with pytest.raises(KeyError), index.writing() as db:
        db.execute("DELETE FROM jobs")
        raise KeyError
    assert [job.id for job in index.jobs()] == ["a"]


def test_history_goes_with_its_job(index: Index) -> None:
    index.add("a", columns())
    with index.writing() as db:
        db.execute("DELETE FROM jobs WHERE id = 'a'")
        assert db.execute("SELECT COUNT(*) FROM changes").fetchone()[0] == 0


def test_turns_are_counted_by_starts(index: Index) -> None:
    for job_id, session in (("a", "A"), ("b", "B"), ("c", "A")):
        index.add(job_id, columns(session))
    assert index.last_turns() == {"A": 0, "B": 0}
    for number, job_id in enumerate("abc"):
        assert index.claim(job_id, f"cuda:{number}")
    assert index.last_turns() == {"A": 3, "B": 2}


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(JobError) as caught:
        Index(tmp_path / "file" / "runs")
    assert caught.value.code == "jobs_unusable"


def test_a_full_disk_is_said_and_survived(index: Index) -> None:
    index.add("a", columns())
    with index.writing() as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
    index._db.execute(f"PRAGMA max_page_count = {pages}")  # as SQLite itself simulates it
    with pytest.raises(JobError) as caught:
        index.add("b", {**columns(), "name": "x" * 1_000_000})
    assert caught.value.code == "jobs_unusable"
    index._db.execute("PRAGMA max_page_count = 1000000")
    index.add("c", columns())
    assert [job.id for job in index.jobs()] == ["a", "c"]
