"""``python -m cnn_core.jobs list|show|log|submit|cancel|resume|delete``: the queue from a shell."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from cnn_core.errors import ConvolabError, RecipeError, RecipeFaults
from cnn_core.jobs import Job, JobQueue, State, in_english, runs_root
from cnn_core.jobs.dispatcher import run
from cnn_core.jobs.engines import ENGINES, make_engine
from cnn_core.jobs.engines.local import WORKER
from cnn_core.jobs.folder import RunFolder
from cnn_core.jobs.lead import dispatch_command
from cnn_core.jobs.queue import WrittenRecipe

NAME_SHOWN = 34  # signs of a name in a list


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it succeeded, 1 with a sentence when not, 2 for a wrong use or recipe."""
    args = _parser().parse_args(arguments)
    try:
        if args.command == "dispatch":
            runs_dir = runs_root(args.runs)
            wake = dispatch_command(runs_dir, args.engine, args.worker)
            return run(runs_dir, make_engine(args.engine, args.worker), wake)
        queue = JobQueue(args.runs, engine=args.engine, worker=args.worker)
        if args.command == "list":
            for job in queue.list():
                print(_line(queue, job))
        elif args.command == "submit":
            print(queue.submit(_recipe(args), "shell", args.name, args.budget))
        else:
            for job_id in args.ids:
                _do(queue, args.command, job_id)
    except RecipeError as err:
        print("\n".join(map(str, err.faults if isinstance(err, RecipeFaults) else (err,))), file=sys.stderr)
        return 2
    except ConvolabError as err:
        text = str(err)
        print(f"{text[:1].upper()}{text[1:]}.", file=sys.stderr)
        return 1
    except OSError as err:
        print(f"{err.filename}: {err.strerror}.", file=sys.stderr)
        return 1
    return 0


def _recipe(args: argparse.Namespace) -> WrittenRecipe | str:
    """What is to be trained, held to what it must be before it is queued; a worker that is not the real one reads its own text."""
    if args.worker != WORKER:
        return Path(args.recipe).read_text("utf-8")
    from cnn_core import training  # the dispatcher starts without it
    from cnn_core.training.setting import assigned, named

    try:
        recipe = assigned(named(args.recipe), args.set)
        training.check(recipe)
    except ConvolabError as err:
        raise err if isinstance(err, RecipeError) else RecipeFaults([err]) from None
    return recipe


def _do(queue: JobQueue, command: str, job_id: str) -> None:
    if command == "delete":
        queue.delete(job_id)
        print(f"{job_id}  deleted")
    elif command == "log":
        log = RunFolder(queue.get(job_id).run_dir).log
        print(log.read_text("utf-8", "replace") if log.exists() else "", end="")
    elif command == "show":
        job = queue.get(job_id)
        print(f"{job.id}  {job.name}\n{job.run_dir}")
        for change in job.history:
            print(f"  {time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(change.time))}  {change.state:<10}{change.reason}")
        print(in_english(job))
    else:
        print(_line(queue, queue.cancel(job_id) if command == "cancel" else queue.resume(job_id)))


def _line(queue: JobQueue, job: Job) -> str:
    figures = queue.summary(job.id)
    told = [
        f"place {job.position}" if job.state is State.QUEUED else "",
        f"epoch {figures.epoch:.1f}" if figures.epoch is not None else "",
        f"validation {figures.validation_accuracy:.4f}" if figures.validation_accuracy is not None else "",
        in_english(job) if job.state in (State.FAILED, State.LOST) else "",
    ]
    name = job.name if len(job.name) <= NAME_SHOWN else f"{job.name[: NAME_SHOWN - 1].rstrip()}…"
    columns = f"{job.id:<22} {job.state:<10}{job.device:<8}{name:<{NAME_SHOWN}}"
    return f"{columns}  {'  '.join(text for text in told if text)}".rstrip()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m cnn_core.jobs", description="Look at training jobs, and direct them.")
    parser.add_argument("--runs", metavar="FOLDER", help="runs folder (CONVOLAB_RUNS, or runs)")
    parser.add_argument("--engine", choices=tuple(ENGINES), default="local", help="where jobs run (local)")
    parser.add_argument("--worker", default=WORKER, help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="all jobs")
    commands.add_parser("dispatch", help="start and watch jobs until none is left; the queue does this by itself")
    submitting = commands.add_parser("submit", help="put a job into the queue")
    submitting.add_argument("recipe", help="a ready recipe's id, or a recipe file (.json, .toml)")
    submitting.add_argument("--set", nargs="+", action="extend", default=[], metavar="KEY=VALUE", help="change fields: epochs=2")
    submitting.add_argument("--name", default="", help="what to call it")
    submitting.add_argument("--budget", type=float, metavar="S", help="seconds of training after which it is stopped")
    helps = {
        "show": "a job's states", "log": "what a job's process printed", "cancel": "stop jobs",
        "resume": "let stopped, failed or lost jobs go on", "delete": "remove jobs and their files",
    }  # fmt: skip
    for command, text in helps.items():
        commands.add_parser(command, help=text).add_argument("ids", nargs="+", metavar="ID")
    return parser


if __name__ == "__main__":
    sys.exit(main())
