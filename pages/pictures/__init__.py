"""Pictures: data sets to browse, and the user's own."""

ORDER = 20
SECTION = "images"
ICON = ":material/photo_library:"
