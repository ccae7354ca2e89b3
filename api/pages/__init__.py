"""The pages: who may open which, in which language. What they look like is drawn in `maps`."""
