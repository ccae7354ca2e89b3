"""Data that the product carries with it: the made-up demo district and what made it."""
