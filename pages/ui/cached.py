"""The only home of ``st.cache_*``: what is derived is kept here, bounded, keyed by everything it depends on."""

from __future__ import annotations

import gc

import streamlit as st


@st.cache_resource
def warm_up() -> None:
    """Once per server: take what is imported out of the garbage collector's sight.

    Streamlit runs a full collection after script runs; over everything that is imported it costs more than the script.
    """
    gc.collect()
    gc.freeze()
