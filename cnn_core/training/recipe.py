"""A recipe: everything that decides the result of a training job, in one value that can be written down.

Reading and checking a recipe imports no torch. What only the network itself can tell (whether pixels are left in front of its
last layer) is told by `cnn_core.training.checking`.
"""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cnn_core.errors import RecipeError
from cnn_core.training import validating
from cnn_core.training.fields import (
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
            RecipeFaults: with every fault of its values; where there is only one, that error itself.
            RecipeError: not a table of fields, or one of another version.
        """
        if not isinstance(values, Mapping):
            raise RecipeError("a recipe is a table of fields and values", code="recipe_not_a_table")
        given = dict(values)
        version = given.pop("format", FORMAT)
        if version != FORMAT or isinstance(version, bool):
            raise RecipeError(
                f"the recipe is written in format {version!s:.40}; this version reads {FORMAT}",
                code="recipe_format", found=f"{version!s:.40}", expected=FORMAT,
            )
        good, faults = validating.sifted(cls, given)
        validating.refuse(faults)
        return cls(**good)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Raises RecipeError where the text is not JSON, or not a recipe."""
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:  # ValueError: of a number of thousands of digits, too
            place = error.lineno if isinstance(error, json.JSONDecodeError) else 1
            raise RecipeError(f"this is not JSON (line {place})", code="recipe_not_json", line=place) from None
        return cls.from_dict(values)

    @classmethod
    def from_toml(cls, text: str) -> Recipe:
        """Raises RecipeError where the text is not TOML, or not a recipe."""
        try:
            values = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            reason = f"{error!s:.200}"
            raise RecipeError(f"this is not TOML: {reason}", code="recipe_not_toml", reason=reason) from None
        return cls.from_dict(values)

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
            RecipeFaults: with every fault; where there is only one, that error itself (RecipeError, UnknownEntry: no such
                network or data set, ArchitectureError: an option it does not have). The sentences say what would do.
        """
        values = {name: getattr(self, name) for name in _names(Recipe)}
        if isinstance(self.augmentation, Augmentation):
            values["augmentation"] = dataclasses.asdict(self.augmentation)
        validating.refuse(validating.sifted(Recipe, values)[1])


def _names(owner: type) -> tuple[str, ...]:
    return tuple(f.name for f in dataclasses.fields(owner))


def _unknown(name: str) -> RecipeError:
    return RecipeError(f"a recipe has no field {name!r}", code="recipe_unknown_field", field=name)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f") if isinstance(value, str) else repr(value)
