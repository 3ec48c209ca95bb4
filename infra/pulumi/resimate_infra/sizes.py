"""How much of everything, on every platform: the figures of the specification (K8S-001, DB-001, SCALE-002)."""

from typing import Final

#: K8S-001: 1.28 and newer.
KUBERNETES: Final = "1.33"

CONTROL_NODES: Final = 3
CONTROL_CPUS: Final = 4
CONTROL_GB: Final = 8
LEAST_WORKERS: Final = 3
MOST_WORKERS: Final = 100
WORKER_CPUS: Final = 8
WORKER_GB: Final = 16
WORKER_GBPS: Final = 10
NODE_DISK_GB: Final = 100

#: DB-001: 15 and newer.
POSTGRES: Final = "17"
CONNECTIONS: Final = 1_000
IOPS: Final = 10_000
#: Disks whose rate follows their size give the rate above with this one.
DATABASE_GB: Final = 400
DATABASE_MOST_GB: Final = 65_536
#: Moments of so many days can be had again; at least 7.
RECOVERY_DAYS: Final = 14

FLOW_LOG_DAYS: Final = 90
KEY_ROTATION_DAYS: Final = 90
#: Images without a name are kept so long; earlier versions of files until they are archived, and then until they go.
UNTAGGED_IMAGE_DAYS: Final = 30
WARM_AFTER_DAYS: Final = 30
COLD_AFTER_DAYS: Final = 90
EARLIER_VERSION_DAYS: Final = 365
#: What lies in the cold storage, nobody removes before (COLD_STORE_URL).
COLD_KEEP_DAYS: Final = 365
