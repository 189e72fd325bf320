"""The queue as pages, scripts and the shell use it. Imports no torch."""

from __future__ import annotations

import json
import math
import os
import secrets
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from cnn_core.errors import JobError
from cnn_core.jobs.adopting import Adopter, is_run_name
from cnn_core.jobs.engines import make_engine
from cnn_core.jobs.engines.local import WORKER, python_path
from cnn_core.jobs.fairness import turns
from cnn_core.jobs.folder import RunFolder, set_aside
from cnn_core.jobs.job import ACTIVE, RESUMABLE, Curve, Job, State, Summary, read_object
from cnn_core.jobs.lead import Keeper, dispatch_command, wish_for_warmth
from cnn_core.jobs.store import Index
from cnn_core.jobs.tailing import SERIES_POINTS, EventFile, EventFiles, Events

NAME_LENGTH = 80
TAG_LENGTH = 40
TAGS_MOST = 12
WARM_EVERY_S = 60.0


class WrittenRecipe(Protocol):
    """What a queue needs of a recipe: `cnn_core.training.Recipe` has it."""

    def validate(self) -> None: ...

    def to_json(self) -> str: ...


def runs_root(root: str | os.PathLike[str] | None = None) -> Path:
    """The runs folder: ``root``, or ``CONVOLAB_RUNS``, or ``runs`` in the working directory."""
    return Path(root or os.environ.get("CONVOLAB_RUNS") or "runs").expanduser().absolute()


