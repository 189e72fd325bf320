"""What the pages share: language, state, caches, charts, theme and components."""
