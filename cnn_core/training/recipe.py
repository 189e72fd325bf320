"""A recipe: everything that decides the result of a training job, in one value that can be written down.

Reading and checking a recipe imports no torch. What only the network itself can tell (whether pixels are left in front of its
last layer) is told by `cnn_core.training.checking`.
"""

from __future__ import annotations

import dataclasses
import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args, get_type_hints

from cnn_core import architectures
from cnn_core.errors import RecipeError
from cnn_core.training.fields import (
    CHOICES,
    LIMITS,
    Augmentation,
    Device,
    Filters,
    Initialisation,
    Normalisation,
    Optimiser,
    Precision,
    Schedule,
    Tuned,
)

FORMAT = 1  # of the written form; raised when a field changes its meaning


@dataclass(frozen=True)
class Recipe:
    """One training job. Every field has a value, so a written recipe says it all.

    Attributes:
        name: what people call it; decides nothing.
        architecture: id in the catalogue.
        options: further options of the architecture (``width``); channels, classes and size follow from the data.
        initialisation: of layers that get no weights: torch's own; "glorot" (Glorot & Bengio 2010, zero bias, Keras's
            default); "he" (He et al. 2015, fan in, zero bias).
        first_filters: of the first convolution: learned; started from, or fixed to, hand-made kernels; or fixed to whiten the
            data's own patches.
        weights: where the network's weights come from: "" for none, or an id of ``cnn_core.weights.sources``; layers whose shape
            differs (another number of classes) start anew.
        tuned: which layers learn: all, the last one, or the last third of those that have weights ("last_blocks").
        dataset: a name that ``cnn_core.datasets.load`` knows.
        train_images: use only so many of the training images; 0 for all that are left.
        validation_images: held out of the training images, always the same ones; 0 validates on the test split.
        input_size: side of the square pictures the network sees; 0 for the data set's own. Small ones are padded with zeros to a
            size up to 4 px larger, and resized otherwise.
        normalisation: by mean and deviation of the training images ("dataset"), to 0…1 ("unit"), or with ImageNet's figures.
        augmentation: see `Augmentation`.
        batch: images a step.
        epochs: passes over the training images.
        budget_s: seconds of training after which the job ends; the schedule is stretched over whichever comes first. 0 for none.
        warmup: share of the steps over which the rate rises to ``lr``.
        final_lr: what the rate falls to, as a share of ``lr``.
        gradient_clip: largest norm of the gradient; 0 for none.
        averaging: weight of the past in the exponential mean of the weights that is validated and kept; 0 for none.
        precision: "auto" takes bfloat16 on a GPU that has it and float32 elsewhere.
        deterministic: only algorithms that give the same bits each time.
        compile: ``torch.compile``; pays for jobs of more than some minutes.
        pinned: number of the validation image whose maps and prediction are kept after each epoch.
    """

    architecture: str
    dataset: str
    name: str = ""
    options: Mapping[str, int | float] = field(default_factory=dict)
    initialisation: Initialisation = "torch"
    first_filters: Filters = "learned"
    weights: str = ""
    tuned: Tuned = "all"
    train_images: int = 0
    validation_images: int = 5_000
    input_size: int = 0
    normalisation: Normalisation = "dataset"
    augmentation: Augmentation = field(default_factory=Augmentation)
    optimiser: Optimiser = "sgd"
    lr: float = 0.1
    momentum: float = 0.9
    nesterov: bool = False
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    schedule: Schedule = "constant"
    warmup: float = 0.0
    final_lr: float = 0.0
    gradient_clip: float = 0.0
    averaging: float = 0.0
    batch: int = 128
    epochs: int = 5
    budget_s: float = 0.0
    precision: Precision = "auto"
    device: Device = "auto"
    channels_last: bool = True
    compile: bool = False
    deterministic: bool = False
    seed: int = 0
    pinned: int = 0

    def replace(self, **changes: Any) -> Recipe:
        """The same with other values; ``augmentation`` may be given by its fields: ``flip=True``."""
        inner = {name: changes.pop(name) for name in tuple(changes) if name in _names(Augmentation)}
        if inner:
            changes["augmentation"] = dataclasses.replace(changes.get("augmentation", self.augmentation), **inner)
        unknown = changes.keys() - _names(Recipe)
        if unknown:
            raise _unknown(sorted(unknown)[0])
        return dataclasses.replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        return {"format": FORMAT, **dataclasses.asdict(self), "options": dict(self.options)}

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)

    @classmethod
    def from_dict(cls, values: Any) -> Recipe:
        """Reads ``to_dict()``, or a part of it: what is left out has its default.

        Raises:
            RecipeError: not a table of fields, an unknown field, or a value of another type or out of range.
        """
        if not isinstance(values, Mapping):
            raise RecipeError("a recipe is a table of fields and values", code="recipe_not_a_table")
        given = dict(values)
        version = given.pop("format", FORMAT)
        if version != FORMAT:
            raise RecipeError(
                f"the recipe is written in format {version}; this version reads {FORMAT}",
                code="recipe_format", found=str(version), expected=FORMAT,
            )
        for name in given:
            if name not in _names(cls):
                raise _unknown(str(name))
        for name in ("architecture", "dataset"):
            if name not in given:
                raise RecipeError(f"the recipe does not say its {name}", code="recipe_incomplete", field=name)
        augmentation = given.get("augmentation", {})
        if isinstance(augmentation, Augmentation):
            augmentation = dataclasses.asdict(augmentation)
        if not isinstance(augmentation, Mapping):
            raise RecipeError("augmentation is a table of fields", code="recipe_wrong_type", field="augmentation", wanted="table")
        for name in augmentation:
            if name not in _names(Augmentation):
                raise _unknown(str(name))
        given["augmentation"] = Augmentation(**{k: _typed(Augmentation, k, v) for k, v in augmentation.items()})
        recipe = cls(**{k: v if k == "augmentation" else _typed(cls, k, v) for k, v in given.items()})
        recipe.validate()
        return recipe

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Raises RecipeError where the text is not JSON, or not a recipe."""
        try:
            return cls.from_dict(json.loads(text))
        except (json.JSONDecodeError, RecursionError) as error:
            place = error.lineno if isinstance(error, json.JSONDecodeError) else 1
            raise RecipeError(f"this is not JSON (line {place})", code="recipe_not_json", line=place) from None

    @classmethod
    def from_toml(cls, text: str) -> Recipe:
        """Raises RecipeError where the text is not TOML, or not a recipe."""
        try:
            return cls.from_dict(tomllib.loads(text))
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise RecipeError(f"this is not TOML: {error}", code="recipe_not_toml", reason=str(error)) from None

    def to_toml(self) -> str:
        """The same as TOML: sections ``[options]`` and ``[augmentation]`` at the end."""
        flat = {k: v for k, v in self.to_dict().items() if not isinstance(v, Mapping)}
        lines = [f"{name} = {_toml(value)}" for name, value in flat.items()]
        for section in ("options", "augmentation"):
            lines += ["", f"[{section}]", *(f"{k} = {_toml(v)}" for k, v in self.to_dict()[section].items())]
        return "\n".join(lines) + "\n"

    def validate(self) -> None:
        """Hold every field to what it may be, and the fields to each other.

        Raises:
            RecipeError: a value that cannot be trained with; the sentence says which and what would do.
            UnknownEntry: no such architecture.
            ArchitectureError: an option it does not have.
        """
        for owner in (self, self.augmentation):
            for name in _names(type(owner)):
                _check(name, getattr(owner, name))
        row = architectures.get(self.architecture)
        for name, value in self.options.items():
            if name in ("num_classes", "in_channels", "image_size"):
                raise RecipeError(
                    f"{name} follows from the data set: leave it out of the options", code="recipe_option_follows", option=name,
                )
            row.option(name).check(value, row.id)
        if self.nesterov and not self.momentum:
            raise RecipeError("Nesterov's method needs momentum: set it above 0", code="recipe_nesterov_without_momentum")
        if self.tuned != "all" and not self.weights:
            raise RecipeError(
                "only some layers learn, and the others start from random weights: choose weights to start from",
                code="recipe_frozen_random",
            )


def _names(owner: type) -> tuple[str, ...]:
    return tuple(f.name for f in dataclasses.fields(owner))


def _unknown(name: str) -> RecipeError:
    return RecipeError(f"a recipe has no field {name!r}", code="recipe_unknown_field", field=name)


def _typed(owner: type, name: str, value: Any) -> Any:
    """The value in the field's type; whole numbers are taken for real ones, nothing else is bent."""
    wanted = get_type_hints(owner)[name]
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return math.inf
    if name == "options":
        if isinstance(value, Mapping):
            return dict(value)
        raise RecipeError("options is a table of fields", code="recipe_wrong_type", field=name, wanted="table")
    base = str if get_args(wanted) else wanted  # the choices are strings
    if type(value) is not base:
        kinds = {int: "whole number", float: "number", bool: "true or false", str: "text"}
        raise RecipeError(
            f"{name} must be a {kinds[base]}, not {value!r}", code="recipe_wrong_type", field=name, wanted=kinds[base],
        )
    return value


def _check(name: str, value: Any) -> None:
    if name in CHOICES and value not in CHOICES[name]:
        raise RecipeError(
            f"{name} must be one of {', '.join(CHOICES[name])}, not {value!r}",
            code="recipe_not_a_choice", field=name, value=str(value), choices=", ".join(CHOICES[name]),
        )
    if name in LIMITS:
        low, high = LIMITS[name]
        if not low <= value <= high:  # written so that nan is refused too
            raise RecipeError(
                f"{name} must be between {low:g} and {high:g}, not {value:g}",
                code="recipe_out_of_range", field=name, value=value, minimum=low, maximum=high,
            )


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
