"""One module a card: ``draw(controls, stage)`` fills the two columns and returns the numbers of the card's code."""
