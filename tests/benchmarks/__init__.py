"""How fast the package is, as ratios to floors measured in the same run: ``make bench``."""
