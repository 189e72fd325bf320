"""Torch takes seconds to import: in the background, after the first page has been drawn."""

from __future__ import annotations

import gc
import importlib
import os
import threading

import streamlit as st

HEAVY = ("torch", "torchvision.models", "cnn_core.inspection.tracing", "cnn_core.architectures.building")
_importing = threading.Lock()  # Python's own import locks, one a module, can meet crosswise in two threads
_torch_is_here = threading.Event()


@st.cache_resource
def warm_up() -> None:
    """Once per server: take what is imported out of the garbage collector's sight.

    Streamlit runs a full collection after script runs; over everything that is imported it costs more than the script.
    """
    gc.collect()
    gc.freeze()


@st.cache_resource
def load_torch() -> None:
    """Once per server, when a first page has been drawn: import torch in the background, before somebody waits for it.

    ``CONVOLAB_WARM_UP=0`` leaves the import to the first page that needs it.
    """
    if os.environ.get("CONVOLAB_WARM_UP") != "0":
        threading.Thread(target=wait_for_torch, name="load-torch", daemon=True).start()


def torch_is_here() -> bool:
    """Whether ``traced`` answers without importing torch first, which takes seconds."""
    return _torch_is_here.is_set()


def wait_for_torch() -> None:
    """Import torch, or wait for the thread that does."""
    with _importing:
        if not _torch_is_here.is_set():
            for name in HEAVY:
                importlib.import_module(name)
            gc.collect()
            gc.freeze()
            _torch_is_here.set()
