"""Training: start a short job, watch it learn, compare what came of it."""

ORDER = 70
SECTION = "networks"
ICON = ":material/model_training:"
