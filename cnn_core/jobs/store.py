"""The index of all jobs: one SQLite file in the runs folder, which only the queue writes.

Write-ahead logging lets pages read while the dispatcher writes; every change of state is one transaction that names the states
it may start from, so that two processes can never both make it. A change is on the disk when the call returns.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cnn_core.errors import JobError
from cnn_core.jobs.job import ACTIVE, Change, Job, State, read_object

FILE = "jobs.sqlite"
_MAGIC = b"SQLite format 3\0"  # https://www.sqlite.org/fileformat.html
BUSY_TIMEOUT_S = 30.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order of submission, whatever the clock says
    id TEXT NOT NULL UNIQUE, token TEXT UNIQUE, session TEXT NOT NULL, name TEXT NOT NULL, tags TEXT NOT NULL,
    recipe TEXT NOT NULL, wants TEXT NOT NULL, budget_s REAL, state TEXT NOT NULL, device TEXT NOT NULL DEFAULT '',
    attempt INTEGER NOT NULL DEFAULT 0, resume INTEGER NOT NULL DEFAULT 0, handle TEXT NOT NULL DEFAULT '',
    turn INTEGER NOT NULL DEFAULT 0,  -- counts starts over all jobs: when this job's session last had its turn
    created REAL NOT NULL, started REAL, ended REAL
);
CREATE TABLE IF NOT EXISTS changes (
    job INTEGER NOT NULL REFERENCES jobs(number) ON DELETE CASCADE,
    state TEXT NOT NULL, reason TEXT NOT NULL, facts TEXT NOT NULL, time REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS changes_by_job ON changes(job);
-- One job a device, whoever asks.
CREATE UNIQUE INDEX IF NOT EXISTS one_job_a_device ON jobs(device) WHERE state IN ('starting', 'running', 'stopping');
"""


