"""Design your own: a network put together line by line, with its shapes and costs, until it can be trained."""

ORDER = 90
SECTION = "networks"
ICON = ":material/architecture:"
