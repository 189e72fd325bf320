"""The training loop. Imports torch.

The data lie on the device as uint8, and are altered and normalised there in batches; nothing inside an epoch waits for the device:
what a progress event says is copied on its way and read when it has arrived.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnn_core.errors import TrainingError, exhausted
from cnn_core.training import batches, devices, files, metrics, networks, optimising, saving, snapshots
from cnn_core.training.averaging import Average
from cnn_core.training.facts import check_same_data, facts
from cnn_core.training.keeping import WeightFiles
from cnn_core.training.meters import Meter, Reading
from cnn_core.training.recipe import Recipe
from cnn_core.training.setting import other_settings
from cnn_core.training.shortcuts import Shortcuts

SAVE_EVERY_S = 20.0  # a killed job loses at most so much of its work, and saving a large network takes a second
DIVERGED_AT_ONCE = 1e4  # times the loss of guessing: training has diverged, even where the loss is still a number
DIVERGED_EPOCH = 100.0  # the same over a whole epoch that is not the first one, whose start may be rough
AUXILIARY = 0.3      # weight of auxiliary predictions in the loss (Szegedy et al. 2015, section 5)

Event = dict[str, Any]


@dataclass(frozen=True)
class TrainResult:
    """How a run ended.

    Attributes:
        state: "finished", "stopped" or "failed".
        reason: why, as a code: "epochs_done", "budget_reached", "asked", or what failed.
        test_accuracy: on the whole test split; None unless it finished.
        validation_accuracy: after the last epoch that was finished; None if none was.
        epochs: how many were finished.
        seconds: wall time of the loop, validation and saving included, loading and start-up not.
    """

    state: str
    reason: str
    epochs: int
    seconds: float
    validation_accuracy: float | None = None
    test_accuracy: float | None = None
    test_loss: float | None = None


def train(
    recipe: Recipe,
    run_dir: str | Path,
    on_event: Callable[[Event], object] | None = None,
    *,
    stop: Callable[[], bool] | None = None,
    resume: bool = False,
    anew: bool = False,
    root: str | Path | None = None,
) -> TrainResult:
    """Train, and keep what came of it in ``run_dir``.

    Args:
        on_event: called with every event, after it has been written.
        stop: asked after every step; True saves and ends the run, so that it can be resumed.
        resume: go on from the saved state of this folder; the recipe must be the same. The curve continues as if nothing had been.
        anew: begin again in a folder that already holds a run, which is lost by that; refused otherwise.
        root: the data folder; ``CONVOLAB_DATA`` otherwise.

    Raises:
        RecipeError, DatasetError, ArchitectureError, WeightsError: it cannot start; nothing was trained.
        TrainingError: it cannot be resumed, or the folder holds a run already (``training_folder_taken``) or is being trained in
            (``training_folder_busy``), and nothing of it was touched; or it broke off: it diverged (codes ``nan_loss``, ``diverged``).
        torch.OutOfMemoryError, OSError: as they come; the caller gives them words. Events and saved state are there up to that point.
    """
    if not (resume or anew):
        files.check_free(Path(run_dir))
    return Run(recipe, Path(run_dir), on_event, stop or (lambda: False), None if root is None else str(root)).run(resume)


class Run:
    """One run, from its first step to its last; lives as long as ``train`` does."""

    def __init__(
        self, recipe: Recipe, run_dir: Path, on_event: Callable[[Event], object] | None,
        stop: Callable[[], bool], root: str | None,
    ) -> None:
        started = time.monotonic()
        recipe.validate()
        self.recipe, self.dir, self.on_event, self.stop, self.root = recipe, run_dir, on_event, stop, root
        self.device = devices.choose(recipe.device)
        self.dtype = devices.precision(recipe.precision, self.device)
        _settle_numerics(recipe)
        torch.manual_seed(recipe.seed)
        self.data = batches.load(recipe, self.device, root)
        self.network = networks.build(recipe, self.data).to(self.device)
        if recipe.channels_last:
            self.network = self.network.to(memory_format=torch.channels_last)
        self.stepped = torch.compile(self.network) if recipe.compile else self.network
        self.shortcuts = nullcontext() if recipe.compile else Shortcuts(self.network)  # the compiler finds its own
        self.learning = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        self.optimiser = optimising.optimiser(self.network, recipe, self.device)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.dtype == torch.float16)
        self.generator = torch.Generator(self.device).manual_seed(recipe.seed)
        self.average = Average(self.network, recipe.averaging)
        self.weights = WeightFiles(run_dir)
        self.steps_in_epoch = batches.steps_in_epoch(len(self.data.train), recipe.batch)
        self.steps_total = self.steps_in_epoch * recipe.epochs
        self.meter = Meter(self.device)
        self.lr = 0.0  # of the last step
        self.step = 0
        self.validated = 0  # epochs; a run may have been stopped between an epoch's last step and its validation
        self.elapsed_before = 0.0
        self.best = -1.0
        self.last_accuracy: float | None = None  # of the last validation
        self.loading_s = time.monotonic() - started

    def run(self, resume: bool) -> TrainResult:
        if not resume:
            self.dir.mkdir(parents=True, exist_ok=True)
        with files.alone(self.dir):
            return self._run(resume)

    def _run(self, resume: bool) -> TrainResult:
        length = self._resume() if resume else 0
        self.log = files.EventLog(self.dir / "events.jsonl", length)
        self.began = self.saved_at = time.monotonic()
        try:
            if not resume:
                files.clear(self.dir, ("epochs", "weights"))  # of an earlier attempt in the same folder
                files.write_text(self.dir / "recipe.json", self.recipe.to_json() + "\n")
                files.write_json(self.dir / "network.json", facts(self.recipe, self.data, self.network, self.device, self.dtype, self.root))
                self._emit("start", loading_s=round(self.loading_s, 3), steps=self.steps_total)
                self._snapshot(0)
                self._save()
            return self._epochs()
        except Exception as error:
            if not isinstance(error, TrainingError):  # which has told its end itself
                with suppress(OSError):
                    self._emit("end", state="failed", reason=exhausted(error) or "crashed", detail=f"{type(error).__name__}: {error}"[:200])
            raise
        finally:
            with suppress(OSError):  # what could not be written has been told by the error of that write
                self.log.close()

    def _epochs(self) -> TrainResult:
        while self.validated < self.recipe.epochs:
            epoch, within = self.validated, self.step - self.validated * self.steps_in_epoch
            if within == 0:
                self.meter.new_epoch()
            reason = self._epoch(epoch, within)
            if reason == "asked":
                return self._stopped(epoch)
            whole = self.step == (epoch + 1) * self.steps_in_epoch
            try:
                self._validate(epoch + 1)
                if reason:
                    return self._finish(reason, epoch + whole)
            except metrics.Interrupted:
                return self._stopped(epoch + whole)
        try:
            return self._finish("epochs_done", self.recipe.epochs)
        except metrics.Interrupted:
            return self._stopped(self.recipe.epochs)

    def _stopped(self, epochs: int) -> TrainResult:
        self._save()
        return self._end("stopped", "asked", epochs)

    def _epoch(self, epoch: int, within: int) -> str:
        """Train to the end of the epoch; gives the reason where it ends earlier."""
        self.network.train()
        networks.keep_frozen_still(self.network)
        for inputs, labels in batches.batches(self.data, self.recipe, epoch, self.generator, within):
            self._step(inputs, labels)
            if self.meter.due():
                self._progress()
            if self.stop():
                return "asked"
            if self.recipe.budget_s and self._elapsed() >= self.recipe.budget_s:
                return "budget_reached"
            if time.monotonic() - self.saved_at > SAVE_EVERY_S:
                self._save()
        return ""

    def _step(self, inputs: Tensor, labels: Tensor) -> None:
        self.lr = optimising.rate(self.recipe, self._way())
        for group in self.optimiser.param_groups:
            group["lr"] = self.lr
        if self.recipe.channels_last:
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        with devices.autocast(self.device, self.dtype):
            with self.shortcuts:
                output = self.stepped(inputs)
            logits = metrics.logits_of(output)
            loss = self._loss(output, labels)
        for parameter in self.learning:
            parameter.grad = None
        self.scaler.scale(loss).backward()
        norm = self._gradient_norm()
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.step += 1
        self.average.update(self.step)
        self.meter.add(loss.detach(), logits.detach(), labels, norm)

    def _loss(self, output: Any, labels: Tensor) -> Tensor:
        heads = [output] if isinstance(output, Tensor) else [head for head in output if head is not None]
        losses = [F.cross_entropy(head.float(), labels, label_smoothing=self.recipe.label_smoothing) for head in heads]
        return losses[0] + AUXILIARY * sum(losses[1:], torch.zeros_like(losses[0]))

    def _gradient_norm(self) -> Tensor | None:
        """At the steps that report it, and always where it is bounded."""
        if not (self.recipe.gradient_clip or self.meter.next_is_due()):
            return None
        self.scaler.unscale_(self.optimiser)
        return nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.gradient_clip or math.inf)

    def _way(self) -> float:
        """How far the job is: by steps, or by its seconds where those run out earlier."""
        steps = (self.step + 0.5) / self.steps_total
        return max(steps, self._elapsed() / self.recipe.budget_s) if self.recipe.budget_s else steps

    def _elapsed(self) -> float:
        return self.elapsed_before + time.monotonic() - self.began

    # what is told and kept

    def _emit(self, kind: str, **values: Any) -> None:
        event: Event = {
            "kind": kind, "time": round(time.time(), 3), "elapsed_s": round(self._elapsed(), 3), "step": self.step,
            "epoch": round(self.step / self.steps_in_epoch, 4), "images": self._images(),
            **{name: _plain(value) for name, value in values.items()},
        }
        self.log.write(event)
        if self.on_event:
            self.on_event(event)

    def _images(self) -> int:
        epochs, within = divmod(self.step, self.steps_in_epoch)
        in_epoch = min(self.steps_in_epoch * self.recipe.batch, len(self.data.train))
        return epochs * in_epoch + within * self.recipe.batch

    def _progress(self) -> None:
        reading = self.meter.read()
        if reading is None:
            return
        self._tell(reading)
        self._check_loss(reading.loss, DIVERGED_AT_ONCE)

    def _tell(self, reading: Reading) -> None:
        """As a point of the curve, where it is one: that of a diverging run is its last."""
        if not math.isfinite(reading.loss):
            return
        way = self._way()
        self._emit(
            "progress", loss=reading.loss, accuracy=reading.accuracy, grad_norm=reading.grad_norm,
            lr=self.lr, images_per_s=reading.images_per_s,
            memory_bytes=devices.memory_bytes(self.device), left_s=max(self._elapsed() * (1 - way) / way, 0.0),
        )

    def _has_diverged(self, loss: float, limit: float) -> bool:
        """Whether the loss is no number any more, or so many times what guessing costs."""
        return not math.isfinite(loss) or loss > limit * math.log(max(len(self.data.class_names), 2))

    def _check_loss(self, loss: float, limit: float) -> None:
        """Break off where training has diverged."""
        if not self._has_diverged(loss, limit):
            return
        is_number = math.isfinite(loss)
        code = "diverged" if is_number else "nan_loss"
        self._emit("end", state="failed", reason=code, loss=loss, lr=self.recipe.lr)
        raise TrainingError(
            f"training has diverged: after {self.step} steps the loss is {f'{loss:.3g}' if is_number else 'no longer a number'}; lower the "
            f"learning rate (now {self.recipe.lr:g}) to a tenth, or add a warm-up",
            code=code, step=self.step, lr=self.recipe.lr, **({"loss": _plain(loss)} if is_number else {}),
        )

    def _validate(self, epoch: int) -> None:
        train_loss, train_accuracy, seconds = self.meter.epoch()
        limit = DIVERGED_EPOCH if epoch > 1 or self.step == self.steps_total else DIVERGED_AT_ONCE
        if self._has_diverged(train_loss, limit):  # nothing of this epoch is told but what ends it
            self._tell(self.meter.whole())
        self._check_loss(train_loss, limit)
        with self.average:
            result = metrics.score(self.network, self.data, self.data.validation, self.dtype, self.stop)
            self._snapshot(epoch)
            self.weights.take(self.network.state_dict(), result.accuracy > self.best)
        self.best = max(self.best, result.accuracy)
        self.last_accuracy = result.accuracy
        self.validated = epoch
        self._emit(
            "epoch", done=epoch, train_loss=train_loss, train_accuracy=train_accuracy, validation_loss=result.loss,
            validation_accuracy=result.accuracy, confusion=result.confusion, per_class=result.per_class,
            lr=self.lr, seconds=seconds, best=self.best,
        )
        if time.monotonic() - self.saved_at > SAVE_EVERY_S / 4 or self.step == self.steps_total:
            self._save()

    def _finish(self, reason: str, epochs: int) -> TrainResult:
        with self.average:
            test = metrics.score(self.network, self.data, self.data.test, self.dtype, self.stop)
        self._save()
        return self._end("finished", reason, epochs, test)

    def _end(self, state: str, reason: str, epochs: int, test: metrics.Score | None = None) -> TrainResult:
        facts: Event = {}
        if test:
            facts = {"test_accuracy": test.accuracy, "test_loss": test.loss, "test_confusion": test.confusion}
        validation = self.last_accuracy
        self._emit("end", state=state, reason=reason, epochs=epochs, validation_accuracy=validation, **facts)
        return TrainResult(
            state, reason, epochs, self._elapsed(), validation, test.accuracy if test else None, test.loss if test else None,
        )

    def _snapshot(self, epoch: int) -> None:
        snapshots.write(self.dir, epoch, self.network, self.data, self.recipe.pinned)

    # going on

    def _save(self) -> None:
        self.weights.write()
        saving.save_state(
            self.dir,
            {
                "network": self.network.state_dict(), "mean": self.average.mean, "meter": self.meter.tensors(),
                "optimiser": saving.optimiser_tensors(self.optimiser), "random": saving.random_tensors(self.generator),
            },
            {
                "step": self.step, "validated": self.validated, "lr": self.lr, "elapsed_s": self._elapsed(), "best": self.best,
                "epoch_s": self.meter.epoch_s(),
                "events_bytes": self.log.length,
                "scaler": self.scaler.state_dict(), "recipe": json.loads(self.recipe.to_json()),
                "validation_accuracy": self.last_accuracy,
            },
        )
        self.saved_at = time.monotonic()

    def _resume(self) -> int:
        """Put everything back; gives the length at which the events are gone on with."""
        groups, position = saving.load_state(self.dir)
        recipe = Recipe.from_dict(position["recipe"])
        settings = other_settings(recipe, self.recipe.replace(name=recipe.name, device=recipe.device))
        if settings:
            raise TrainingError(
                f"this run was made with another recipe ({settings}): start a new one, or resume it with its own",
                code="training_other_recipe", settings=settings,
            )
        check_same_data(files.read_json(self.dir / "network.json"), self.root)
        saving.restore_network(self.network, groups["network"])
        saving.restore_optimiser(self.optimiser, groups.get("optimiser", {}))
        saving.restore_random(groups["random"], self.generator)
        self.average.restore(groups.get("mean", {}))
        self.meter.restore(groups["meter"], float(position.get("epoch_s", 0.0)))
        self.scaler.load_state_dict(position["scaler"])
        self.step, self.validated, self.lr = position["step"], position["validated"], position["lr"]
        self.elapsed_before, self.best = position["elapsed_s"], position["best"]
        self.last_accuracy = position["validation_accuracy"]
        return int(position["events_bytes"])


def _settle_numerics(recipe: Recipe) -> None:
    torch.use_deterministic_algorithms(recipe.deterministic, warn_only=True)
    torch.backends.cudnn.benchmark = not recipe.deterministic
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = not recipe.deterministic


def _plain(value: Any) -> Any:
    """Numbers as JSON knows them: no infinities; floats to six places, which is more than a curve shows."""
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value
