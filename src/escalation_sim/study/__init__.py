"""A scenario -> an ensemble or a trajectory -> tables, figures and words."""
