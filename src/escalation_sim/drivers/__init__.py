"""The loops over one semantics: one inspectable replicate with Mesa, or thousands of compiled ones."""
