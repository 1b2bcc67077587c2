"""Pictures of finished runs: tidy tables become one matplotlib Figure; only `style.save` writes files."""
