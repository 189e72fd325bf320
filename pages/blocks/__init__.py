"""The blocks page: the ideas that networks are built from, one card each, to be taken apart."""

ORDER = 80
SECTION = "networks"
ICON = ":material/extension:"
