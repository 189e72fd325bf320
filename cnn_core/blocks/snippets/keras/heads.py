"""Smaller maps, heads, and heads written as convolutions."""

from __future__ import annotations

from collections.abc import Sequence

from cnn_core.blocks.snippets.keras.text import text
from cnn_core.blocks.snippets.writing import literal

FILTERS = {"average": "np.full((2, 2, 1, 1), 0.25)", "corner": "np.array([[1.0, 0.0], [0.0, 0.0]])[:, :, None, None]"}


def halving(window: Sequence[Sequence[Sequence[float]]], channels: int = 96, filter: str = "average", seed: int = 0, side: int = 32) -> str:
    """``window``: the first 2×2 of red, green and blue, (3, 2, 2)."""
    return text(f"""
largest, mean = layers.MaxPooling2D(2), layers.AveragePooling2D(2)
block = layers.Conv2D({channels}, 2, strides=2, use_bias=False)
x = keras.random.uniform((1, {side}, {side}, {channels}))
print(tuple(largest(x).shape), tuple(mean(x).shape), tuple(block(x).shape))

window = np.transpose(np.array([{literal(window)}], "float32"), (0, 2, 3, 1))
conv = layers.Conv2D(3, 2, strides=2, use_bias=False)
conv.build(window.shape)
conv.set_weights([np.eye(3) * {FILTERS[filter]}])
for layer in (largest, mean, conv):
    print(round(float(layer(window)[0, 0, 0, 0]), 2))
""", "largest", "mean", "block")  # fmt: skip


def heads(channels: int = 128, side: int = 7, classes: int = 10, rows: int = 4, cols: int = 4) -> str:
    return text(f"""
dense = keras.Sequential([keras.Input(({side}, {side}, {channels})), layers.Flatten(), layers.Dense({classes})])
gap = keras.Sequential([keras.Input(({side}, {side}, {channels})), layers.GlobalAveragePooling2D(), layers.Dense({classes})])

x = keras.random.uniform((1, {side}, {side}, {channels}))
moved = keras.ops.roll(x, ({rows}, {cols}), axis=(1, 2))
print(tuple(dense(x).shape), tuple(gap(x).shape))
print(round(float(keras.ops.max(keras.ops.abs(gap(moved) - gap(x)))), 3))
""", "dense", "gap")  # fmt: skip


def dense_numbers(
    x: Sequence[Sequence[float]] = ((1, 2), (3, 4)), weights: Sequence[Sequence[float]] = ((1.1, 1.2, 1.3, 1.4), (1.5, 1.6, 1.7, 1.8)),
    bias: Sequence[float] = (1.9, 2.0),
) -> str:  # fmt: skip
    return text(f"""
x = np.array({literal(x)})
weights = np.array({literal(weights)})
bias = np.array({literal(bias)})

linear = keras.Sequential([keras.Input((2, 2, 1)), layers.Flatten(), layers.Dense(2, activation="relu")])
window = keras.Sequential([keras.Input((2, 2, 1)), layers.Conv2D(2, 2, activation="relu")])
pixel = keras.Sequential([keras.Input((1, 1, 4)), layers.Conv2D(2, 1, activation="relu")])
for network in (linear, window, pixel):
    layer = network.layers[-1]
    layer.set_weights([weights.T.reshape(layer.kernel.shape), bias])

for network, shape in ((linear, (1, 2, 2, 1)), (window, (1, 2, 2, 1)), (pixel, (1, 1, 1, 4))):
    print([round(float(value), 1) for value in keras.ops.ravel(network(x.reshape(shape)))])
""", "linear", "window", "pixel")  # fmt: skip


def _both_forms(channels: int, height: int, width: int, hidden: int, classes: int) -> str:
    return f"""head = keras.Sequential([
    keras.Input(({height}, {width}, {channels})),
    layers.Flatten(),
    layers.Dense({hidden}, activation="relu"),
    layers.Dense({classes}),
])
block = keras.Sequential([
    keras.Input((None, None, {channels})),
    layers.Conv2D({hidden}, ({height}, {width}), activation="relu"),
    layers.Conv2D({classes}, 1),
])"""


COPIED = """for conv, dense in zip(block.layers, head.layers[1:]):
    weights, bias = dense.get_weights()
    conv.set_weights([weights.reshape(conv.kernel.shape), bias])"""


def dense_head(channels: int = 128, height: int = 7, width: int = 7, hidden: int = 64, classes: int = 10, larger: int = 4) -> str:
    return text(f"""
{_both_forms(channels, height, width, hidden, classes)}
{COPIED}

x = keras.random.normal((1, {height}, {width}, {channels}))
print(np.allclose(head.predict(x, verbose=0), block.predict(x, verbose=0).reshape(1, {classes}), atol=1e-4))
x = keras.random.normal((1, {height + larger}, {width + larger}, {channels}))
print(tuple(block(x).shape))
""", "head", "block")  # fmt: skip


def dense_picture(hidden: Sequence[float], side: int = 8, height: int = 96, width: int = 96) -> str:
    """``hidden``: what the first layer answers at the place on the screen, after ReLU; one unit and one class for each piece."""
    n = len(hidden)
    others = f"1 / {n - 1}" if n > 1 else "1.0"
    return text(f"""
{_both_forms(3, side, side, n, n)}
others = {others}
head.layers[2].set_weights([(1 + others) * np.eye({n}) - others, np.zeros({n})])
{COPIED}

hidden = np.array([{literal(hidden)}])
print([round(float(value), 3) for value in head.layers[2](hidden)[0]])
print([round(float(value), 3) for value in block.layers[1](hidden[:, None, None])[0, 0, 0]])
print(tuple(block(keras.random.uniform((1, {height}, {width}, 3))).shape))
""", "head", "block")  # fmt: skip
