"""The arithmetic of convolution: one layer, pooling on a picture, a chain of layers."""

ORDER = 30
SECTION = "images"
ICON = ":material/calculate:"
