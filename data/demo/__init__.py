"""The demo district: a made-up district of a made-up city, the same from the same seed.

district = make_district(20261101)
write_files(district, folder)
"""

from .district import SEED, District, digest, make_district, pool, totals
from .files import write_files

__all__ = ["SEED", "District", "digest", "make_district", "pool", "totals", "write_files"]
