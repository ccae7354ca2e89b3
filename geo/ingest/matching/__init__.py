"""Matching (匹配): rows that name a community without its code find it by name, alias, address and nearness."""