class JobQueue:
    """All jobs of a runs folder. Any number of threads, processes and pages may have it open at once.

    Args:
        runs_dir: where the jobs and their files are kept; by default ``CONVOLAB_RUNS``, or ``runs``.
        engine: where jobs run; a name of ``cnn_core.jobs.engines.ENGINES``.
        worker: the module a job's process runs; tests give one with a tiny workload.

    Raises:
        JobError: the folder cannot be used.
    """

    def __init__(
        self, runs_dir: str | os.PathLike[str] | None = None, *, engine: str = "local", worker: str = WORKER
    ) -> None:
        self.runs_dir = runs_root(runs_dir)
        self._engine = make_engine(engine, worker)
        self._index = Index(self.runs_dir)
        env = python_path(dict(os.environ))
        self._keeper = Keeper(self.runs_dir, dispatch_command(self.runs_dir, engine, worker), env)
        self._files = EventFiles()
        self._warming = threading.Lock()
        self._warmed_at = float("-inf")
        self._adopter = Adopter(self._index)
        self._listed: tuple[tuple[Job, ...], tuple[Job, ...]] = ((), ())

    def close(self) -> None:
        """Let go of the index; the jobs go on."""
        self._index.close()

    # Submitting and ending

    def submit(
        self, recipe: WrittenRecipe | str, session: str = "", name: str = "", budget_s: float | None = None,
        *, tags: Iterable[str] = (), token: str = "",
    ) -> str:  # fmt: skip
        """Put a job at the end of its session's line.

        Args:
            recipe: a recipe, or its text; a recipe is validated first, a text is read by the worker only.
            session: whose job it is; sessions take turns.
            budget_s: seconds of training after which it is stopped, and can be resumed.
            token: made once for each time somebody means to start a job: the same token again (a double click, a repeated
                request) gives the job that is already there.

        Returns:
            The job's id.

        Raises:
            JobError: a budget that is not a positive number.
            RecipeError and others: what the recipe's own ``validate`` raises.
        """
        if budget_s is not None and not 0 < budget_s < math.inf:
            raise JobError(f"a budget is a positive number of seconds, not {budget_s}", code="job_bad_budget", value=budget_s)
        if isinstance(recipe, str):
            text = recipe
        else:
            recipe.validate()
            text = recipe.to_json()
        fields = read_object(text)
        columns = {
            "token": token or None, "session": session, "name": _name(name or str(fields.get("name", ""))),
            "tags": _tags(tags), "recipe": text, "wants": str(fields.get("device", "auto")), "budget_s": budget_s,
        }  # fmt: skip
        job_id = f"{time.strftime('%y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
        try:
            self._index.add(job_id, columns)
        except sqlite3.IntegrityError:
            found = self._index.by_token(token) if token else None
            if found is None:
                raise
            return found
        self._keeper.ensure(at_once=True)
        return job_id

    def warm(self) -> None:
        """Somebody is about to start a job: have a worker ready that has loaded torch. Cheap to call again and again.

        Costs the memory of one idle worker (some 350 MB) until five minutes after the last call.
        """
        with self._warming:
            if time.monotonic() - self._warmed_at < WARM_EVERY_S:
                return
            self._warmed_at = time.monotonic()
        wish_for_warmth(self.runs_dir)
        self._keeper.ensure(at_once=True)

    def cancel(self, job_id: str) -> Job:
        """Stop a job: a waiting one never starts, a running one saves and ends; one that is over stays as it is.

        The job is ``stopping`` until its process is gone.
        """
        if not self._index.change(job_id, (State.QUEUED,), State.STOPPED, "cancelled"):
            self._index.change(job_id, (State.STARTING, State.RUNNING), State.STOPPING, "cancelled")
        job = self.get(job_id)
        if job.state.is_active:
            self._keeper.ensure(at_once=True)
        return job

    def resume(self, job_id: str) -> Job:
        """Let a job that was stopped, failed or lost go on from its saved state; anew, if it had not saved any yet.

        Raises:
            JobError: it is finished, or not over yet, or has diverged, or its saved state is damaged.
        """
        job = self.get(job_id)
        if job.has_diverged:
            raise JobError(
                "this job has diverged, and would again from where it stood: start it anew with a lower learning rate",
                code="job_diverged", id=job_id,
            )
        saved = RunFolder(job.run_dir).check_resumable() if job.can_resume else False
        changed = self._index.change(
            job_id, RESUMABLE, State.QUEUED, "resumed" if saved else "restarted", device="", handle="", resume=int(saved)
        )
        if not changed:
            raise JobError(
                f"this job is {job.state}: only one that was stopped, failed or lost can be resumed",
                code="job_not_resumable", id=job_id, state=str(job.state),
            )
        self._keeper.ensure(at_once=True)
        return self.get(job_id)

    # Looking

    def list(self) -> tuple[Job, ...]:
        """All jobs, oldest first, with their positions in the queue; runs that were made from a shell are among them once they end."""
        self._adopter.look()
        jobs = self._index.jobs()
        if jobs is not self._listed[0]:
            waiting = [job for job in jobs if job.state is State.QUEUED]
            order = turns(waiting, self._index.last_turns()) if waiting else ()
            places = {job.id: place for place, job in enumerate(order, start=1)}
            self._listed = jobs, tuple(replace(job, position=places[job.id]) if job.id in places else job for job in jobs)
        if any(not job.state.is_over for job in jobs):
            self._keeper.ensure()
        return self._listed[1]

    def get(self, job_id: str) -> Job:
        """One job.

        Raises:
            JobError: there is none of this id.
        """
        for job in self.list():
            if job.id == job_id:
                return job
        raise JobError(f"no job {job_id!r}: it may have been deleted", code="unknown_job", id=job_id)

    def events(self, job_id: str, after: int = 0) -> tuple[Events, int]:
        """What a run has told since a mark, and the mark for the next time; 0 asks for everything.

        Begins with ``{"kind": "reset"}`` if what was told before is no longer true (the run went on from an earlier state): forget
        it, all events follow. The file is read once for all who watch it from this process.
        """
        return self._file(job_id).since(after)

    def summary(self, job_id: str) -> Summary:
        """The last figures of a run."""
        return self._file(job_id).summary()

    def curve(self, job_id: str, points: int = SERIES_POINTS) -> Curve:
        """A run's figures as columns for a chart, thinned to ``points``; the same object until there is more."""
        return self._file(job_id).curve(points)

    def _file(self, job_id: str) -> EventFile:
        run_dir = self.get(job_id).run_dir
        return self._files.get(job_id, lambda start, limit: self._engine.tail(run_dir, start, limit))

    # Keeping order

    def rename(self, job_id: str, name: str) -> Job:
        self._set(job_id, name=_name(name))
        return self.get(job_id)

    def tag(self, job_id: str, tags: Iterable[str]) -> Job:
        """Give a job these tags, in place of those it has."""
        self._set(job_id, tags=_tags(tags))
        return self.get(job_id)

    def delete(self, job_id: str) -> None:
        """Remove a job and its folder; a waiting one is cancelled by that.

        Raises:
            JobError: it is at work, or there is none of this id.
        """
        job = self.get(job_id)
        if not is_run_name(job.id):  # an index that somebody edited
            raise JobError(f"{job.id!r} is not a job's id", code="unknown_job", id=job.id)
        with self._index.writing() as db:
            row = db.execute("SELECT state FROM jobs WHERE id = ?", (job_id,)).fetchone()
            if (row is not None and row["state"] in ACTIVE) or RunFolder(job.run_dir).is_held():
                raise JobError("this job is at work: stop it first", code="job_at_work", id=job_id)
            away = set_aside(job.run_dir)
            db.execute("DELETE FROM jobs WHERE id = ?", (job_id,))
        self._files.drop(job_id)
        if away is not None:
            shutil.rmtree(away, ignore_errors=True)

    def _set(self, job_id: str, **columns: str) -> None:
        if not self._index.set(job_id, **columns):
            raise JobError(f"no job {job_id!r}: it may have been deleted", code="unknown_job", id=job_id)


def _name(text: str) -> str:
    return " ".join(text.split())[:NAME_LENGTH]


def _tags(tags: Iterable[str]) -> str:
    """As JSON: without blanks around them, each once, in the order given."""
    cleaned = (" ".join(tag.split())[:TAG_LENGTH] for tag in tags)
    return json.dumps(list(dict.fromkeys(tag for tag in cleaned if tag))[:TAGS_MOST], ensure_ascii=False)
