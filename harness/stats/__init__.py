"""Bootstrap, intervals, paired significance tests, power and effect sizes."""
