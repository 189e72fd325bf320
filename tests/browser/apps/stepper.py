"""A page with nothing but the step view: what it shows comes from the query, what it reports is written below it."""

import json

import numpy as np
import streamlit as st

from pages.ui.components.conv_stepper import conv_stepper, default_labels

st.set_page_config(layout="wide")
query = st.query_params


def numbers(name: str, default: str) -> tuple[int, ...]:
    return tuple(int(part) for part in query.get(name, default).split(","))


def picture() -> np.ndarray:
    image = np.random.default_rng(7).integers(0, 256, size=numbers("shape", "14,17")).astype(np.uint8)
    return image / 255 if query.get("unit") == "float" else image


weights = np.array(json.loads(query.get("weights", "[[1,1,1],[0,0,0],[-1,-1,-1]]")), dtype=np.float64)
if st.toggle("negate", key="negate"):
    weights = -weights
reported = conv_stepper(
    picture(),
    weights,
    flip=query.get("flip", "1") == "1",
    padding=numbers("padding", "0,0"),  # type: ignore[arg-type]
    border=query.get("border", "zeros"),
    stride=numbers("stride", "1,1"),  # type: ignore[arg-type]
    dilation=numbers("dilation", "1,1"),  # type: ignore[arg-type]
    labels=default_labels(),
    language=query.get("lang", "en"),
    key="step",
    region=numbers("region", "") if "region" in query else None,  # type: ignore[arg-type]
    pixel=numbers("pixel", "") if "pixel" in query else None,  # type: ignore[arg-type]
)
st.text(f"region {reported.region} pixel {reported.pixel}")
