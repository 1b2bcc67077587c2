"""The parts of a report, each from the folders it was given: tables in, blocks of a page out."""
