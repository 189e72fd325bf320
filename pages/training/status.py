"""A run's state in one strip: how far, how long still, how fast, what it scores."""

from __future__ import annotations

import html
import math
import time

import streamlit as st

from cnn_core.jobs import Job, State, Summary
from pages.training import manage, words
from pages.ui import cached
from pages.ui.i18n import compact_bytes, figure, number, t

COLOURS = {State.FINISHED: "done", State.FAILED: "bad", State.LOST: "bad", State.STOPPED: "still", State.QUEUED: "still"}


def strip(job: Job) -> None:
    """Drawn anew every second while the job is at work."""
    st.html(_strip(job))


def _strip(job: Job) -> str:
    summary = cached.jobs().summary(job.id)
    percent = 100 * _share(job, summary)
    look = COLOURS.get(job.state, "live")
    cells = "".join(f"<div><span>{html.escape(label)}</span><b>{html.escape(value)}</b></div>" for label, value in _cells(job, summary))
    return f"""<div class='tr-status'>
        <div class='head'><span class='chip {look}'>{html.escape(words.state_name(job))}</span>
        <span class='where'>{html.escape(_where(job, summary))}</span></div>
        <div class='bar {look}' role='progressbar' aria-valuemin='0' aria-valuemax='100' aria-valuenow='{percent:.0f}'
        ><i style='width:{percent:.2f}%'></i></div><div class='cells'>{cells}</div></div>"""


def _share(job: Job, summary: Summary) -> float:
    """How far the job is, by whichever of epochs and seconds ends it."""
    if job.state is State.FINISHED:
        return 1.0
    if summary.left_s is not None and summary.elapsed_s:
        return summary.elapsed_s / max(summary.elapsed_s + summary.left_s, 1e-9)
    return min(1.0, (summary.epoch or 0.0) / float(job.recipe.get("epochs") or 1))


def _where(job: Job, summary: Summary) -> str:
    """One line: what it waits for, or how long it is at it, or when and why it ended."""
    if job.state is State.QUEUED:
        return t("training.position", place=job.position or 1)
    if job.state is State.STARTING:
        return t("training.starting", seconds=words.duration(time.time() - job.history[-1].time))
    if job.state.is_over:
        took = max((job.ended or 0) - (job.started or job.ended or 0), summary.elapsed_s or 0)  # what went before a resumption included
        return t("training.ended", time=words.moment(job.ended or job.history[-1].time), took=words.duration(took) if took else "–")
    return job.device


def _cells(job: Job, summary: Summary) -> list[tuple[str, str]]:
    epoch = "–" if summary.epoch is None else number(round(summary.epoch, 1), 1)
    cells = [(t("training.cell.epoch"), f"{epoch} / {number(int(job.recipe.get('epochs') or 1))}")]
    if job.state is State.RUNNING and summary.left_s is not None:
        cells.append((t("training.cell.left"), words.duration(summary.left_s)))
    if summary.elapsed_s is not None:
        cells.append((t("training.cell.trained"), words.duration(summary.elapsed_s)))
    if (rate := speed(job, summary)) is not None:
        cells.append((t("training.cell.speed"), number(round(rate))))
    if memory := _memory(job):
        of = "gpu" if (job.device or str(manage.facts(job).get("device", "CPU")).lower()).startswith(("cuda", "mps")) else "process"
        cells.append((t(f"training.cell.memory.{of}"), compact_bytes(memory)))
    if (last := loss(job, summary)) is not None:
        cells.append((t("training.cell.loss"), figure(last)))
    if summary.validation_accuracy is not None:
        cells.append((t("training.cell.validation"), words.percent(summary.validation_accuracy)))
    if summary.test_accuracy is not None:
        cells.append((t("training.cell.test"), words.percent(summary.test_accuracy)))
    return cells


def speed(job: Job, summary: Summary) -> float | None:
    """Images a second: of the whole training once it is over, of the last steps while it goes on."""
    mean = summary.mean_images_per_s if job.state.is_over else None
    return summary.images_per_s if mean is None else mean


def loss(job: Job, summary: Summary) -> float | None:
    """Of the training images: over the last epoch once it has finished, else over the last steps."""
    if job.has_diverged and job.reason == "nan_loss":
        return math.nan
    return summary.train_loss if job.state is State.FINISHED and summary.train_loss is not None else summary.loss


def _memory(job: Job) -> int:
    """Of the GPU, or of the process where that computes itself, as the worker last told it; 0 where it has not."""
    values = cached.jobs().curve(job.id).progress.get("memory_bytes", ())
    return int(values[-1] or 0) if values else 0

