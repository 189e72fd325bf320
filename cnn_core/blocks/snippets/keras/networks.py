"""Blocks of several layers: separable, residual, SE, Inception."""

from __future__ import annotations

from collections.abc import Sequence

from cnn_core.blocks.snippets.keras.text import text
from cnn_core.blocks.snippets.writing import literal


def separable(inputs: int = 1, outputs: int = 8, kernel: int = 3, groups: int = 1, side: int = 28) -> str:
    shared = f"groups={groups}, " if groups > 1 else ""
    return text(f"""
standard = layers.Conv2D({outputs}, {kernel}, padding="same", {shared}use_bias=False)
block = keras.Sequential([
    keras.Input(({side}, {side}, {inputs})),
    layers.DepthwiseConv2D({kernel}, padding="same", use_bias=False),
    layers.Conv2D({outputs}, 1, use_bias=False),
])
both = layers.SeparableConv2D({outputs}, {kernel}, padding="same", use_bias=False)

x = keras.random.uniform((1, {side}, {side}, {inputs}))
print(tuple(standard(x).shape), tuple(block(x).shape), tuple(both(x).shape))
print(*(layer.count_params() for layer in block.layers))
""", "standard", "block")  # fmt: skip


def residual_block(
    channels: int = 32, form: str = "same", skip: bool = True, side: int = 28, strength: float = 0.7, z: float = 0.0, a: float = 0.0,
) -> str:  # fmt: skip
    """``z`` and ``a``: a value that was computed and the one that is added to it, from the screen."""
    out, stride = (channels, 1) if form == "same" else (2 * channels, 2)
    first = f'layers.Conv2D({out}, 3, padding="same", activation="relu", kernel_initializer=start)(x)'
    if stride > 1:  # "same" would pad 0 and 1 at stride 2, where PyTorch's padding=1 pads both sides
        first = f'layers.Conv2D({out}, 3, strides={stride}, activation="relu", kernel_initializer=start)(layers.ZeroPadding2D(1)(x))'
    shortcut = {
        "same": "x", "projection": f"layers.Conv2D({out}, 1, strides={stride}, use_bias=False, kernel_initializer=identity)(x)",
        "padded": f"keras.ops.pad(x[:, ::2, ::2], ((0, 0), (0, 0), (0, 0), (0, {out - channels})))",
    }  # fmt: skip
    added = f"z = layers.add([z, {shortcut[form]}])\n" if skip else ""
    projected = f"\ndef identity(shape, dtype=None):\n    return np.eye({channels}, {out}, dtype=dtype)[None, None]\n\n"
    kept = "x" if stride == 1 else f"x[:, ::{stride}, ::{stride}]"
    total = f"{literal(z)} + {literal(a)}" if skip else literal(z)
    # VarianceScaling divides by its scale, so no weights at all are zeros
    start = f'keras.initializers.VarianceScaling(2.0 * {strength}**2, mode="fan_in")' if strength else 'keras.initializers.Zeros()'
    return text(f"""
start = {start}
{projected if form == "projection" and skip else ""}
x = keras.Input(({side}, {side}, {channels}))
z = {first}
z = layers.Conv2D({out}, 3, padding="same", kernel_initializer=start)(z)
{added}block = keras.Model(x, layers.ReLU()(z))

x = np.random.default_rng(0).random((1, {side}, {side}, {channels}), "float32")
y = block.predict(x, verbose=0)
print(y.shape, np.allclose(y[..., :{channels}], {kept}, atol=1e-6))
print(round(float(keras.ops.relu(np.array({total}))), 3))
""")


def se_gate(
    means: Sequence[float], channels: int = 256, reduction: int = 16, how: str = "by_hand", shown_reduction: int = 1, strength: float = 6.0,
    seed: int = 0, side: int = 14,
) -> str:  # fmt: skip
    """``means``: of the maps on the screen, one each. The gate made by hand has no reduction."""
    n = len(means)
    return text(f"""
def gate(x, channels, hidden):
    s = layers.GlobalAveragePooling2D(keepdims=True)(x)
    s = layers.Conv2D(hidden, 1, activation="relu")(s)
    return layers.Conv2D(channels, 1, activation="sigmoid")(s)


x = keras.Input(({side}, {side}, {channels}))
block = keras.Model(x, layers.multiply([x, gate(x, {channels}, {max(1, channels // reduction)})]))
conv = layers.Conv2D({channels}, 3, padding="same", use_bias=False)
print(block.output_shape, tuple(conv(x).shape))

means = np.array({literal(means)}).reshape(1, 1, 1, {n})
x = keras.Input((1, 1, {n}))
shown = keras.Model(x, gate(x, {n}, {n}))
eye, zero = np.eye({n})[None, None], np.zeros({n})
shown.set_weights([eye, zero, {strength} * (eye - 1 / {n}), zero])
print([round(float(value), 3) for value in keras.ops.ravel(shown(means))])
""", "block", "conv")  # fmt: skip


def inception(
    inputs: int = 16, one: int = 32, three: int = 32, five: int = 32, reduce_three: int = 0, reduce_five: int = 0, pool: int = 0,
    side: int = 28, on: Sequence[str] = ("one", "three", "five", "pool"),
) -> str:  # fmt: skip
    pooled = 'layers.MaxPooling2D(3, strides=1, padding="same")(x)'
    lines = {
        "one": _branch(0, one, 1),
        "three": _branch(reduce_three, three, 3),
        "five": _branch(reduce_five, five, 5),
        "pool": f'layers.Conv2D({pool}, 1, activation="relu")({pooled}),' if pool else f"{pooled},",
    }
    branches = "\n    ".join(line for name, line in lines.items() if name in on)
    joined = "layers.concatenate(branches)" if len(on) > 1 else "branches[0]"
    return text(f"""
x = keras.Input(({side}, {side}, {inputs}))
branches = [
    {branches}
]
block = keras.Model(x, {joined})
print(block.output_shape)
""")


def _branch(reduction: int, outputs: int, kernel: int) -> str:
    source = f'layers.Conv2D({reduction}, 1, activation="relu")(x)' if reduction else "x"
    return f'layers.Conv2D({outputs}, {kernel}, padding="same", activation="relu")({source}),'
