"""A page with nothing but the graph of a network: which one comes from the query, what was chosen is written below it."""

import streamlit as st

from cnn_core import architectures, inspection
from pages.ui import theme
from pages.ui.graph_view import draw_graph

st.set_page_config(layout="wide")
theme.apply_style(st.query_params.get("present") == "1")
st.session_state["present"] = st.query_params.get("present") == "1"


@st.cache_resource(max_entries=8, show_spinner=False)
def trace_of(architecture_id: str) -> inspection.Trace:
    model = inspection.build_meta(architectures.build, architecture_id)
    return inspection.trace(model, architectures.get(architecture_id).input_shape)


trace = trace_of(st.query_params.get("arch", "mini_inception"))
path = st.text_input("layer", key="layer") or st.query_params.get("layer")
chosen = draw_graph(trace, st.session_state.get("clicked", path))
if chosen != path:
    st.session_state["clicked"] = chosen
st.text(f"chosen {chosen}")
