"""The one error tree of the project.

Every error carries a ``code`` that machines and translations key on, and the ``facts`` its sentence is made of, so a page
can say the same thing in another language: ``t("errors." + err.code, **err.facts)``.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from typing import Any

# What a machine runs out of: code → what it says, and what to do about it.
EXHAUSTED = {
    "disk_full": ("The disk is full.", "Delete old runs, then resume it."),
    "out_of_memory": ("The memory of the device was not enough.", "Halve the batch."),
}
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")  # torch's words for GPU and processor


def exhausted(error: BaseException) -> str:
    """The code in `EXHAUSTED` of what ran out; "" where it is another error.

    >>> exhausted(OSError(28, "No space left on device")), exhausted(MemoryError()), exhausted(OSError(2, "No such file"))
    ('disk_full', 'out_of_memory', '')
    """
    if isinstance(error, OSError) and error.errno in _FULL:
        return "disk_full"
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return "out_of_memory"
    in_words = any(words in str(error).lower() for words in _OUT_OF_MEMORY)
    return "out_of_memory" if in_words and not isinstance(error, ConvolabError) else ""


class ConvolabError(Exception):
    """Base of everything this project raises on purpose.

    Args:
        message: an English sentence that says what is wrong and what to do.
        code: machine-readable name of the condition, in snake case, the same for every occurrence.
        facts: the values the sentence mentions (ids, sizes, limits), by name.
    """

    def __init__(self, message: str, *, code: str, **facts: Any) -> None:
        super().__init__(message)
        self.code = code
        self.facts = facts

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), str(self), self.code, self.facts)


def _rebuild(cls: type[ConvolabError], message: str, code: str, facts: dict[str, Any]) -> ConvolabError:
    return cls(message, code=code, **facts)


class UnknownEntry(ConvolabError, KeyError):
    """A registry was asked for an id that it does not hold."""

    __str__ = Exception.__str__  # KeyError would show the repr of the message


class DuplicateEntry(ConvolabError, ValueError):
    """An id was registered twice."""


class ImageError(ConvolabError, ValueError):
    """Bytes that cannot be shown as a picture."""


class GeometryError(ConvolabError, ValueError):
    """Sizes, strides and paddings that leave no output."""


class KernelError(ConvolabError, ValueError):
    """A kernel that cannot be read or applied."""


class DatasetError(ConvolabError):
    """A data set that is missing, damaged or cannot be fetched."""


class ArchitectureError(ConvolabError, ValueError):
    """Options an architecture cannot be built with."""


class TraceError(ConvolabError):
    """A network that cannot be run on the given input shape."""

    @property
    def trace(self) -> Any:
        """The `cnn_core.inspection.Trace` up to the layer that failed; None if the network was never started."""
        return self.facts.get("trace")


class WeightsError(ConvolabError):
    """Weights that are missing, damaged or belong to another network."""


class RecipeError(ConvolabError, ValueError):
    """A recipe that cannot be trained."""


class RecipeFaults(RecipeError):
    """A recipe with several faults, all of them told at once.

    Attributes:
        faults: each an error with a code and facts of its own, in the order in which the recipe is written.
    """

    def __init__(self, faults: Sequence[ConvolabError]) -> None:
        told = "; ".join(str(fault) for fault in faults)
        super().__init__(f"the recipe has {len(faults)} faults: {told}", code="recipe_faults", count=len(faults), told=told)
        self.faults = tuple(faults)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.faults,)


class TrainingError(ConvolabError):
    """A training run that cannot go on; the code says why."""


class DesignError(ConvolabError, ValueError):
    """A network of one's own that cannot be read, or whose layers do not fit together."""


class BlockError(ConvolabError, ValueError):
    """A building block that cannot be made or run with the numbers given."""


class InspectionError(ConvolabError, ValueError):
    """A layer, channel, position or setting that cannot be looked at in this network."""


class JobError(ConvolabError):
    """Something asked of a job that its state does not allow, or a queue that cannot be used."""
