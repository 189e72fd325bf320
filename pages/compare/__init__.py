"""Compare: accuracy against cost, networks side by side, and the timeline of what each one brought."""

ORDER = 50
SECTION = "networks"
ICON = ":material/compare_arrows:"
