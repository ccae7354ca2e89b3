"""The one error of the embedded cluster."""

from __future__ import annotations

from geo.errors import WanggeError


class ClusterError(WanggeError):
    """The embedded database cannot be made, started or stopped; the message says what to do."""

    status, type, title = 503, "database-unavailable", "The database is not available"
