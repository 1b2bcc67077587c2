"""Results on disk with their provenance: a folder of tables, sealed by a manifest, that appears whole or not at all."""
