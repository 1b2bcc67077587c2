"""The scenario language: YAML -> Scenario -> Setup."""
