"""One module a card: ``draw(controls, stage)`` fills the two columns and returns what it shows as code, None where it shows nothing."""
