"""The code of each card in Keras 3; one function a card, its arguments the card's numbers."""

from __future__ import annotations

from collections.abc import Sequence


def _text(body: str) -> str:
    count = "params = sum(math.prod(w.shape) for w in block.trainable_weights)\nprint(params)\n"
    return f"import math\n\nimport keras\nfrom keras import layers\n\n{body.strip()}\n\n{count}"


def batch_norm(channels: int = 192, batch: int = 8, side: int = 32) -> str:
    return _text(f"""
conv = layers.Conv2D({channels}, 5, use_bias=False)
block = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)

x = keras.random.uniform(({batch}, {side}, {side}, 3))
y = block(conv(x), training=True)
print(keras.ops.mean(y, axis=(0, 1, 2)), keras.ops.var(y, axis=(0, 1, 2)))
y = block(conv(x), training=False)
""")


def dropout(p: float = 0.5, whole_maps: bool = True) -> str:
    return _text(f"""
block = layers.{"SpatialDropout2D" if whole_maps else "Dropout"}({p})

x = keras.random.uniform((1, 5, 5, 3))
print(block(x, training=True))
print(block(x, training=False))
""")


def separable(inputs: int = 1, outputs: int = 8, kernel: int = 3, side: int = 28) -> str:
    return _text(f"""
block = keras.Sequential([
    keras.Input(({side}, {side}, {inputs})),
    layers.DepthwiseConv2D({kernel}, padding="same", use_bias=False),
    layers.Conv2D({outputs}, 1, use_bias=False),
])
both = layers.SeparableConv2D({outputs}, {kernel}, padding="same", use_bias=False)

x = keras.random.uniform((1, {side}, {side}, {inputs}))
print(block(x).shape, both(x).shape)
""")


def residual(channels: int = 32, form: str = "same", skip: bool = True, side: int = 28) -> str:
    out, stride = (channels, 1) if form == "same" else (2 * channels, 2)
    shortcut = {
        "same": "x", "projection": f"layers.Conv2D({out}, 1, strides={stride}, use_bias=False)(x)",
        "padded": f"keras.ops.pad(x[:, ::2, ::2], ((0, 0), (0, 0), (0, 0), (0, {out - channels})))",
    }  # fmt: skip
    added = f"z = layers.add([z, {shortcut[form]}])\n" if skip else ""
    first = f'layers.Conv2D({out}, 3, padding="same", activation="relu")(x)'
    if stride > 1:  # "same" would pad 0 and 1 at stride 2, where PyTorch's padding=1 pads both sides
        first = f'layers.Conv2D({out}, 3, strides={stride}, activation="relu")(layers.ZeroPadding2D(1)(x))'
    return _text(f"""
x = keras.Input(({side}, {side}, {channels}))
z = {first}
z = layers.Conv2D({out}, 3, padding="same")(z)
{added}block = keras.Model(x, layers.ReLU()(z))
print(block.output_shape)
""")


def se_gate(channels: int = 64, reduction: int = 16, side: int = 14) -> str:
    return _text(f"""
x = keras.Input(({side}, {side}, {channels}))
s = layers.GlobalAveragePooling2D(keepdims=True)(x)
s = layers.Conv2D({max(1, channels // reduction)}, 1, activation="relu")(s)
s = layers.Conv2D({channels}, 1, activation="sigmoid")(s)
block = keras.Model(x, layers.multiply([x, s]))
print(block.output_shape)
""")


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
    return _text(f"""
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


def downsampling(channels: int = 128, side: int = 7, classes: int = 10) -> str:
    return _text(f"""
pooled = layers.MaxPooling2D(2)
learned = layers.Conv2D({channels}, 2, strides=2, use_bias=False)

x = keras.random.uniform((1, {side}, {side}, {channels}))
dense = keras.Sequential([keras.Input(x.shape[1:]), layers.Flatten(), layers.Dense({classes})])
block = keras.Sequential([keras.Input(x.shape[1:]), layers.GlobalAveragePooling2D(), layers.Dense({classes})])
print(pooled(x).shape, learned(x).shape, dense(x).shape, block(x).shape)
print(dense.count_params())
""")


def dense_conv(channels: int = 1, height: int = 2, width: int = 2, hidden: int = 2, classes: int = 2) -> str:
    return _text(f"""
head = keras.Sequential([
    keras.Input(({height}, {width}, {channels})),
    layers.Flatten(),
    layers.Dense({hidden}, activation="relu"),
    layers.Dense({classes}),
])
block = keras.Sequential([
    keras.Input((None, None, {channels})),
    layers.Conv2D({hidden}, ({height}, {width}), activation="relu"),
    layers.Conv2D({classes}, 1),
])
for conv, dense in zip(block.layers, head.layers[1:]):
    weights, bias = dense.get_weights()
    conv.set_weights([weights.reshape(conv.kernel.shape), bias])

x = keras.random.uniform((1, {height}, {width}, {channels}))
print(keras.ops.max(keras.ops.abs(head(x) - keras.ops.reshape(block(x), (1, {classes})))))
print(block(keras.random.uniform((1, {height + 4}, {width + 4}, {channels}))).shape)
""")


NAMES = {
    "relu": "ReLU()", "leaky_relu": "LeakyReLU(negative_slope=0.01)", "elu": "ELU()", "gelu": 'Activation("gelu")',
    "prelu": "PReLU(alpha_initializer=keras.initializers.Constant(0.25), shared_axes=[1])", "silu": 'Activation("silu")',
    "tanh": 'Activation("tanh")', "sigmoid": 'Activation("sigmoid")',
}  # fmt: skip
STARTS = {
    "xavier": '"glorot_normal"', "he": '"he_normal"', "small": "keras.initializers.RandomNormal(stddev=0.01)",
    "large": "keras.initializers.RandomNormal(stddev=0.2)",
}  # fmt: skip


def activation(name: str = "relu", start: str = "he", width: int = 128, depth: int = 20) -> str:
    return _text(f"""
block = keras.Sequential([keras.Input(({width},))])
for _ in range({depth}):
    block.add(layers.Dense({width}, use_bias=False, kernel_initializer={STARTS[start]}))
    block.add(layers.{NAMES[name]})

x = block(keras.random.normal((256, {width})))
print(keras.ops.sqrt(keras.ops.mean(keras.ops.square(x))))
""")
