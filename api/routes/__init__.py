"""One thin file per word of the domain: parse, one call into geo, shape the answer."""
