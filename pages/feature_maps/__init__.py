"""What every layer of a network makes of a picture: maps, filters, values, the prediction, and why."""

ORDER = 60
SECTION = "networks"
ICON = ":material/grid_view:"
