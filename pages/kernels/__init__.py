"""The kernel lab: hand-made kernels on real pictures."""

ORDER = 10
SECTION = "images"
ICON = ":material/grid_on:"