class Index:
    """Reading and changing the index. May be shared by the threads of a process; processes each open their own.

    Raises:
        JobError: the folder cannot be written, or the file is not an index.
    """

    def __init__(self, runs_dir: Path) -> None:
        self.runs_dir = runs_dir
        self._lock = threading.RLock()
        self._file = runs_dir / FILE
        self._open()

    def _open(self) -> None:
        self._jobs: tuple[tuple[int, int], tuple[Job, ...]] | None = None
        try:
            self.runs_dir.mkdir(parents=True, exist_ok=True)
            self._put_damage_aside()
            self._db = sqlite3.connect(
                self._file, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
            if not self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'one_job_a_device'").fetchone():
                self._db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
            self._inode = self._file.stat().st_ino
        except (OSError, sqlite3.Error) as err:
            raise self._unusable(err) from err

    def _put_damage_aside(self) -> None:
        """A file that is no index gives way to a new one; the runs themselves are taken in again (`adopting`)."""
        if not self._file.exists() or not self._file.stat().st_size:
            return
        with self._file.open("rb") as file:
            if file.read(len(_MAGIC)) == _MAGIC:
                return
        for suffix in ("", "-wal", "-shm"):
            path = self._file.with_name(FILE + suffix)
            if path.exists():
                path.rename(path.with_name(f"{path.name}.damaged-{secrets.token_hex(3)}"))

    def _unusable(self, err: Exception) -> JobError:
        return JobError(
            f"the list of jobs in {self.runs_dir} cannot be used ({err}): make room, or choose another folder with CONVOLAB_RUNS",
            code="jobs_unusable", path=str(self.runs_dir), reason=str(err),
        )

    def _reopen_if_gone(self) -> None:
        """Somebody may have deleted the runs folder while it was open."""
        try:
            there = self._file.stat().st_ino == self._inode
        except OSError:
            there = False
        if not there:
            self._db.close()
            self._open()

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, taken for writing from the start; undone if the block raises."""
        with self._lock:
            self._reopen_if_gone()
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except sqlite3.IntegrityError:
                raise
            except sqlite3.DatabaseError as err:  # a full disk, a disk that fails, thirty seconds of waiting
                raise self._unusable(err) from err
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    # Reading

    def jobs(self) -> tuple[Job, ...]:
        """All jobs, oldest first, without their positions. Read again only when something has changed."""
        with self._lock:
            self._reopen_if_gone()
            version = (int(self._db.execute("PRAGMA data_version").fetchone()[0]), self._db.total_changes)
            if self._jobs is None or self._jobs[0] != version:
                self._jobs = version, self._read()
            return self._jobs[1]

    def _read(self) -> tuple[Job, ...]:
        self._db.execute("BEGIN")  # both tables as of one moment
        try:
            history: dict[int, list[Change]] = {}
            for row in self._db.execute("SELECT * FROM changes ORDER BY rowid"):
                change = Change(State(row["state"]), row["reason"], read_object(row["facts"]), row["time"])
                history.setdefault(row["job"], []).append(change)
            rows = self._db.execute("SELECT * FROM jobs ORDER BY number").fetchall()
        finally:
            self._db.execute("COMMIT")
        return tuple(
            Job(
                id=row["id"], name=row["name"], tags=tuple(json.loads(row["tags"])), session=row["session"],
                recipe_json=row["recipe"], run_dir=self.runs_dir / row["id"], history=tuple(history[row["number"]]),
                device=row["device"], wants=row["wants"], budget_s=row["budget_s"], attempt=row["attempt"],
                created=row["created"], started=row["started"], ended=row["ended"],
            )
            for row in rows
        )  # fmt: skip

    def find(self, job_id: str) -> Job | None:
        return next((job for job in self.jobs() if job.id == job_id), None)

    def by_token(self, token: str) -> str | None:
        with self._lock:
            row = self._db.execute("SELECT id FROM jobs WHERE token = ?", (token,)).fetchone()
        return row["id"] if row else None

    def private(self, job_id: str) -> tuple[str, bool]:
        """What only the dispatcher needs: the engine's handle, and whether the next start goes on from a saved state."""
        with self._lock:
            row = self._db.execute("SELECT handle, resume FROM jobs WHERE id = ?", (job_id,)).fetchone()
        return (row["handle"], bool(row["resume"])) if row else ("", False)

    def last_turns(self) -> dict[str, int]:
        """When each session last had a job started, counted in starts."""
        with self._lock:
            return dict(self._db.execute("SELECT session, MAX(turn) FROM jobs GROUP BY session").fetchall())

    # Changing

    def add(self, job_id: str, columns: Mapping[str, Any]) -> None:
        with self.writing() as db:
            names = ["id", "state", "created", *columns]
            marks = ", ".join("?" * len(names))
            added = db.execute(
                f"INSERT INTO jobs ({', '.join(names)}) VALUES ({marks})",
                (job_id, State.QUEUED, time.time(), *columns.values()),
            )
            self._note(db, added.lastrowid, State.QUEUED, "", {})

    def adopt(self, job_id: str, state: State, reason: str, facts: Mapping[str, Any], columns: Mapping[str, Any]) -> bool:
        """Take a run in that is there but unknown; False if it has become known, or has gone, in the meantime."""
        with self.writing() as db:
            known = db.execute("SELECT 1 FROM jobs WHERE id = ?", (job_id,)).fetchone()
            if known or not (self.runs_dir / job_id).is_dir():
                return False
            names = ["id", "state", *columns]
            marks = ", ".join("?" * len(names))
            values = (job_id, state, *columns.values())
            added = db.execute(f"INSERT OR IGNORE INTO jobs ({', '.join(names)}) VALUES ({marks})", values)
            if not added.rowcount:  # its device has another job: it waits to be taken in until that is over
                return False
            self._note(db, added.lastrowid, state, reason, facts)
            return True

    def change(
        self, job_id: str, sources: Iterable[State], target: State, reason: str = "",
        facts: Mapping[str, Any] | None = None, **columns: Any,
    ) -> bool:  # fmt: skip
        """Bring a job into another state if it is in one of ``sources``; False if it is not. ``columns`` change with it."""
        with self.writing() as db:
            return self.change_in(db, job_id, sources, target, reason, facts, **columns)

    def change_in(
        self, db: sqlite3.Connection, job_id: str, sources: Iterable[State], target: State, reason: str = "",
        facts: Mapping[str, Any] | None = None, **columns: Any,
    ) -> bool:  # fmt: skip
        """``change``, within a transaction that is already open."""
        row = db.execute("SELECT number, state FROM jobs WHERE id = ?", (job_id,)).fetchone()
        if row is None or row["state"] not in tuple(sources):
            return False
        if target is State.STARTING:
            columns["turn"] = db.execute("SELECT MAX(turn) + 1 FROM jobs").fetchone()[0]
        if target is State.RUNNING:
            columns["started"] = time.time()
        if target.is_over:
            columns["ended"] = time.time()
        sets = "".join(f", {name} = ?" for name in columns)
        db.execute(f"UPDATE jobs SET state = ?{sets} WHERE number = ?", (target, *columns.values(), row["number"]))
        self._note(db, row["number"], target, reason, facts or {})
        return True

    def set(self, job_id: str, **columns: Any) -> bool:
        """Change what has nothing to do with the state: name, tags, handle."""
        with self.writing() as db:
            sets = ", ".join(f"{name} = ?" for name in columns)
            return db.execute(f"UPDATE jobs SET {sets} WHERE id = ?", (*columns.values(), job_id)).rowcount == 1

    def claim(self, job_id: str, device: str) -> bool:
        """A waiting job becomes a starting one, on a device that has none; False if somebody was quicker."""
        with self.writing() as db:
            marks = ", ".join("?" * len(ACTIVE))
            taken = db.execute(f"SELECT 1 FROM jobs WHERE device = ? AND state IN ({marks})", (device, *ACTIVE)).fetchone()
            row = db.execute("SELECT attempt FROM jobs WHERE id = ?", (job_id,)).fetchone()
            if taken or row is None:
                return False
            return self.change_in(
                db, job_id, (State.QUEUED,), State.STARTING, device=device, attempt=row["attempt"] + 1, handle="",
                started=None, ended=None,
            )  # fmt: skip

    @staticmethod
    def _note(db: sqlite3.Connection, number: int | None, state: State, reason: str, facts: Mapping[str, Any]) -> None:
        said = json.dumps(dict(facts), ensure_ascii=False, default=str)
        db.execute("INSERT INTO changes VALUES (?, ?, ?, ?, ?)", (number, state, reason, said, time.time()))
