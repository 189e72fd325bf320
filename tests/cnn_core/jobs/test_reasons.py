"""Every state and reason is said in both languages, with the same facts."""

from __future__ import annotations

import ast
import errno
import string
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from cnn_core.errors import exhausted
from cnn_core.jobs import REASONS, Change, Job, State, advice_key, in_english, message_key
from tests.conftest import ROOT


def said(lang: str) -> dict[str, str]:
    with (ROOT / "assets" / "locale" / lang / "LC_MESSAGES" / "jobs.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file, locale=lang) if message.id}


def facts(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def job(reason: str, **told: object) -> Job:
    return Job("id", "", (), "", "{}", Path(), (Change(State.FAILED, reason, told, 0.0),))


@pytest.mark.parametrize("lang", ["en", "es"])
def test_states_are_said(lang: str) -> None:
    assert all(said(lang)[f"jobs.state.{state}"] for state in State)


@pytest.mark.parametrize("code", REASONS)
def test_reasons_are_said(code: str) -> None:
    english, spanish, reason = said("en"), said("es"), REASONS[code]
    assert english[f"jobs.reason.{code}"] == reason.says
    assert facts(spanish[f"jobs.reason.{code}"]) == facts(reason.says)
    assert english.get(f"jobs.advice.{code}", "") == reason.advice
    assert bool(spanish.get(f"jobs.advice.{code}")) == bool(reason.advice)


def test_every_reason_the_code_gives_is_known() -> None:
    """Reasons stand in the code behind a state: ``change(…, State.FAILED, "hung")``, ``Ending("failed", "crashed", …)``."""
    given = set()
    for path in (ROOT / "cnn_core" / "jobs").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            for state, reason in zip(node.args, node.args[1:], strict=False):
                is_state = ast.unparse(state).startswith("State.") or ast.unparse(state) in ("'failed'", "'stopped'")
                if is_state and isinstance(reason, ast.Constant) and reason.value:
                    given.add(reason.value)
    assert {"hung", "cancelled", "time_limit", "not_started"} <= given <= REASONS.keys()


def test_where_a_reason_is_said() -> None:
    assert (message_key(job("hung")), advice_key(job("hung"))) == ("jobs.reason.hung", "jobs.advice.hung")
    assert (message_key(job("dataset_absent")), advice_key(job("dataset_absent"))) == ("errors.dataset_absent", "")
    assert (message_key(job("")), advice_key(job(""))) == ("", "")
    assert in_english(job("dataset_absent", message="it is not here")) == "it is not here"
    assert in_english(job("device_missing", device="cuda:7")).startswith("This machine has no device cuda:7; it has: ?.")


def test_what_the_system_says() -> None:
    assert exhausted(OSError(errno.ENOSPC, "")) == exhausted(OSError(errno.EFBIG, "")) == "disk_full"
    assert exhausted(OSError(errno.ENOMEM, "")) == "out_of_memory"
    assert exhausted(OSError(errno.ENOENT, "")) == ""
