"""From a run's events to the chart's lines, drawn once for all who watch."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cnn_core.jobs import Curve, Job, State
from cnn_core.training import RECIPES
from pages.training import words
from pages.ui import cached
from pages.ui.components.curve_chart import Plot, Series, Style, blob
from pages.ui.i18n import language, t
from pages.ui.theme import CHART, KIND_COLORS

X_AXES = ("epoch", "images", "elapsed_s")
HEIGHT = 300
COMPARED_HEIGHT = 240  # the table stands below


def watched(job: Job, x: str) -> bytes:
    """The chart of one run: loss and accuracy, while training and after each epoch, the printed figures beside them."""
    curve = cached.jobs().curve(job.id)
    key = ("curve", job.id, curve.version, x, language(), job.state is State.QUEUED)
    return cached.drawn(key, lambda: _one(job, curve, x))


def _one(job: Job, curve: Curve, x: str) -> bytes:
    train, validation = KIND_COLORS["train"], KIND_COLORS["validation"]
    steps, epochs = curve.progress, curve.epochs
    names = {kind: t(f"training.series.{kind}") for kind in ("step", "train", "validation", "printed")}
    plots = []
    for measure in ("loss", "accuracy"):
        series = [
            Series(names["step"], _numbers(steps, x), _numbers(steps, measure), train, "faint", "step"),
            Series(names["train"], _numbers(epochs, x), _numbers(epochs, f"train_{measure}"), train, "line", "train"),
            Series(names["validation"], _numbers(epochs, x), _numbers(epochs, f"validation_{measure}"), validation, "line", "validation"),
        ]
        printed = printed_of(job, f"validation_{measure}") if x == "epoch" else ()
        if printed:
            series.append(Series(names["printed"], range(1, len(printed) + 1), printed, validation, "printed", "printed"))
        plots.append(Plot(t(f"training.plot.{measure}"), measure, series))
    return blob(
        plots, x_title=t(f"training.x.{x}"), x_unit=t(f"training.unit.{x}"), x_end=_end(job, curve, x), label=words.run_name(job),
        height=HEIGHT,
    )  # fmt: skip


def compared(jobs: Sequence[Job], x: str, measure: str) -> bytes:
    """One chart of any runs: validation solid, training dashed, a colour a run."""
    queue = cached.jobs()
    curves = [queue.curve(job.id) for job in jobs]
    key = ("compared", tuple((job.id, job.name, curve.version) for job, curve in zip(jobs, curves, strict=True)), x, measure, language())
    return cached.drawn(key, lambda: _many(jobs, curves, x, measure))


def _many(jobs: Sequence[Job], curves: Sequence[Curve], x: str, measure: str) -> bytes:
    measures = ("loss", "accuracy") if measure == "both" else (measure,)
    plots = []
    for kind in measures:
        series = []
        for place, (job, curve) in enumerate(zip(jobs, curves, strict=True)):
            color, name = CHART[place % len(CHART)], f"{place + 1} {words.run_name(job)}"
            epochs = curve.epochs
            if not any(epochs.values()):
                series.append(Series(name, _numbers(curve.progress, x), _numbers(curve.progress, kind), color, "faint", job.id))
                continue
            series.append(Series(name, _numbers(epochs, x), _numbers(epochs, f"validation_{kind}"), color, "line", job.id))
            label = t("training.series.train_of", run=name)
            series.append(Series(label, _numbers(epochs, x), _numbers(epochs, f"train_{kind}"), color, "dashed", job.id))
        plots.append(Plot(t(f"training.plot.{kind}"), kind, series))  # type: ignore[arg-type]
    title, unit = t(f"training.x.{x}"), t(f"training.unit.{x}")
    strokes: dict[Style, str] = {"line": t("training.series.validation"), "dashed": t("training.series.train_only")}
    return blob(plots, x_title=title, x_unit=unit, label=t("training.view.compare"), height=COMPARED_HEIGHT, strokes=strokes)


def printed_of(job: Job, figure: str) -> tuple[float, ...]:
    """What was printed for the ready recipe that this run is, if it is one."""
    recipe = job.recipe
    for row in RECIPES.values():
        if figure in row.printed and row.recipe.dataset == recipe.get("dataset") and row.recipe.architecture == recipe.get("architecture"):
            same = all(recipe.get(name) == getattr(row.recipe, name) for name in ("lr", "batch", "optimiser", "schedule", "epochs"))
            if same:
                return tuple(row.printed[figure])
    return ()


def _numbers(columns: object, name: str) -> list[float]:
    found = columns.get(name, ()) if hasattr(columns, "get") else ()
    return [math.nan if value is None else float(value) for value in found]


def _end(job: Job, curve: Curve, x: str) -> float:
    """Where the axis ends: at the last epoch that was asked for, so that a growing curve does not shrink."""
    epochs = float(job.recipe.get("epochs", 0) or 0)
    if job.state.is_over:
        return 0.0
    if x == "epoch":
        return 0.0 if job.recipe.get("budget_s") else epochs
    places, passes = _numbers(curve.progress, x), _numbers(curve.progress, "epoch")
    return places[-1] / passes[-1] * epochs if places and passes[-1] and x == "images" else 0.0
