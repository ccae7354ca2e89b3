"""Cells as they go out of the house (出图): `values` are plain, `area` and `plan` read them, `files` write them."""
