"""Why a job is in its state: codes, what each says in English, and what to do about it.

A page says the same in its own language by ``jobs.reason.<code>`` and ``jobs.advice.<code>``. A reason that is not here is the code
of an error of this project (a recipe that cannot be trained, a data set that is not there), and has its sentence under
``errors.<code>``; ``message_key`` tells which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cnn_core.errors import EXHAUSTED
from cnn_core.jobs.job import Job


@dataclass(frozen=True)
class Reason:
    """What a reason says, and the advice that goes with it ("" for none); ``{facts}`` are filled in from the job's."""

    says: str
    advice: str = ""


REASONS: Mapping[str, Reason] = MappingProxyType({
    "cancelled": Reason("Stopped by hand."),
    "epochs_done": Reason("All its epochs are done."),
    "budget_reached": Reason("The seconds that its recipe gives it are over."),
    "time_limit": Reason("It reached its time limit of {budget_s} s.", "Resume it to give it the same time again."),
    "stop_forced": Reason(
        "It did not end in time and was ended by force.", "Resuming goes on from the last saved state."
    ),
    "ended_from_outside": Reason(
        "It was asked to end from outside, perhaps because the machine shut down.", "Resume it: nothing was lost."
    ),
    "resumed": Reason("Goes on from its saved state."),
    "restarted": Reason("Starts anew: nothing had been saved yet."),
    "not_started": Reason("Its process vanished before the first word; it waits again."),
    "hung": Reason(
        "It gave no sign of life any more and was ended.", "Resume it from the last saved state; if it happens again, try the CPU."
    ),
    "killed": Reason(
        "Its process was killed.", "If nobody did that, memory ran out: halve the batch. Resume it from the last saved state."
    ),
    "machine_restarted": Reason("The machine was restarted while it ran.", "Resume it from the last saved state."),
    "crashed": Reason("It ended with an error of its own: {detail}", "Its log says more."),
    "worker_did_not_start": Reason("Its process could not be started.", "The log in its folder says more."),
    "device_missing": Reason("This machine has no device {device}; it has: {has}.", "Choose “auto”."),
    **{code: Reason(*told) for code, told in EXHAUSTED.items()},
    "nan_loss": Reason(
        "Training has diverged: the loss is no longer a number.", "Lower the learning rate, to a tenth for a start, or add a warm-up."
    ),
    "diverged": Reason(
        "Training has diverged: the loss has risen to {loss} and says nothing any more.",
        "Lower the learning rate, to a tenth for a start, or add a warm-up.",
    ),
})


def message_key(job: Job) -> str:
    """The catalogue's id for the job's reason; "" if it has none."""
    if not job.reason:
        return ""
    return f"jobs.reason.{job.reason}" if job.reason in REASONS else f"errors.{job.reason}"


def advice_key(job: Job) -> str:
    """The catalogue's id for the advice that goes with the job's reason; "" if there is none."""
    known = REASONS.get(job.reason)
    return f"jobs.advice.{job.reason}" if known and known.advice else ""


def in_english(job: Job) -> str:
    """Reason and advice as a shell shows them.

    Raises nothing: a fact that is missing shows as "?".
    """
    known = REASONS.get(job.reason)
    if known is None:
        return str(job.facts.get("message", job.reason))
    told = {name: f"{fact:.{3 if abs(fact) >= 1e5 else 6}g}" if isinstance(fact, float) else fact for name, fact in job.facts.items()}
    return f"{known.says} {known.advice}".strip().format_map(_Facts(told))


class _Facts(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return "?"
