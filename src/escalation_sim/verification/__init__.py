"""What anyone can check on their own machine: known answers, laws, both drivers, intervals, the same bytes again."""
