"""Tenders (招标): the pool bundled into packages, and the rounds they are saved in."""
