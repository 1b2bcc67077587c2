"""Results for people: what the terminal says, the figures of a run, the result folder."""
