"""Single layers: batch normalisation, dropout, activations."""

from __future__ import annotations

from collections.abc import Sequence

from cnn_core.blocks.snippets.keras.text import text
from cnn_core.blocks.snippets.writing import literal


def batch_norm_pictures(
    x: float, mean: float, var: float, gamma: float = 1.0, beta: float = 0.0, training: bool = True, channels: int = 192, batch: int = 8,
    side: int = 32,
) -> str:  # fmt: skip
    return text(f"""
conv = layers.Conv2D({channels}, 5, use_bias=False)
block = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)

y = block(conv(keras.random.uniform(({batch}, {side}, {side}, 3))), training={training})
print(tuple(y.shape))

x, mean, var = np.array([[{literal(x)}]]), np.array([{literal(mean)}]), np.array([{literal(var)}])
gamma, beta = np.array([{literal(gamma)}]), np.array([{literal(beta)}])
y = keras.ops.batch_normalization(x, mean, var, axis=-1, offset=beta, scale=gamma, epsilon=1e-5)
print(round(float(y[0, 0]), 3))
""")


def batch_norm_numbers(
    rows: Sequence[Sequence[float]], n: int, gammas: Sequence[float], betas: Sequence[float], training: bool = True, seen: int = 20,
    mean: Sequence[float] = (), var: Sequence[float] = (),
) -> str:  # fmt: skip
    """``mean`` and ``var`` are set: Keras would remember a variance that divides by N where PyTorch's divides by N − 1."""
    return text(f"""
block = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
block.build((None, {len(gammas)}))
block.gamma.assign({literal(gammas)})
block.beta.assign({literal(betas)})
block.moving_mean.assign({literal(mean)})
block.moving_variance.assign({literal(var)})

rows = np.array({literal(rows)}, "float32")
for row in keras.ops.convert_to_numpy(block(rows[:{n}], training={training})):
    print([round(float(value), 3) for value in row])
""")


def dropout(
    p: float = 0.5, whole_maps: bool = True, training: bool = True, seed: int = 0, draws: int = 20, channel: int = 0,
    value: float | None = None, height: int = 5, width: int = 5,
) -> str:  # fmt: skip
    """A hundred passes at once: in one of them the value survives, whatever the framework draws."""
    x = "np.transpose(np.arange(1, 76).reshape(1, 3, 5, 5) % 9 + 1, (0, 2, 3, 1))"
    if value is not None:
        x = f"np.full((1, {height}, {width}, 3), {literal(value)})"
    run = f"""keras.utils.set_random_seed({seed})
y = block(np.repeat(x[:, :5, :5], 100, axis=0), training=True)
print(round(float(keras.ops.max(y[:, 0, 0, {channel}])), 3))"""
    return text(f"""
block = layers.{"SpatialDropout2D" if whole_maps else "Dropout"}({p})

x = {x}.astype("float32")
{run if training else "print(bool(keras.ops.all(block(x, training=False) == x)))"}
""")


NAMES = {
    "relu": "ReLU({})", "leaky_relu": "LeakyReLU(negative_slope=0.01{})", "elu": "ELU({})", "gelu": 'Activation("gelu"{})',
    "prelu": "PReLU(alpha_initializer=keras.initializers.Constant(0.25), shared_axes=[1, 2, 3]{})", "silu": 'Activation("silu"{})',
    "tanh": 'Activation("tanh"{})', "sigmoid": 'Activation("sigmoid"{})',
}  # fmt: skip


def activation_curve(name: str = "relu", x: float = 2.0, channels: int = 64, side: int = 28) -> str:
    """The slope from the left, by a difference: at a kink that is the one that PyTorch takes. GELU is exact there."""
    layer = NAMES[name].replace('"gelu"', "lambda x: keras.activations.gelu(x, approximate=False)")
    double = layer.format('dtype="float64"' if "({})" in layer else ', dtype="float64"')
    return text(f"""
conv = layers.Conv2D({channels}, 3, padding="same")
block = layers.{layer.format("")}
print(tuple(block(conv(keras.random.uniform((1, {side}, {side}, 3)))).shape))

exact = layers.{double}
x, h = {literal(x)}, 1e-6
left, y = (float(exact(np.full((1, 1, 1, 1), place))[0, 0, 0, 0]) for place in (x - h, x))
print(round(y, 4), round((y - left) / h, 4))
""")
