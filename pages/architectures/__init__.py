"""The architectures: shapes, cost and structure of the whole canon, layer by layer."""

ORDER = 40
SECTION = "networks"
ICON = ":material/account_tree:"
