"""The embedded cluster (内置数据库): a private PostGIS in the data folder, reached over a unix socket only.

    address = ensure_cluster(Path("/var/lib/wangge"))
    engine = create_engine(address.url("postgres"))

Every call is idempotent, may come from root or from the service user, and may come from several
processes at once. Nothing here makes roles, extensions or tables.

    place        where everything of one cluster lies, and its address
    owner        the operating-system user that the server runs as
    binaries     which PostgreSQL of this machine is used
    locks        one caller at a time; a lock that lives as long as any server process
    processes    which processes belong to a data folder
    creation     initdb and the settings
    postmaster   start, probe, stop
    lifecycle    the four functions that others call
    supervisor   brings the server back after a crash or a package upgrade
"""

from geo.store.cluster.errors import ClusterError
from geo.store.cluster.lifecycle import ClusterStatus, cluster_status, ensure_cluster, stop_cluster
from geo.store.cluster.place import ClusterAddress
from geo.store.cluster.supervisor import supervise

__all__ = [
    "ClusterAddress",
    "ClusterError",
    "ClusterStatus",
    "cluster_status",
    "ensure_cluster",
    "stop_cluster",
    "supervise",
]
