"""A training job from a shell: ``python -m cnn_core.training RECIPE [--set key=value …]``, with the same files as in the app."""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tqdm import tqdm

from cnn_core.errors import EXHAUSTED, ConvolabError, RecipeError, exhausted
from cnn_core.training.files import check_free, check_saved
from cnn_core.training.recipe import Recipe
from cnn_core.training.recipes import RECIPES
from cnn_core.training.setting import assigned, named
from cnn_core.training.validating import each

BROKE_OFF = ("nan_loss", "diverged")  # codes of what ended a run that was under way


def main(arguments: list[str] | None = None) -> int:
    """Train, and say what came of it; 0 when it finished, 2 where it could not start, 3 where it broke off or was stopped."""
    options = _parser().parse_args(arguments)
    if options.list:
        try:
            print("\n".join(f"{row.id:26} {row.title}" for row in RECIPES.values()), flush=True)
        except BrokenPipeError:  # ``--list | head`` has read enough; Python would complain once more at its end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    try:
        recipe, folder = _asked(options)
        result = _train(recipe, folder, options.resume)
    except ConvolabError as error:
        print("\n".join(map(str, each(error))), file=sys.stderr)
        return 3 if error.code in BROKE_OFF else 2
    except (OSError, MemoryError, RuntimeError) as error:
        if code := exhausted(error):
            print(" ".join(EXHAUSTED[code]), file=sys.stderr)
            return 3
        if not isinstance(error, OSError):
            raise
        print(f"{error.filename or 'the disk'}: {error.strerror or error}", file=sys.stderr)
        return 2
    print(f"{folder}: {result.state} ({result.reason}) after {result.epochs} epochs, {result.seconds:.0f} s")
    if result.test_accuracy is not None:
        print(f"test accuracy {result.test_accuracy:.4f}, validation accuracy {result.validation_accuracy:.4f}")
    return 0 if result.state == "finished" else 3


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m cnn_core.training", description="Train a network by a recipe.")
    parser.add_argument("recipe", nargs="?", help="a ready recipe's id, or a recipe file (.json, .toml)")
    parser.add_argument("--set", nargs="+", action="extend", default=[], metavar="KEY=VALUE", help="change fields: epochs=2 flip=true")
    parser.add_argument("--run", metavar="FOLDER", help="where the run's files go; a new folder under CONVOLAB_RUNS otherwise")
    parser.add_argument("--resume", action="store_true", help="go on with the run in that folder, by its own recipe")
    parser.add_argument("--list", action="store_true", help="show the ready recipes")
    return parser


def _asked(options: argparse.Namespace) -> tuple[Recipe, Path]:
    """The recipe and the run's folder; a run that goes on has its own recipe, unless one is named, which must then be the same."""
    if options.resume and not options.run:
        raise RecipeError("say which run to go on with: --run FOLDER", code="recipe_run_missing")
    if not (options.recipe or options.resume):
        raise RecipeError("say which recipe: --list shows the ready ones", code="recipe_missing")
    folder = Path(options.run or _new_folder(options.recipe))
    if options.resume:
        check_saved(folder)
    else:
        check_free(folder)
    return assigned(named(options.recipe or str(folder / "recipe.json")), options.set), folder


def _new_folder(name: str) -> Path:
    word = re.sub(r"[^a-z0-9]+", "-", Path(name).stem.lower()).strip("-")
    return Path(os.environ.get("CONVOLAB_RUNS") or "runs") / f"{time.strftime('%Y%m%d-%H%M%S')}-{word}"


def _train(recipe: Recipe, folder: Path, resume: bool) -> Any:
    from cnn_core.training.allocator import keep_freed_memory
    from cnn_core.training.checking import check
    from cnn_core.training.loop import train

    asked: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.append(1))
    keep_freed_memory()
    check(recipe)
    with ExitStack() as stack:
        bar: Any = None

        def show(event: dict[str, Any]) -> None:
            nonlocal bar
            if bar is None:  # what is refused has told nothing yet, and draws no bar
                layout = "{l_bar}{bar}| {n:.2f}/{total} epochs{postfix}"
                bar = stack.enter_context(tqdm(total=recipe.epochs, unit="epoch", bar_format=layout))
            bar.n = min(event["epoch"], recipe.epochs)
            if event["kind"] == "progress":
                bar.set_postfix_str(f"loss {event['loss']:.4g}, {event['images_per_s']:.0f} images/s, {event['left_s']:.0f} s left")
            elif event["kind"] == "epoch":
                bar.write(
                    f"epoch {event['done']:3}: loss {event['train_loss']:.4f}, accuracy {event['train_accuracy']:.4f}; "
                    f"validation loss {event['validation_loss']:.4f}, accuracy {event['validation_accuracy']:.4f}; {event['seconds']:.1f} s"
                )
            else:
                bar.refresh()

        return train(recipe, folder, show, stop=lambda: bool(asked), resume=resume)


if __name__ == "__main__":
    sys.exit(main())
