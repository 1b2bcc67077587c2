"""The theory: what a state remembers, weighs and chooses. Functions of numbers and arrays, spoken by both drivers."""
