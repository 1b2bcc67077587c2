"""Finished runs in, tidy tables out: how likely, how sure, by which path."""
