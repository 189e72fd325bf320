"""What is measured, against which peer, as ratios within one run: ``make bench``."""
