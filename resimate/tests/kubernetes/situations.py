"""Of each alert a situation in which it calls, and one beside it in which it keeps still: series as promtool has them.

``0+60x30`` begins at nothing and has sixty more each step, thirty times; ``1x30`` is one for as long; ``_`` is nothing.
"""

from dataclasses import dataclass, field
from typing import Final

Series = dict[str, str]
DAY: Final = 86_400


@dataclass(frozen=True)
class Situation:
    calls: Series
    still: Series
    labels: dict[str, str] = field(default_factory=dict)
    #: Minutes after which one looks, and between two values.
    at: int = 30
    step: int = 1


def _part(name: str) -> Situation:
    """Away for one process alone, and well for all."""
    one, other = (f'resimate_part_up{{part="{name}",pod="{pod}"}}' for pod in "ab")
    return Situation({one: "1x99", other: "1x4 0x95"}, {one: "1x99", other: "1x99"}, at=60)


def _requests(role: str, well: int, ill: int, minutes: int = 99) -> Series:
    """By the minute; probes, which are many and well, do not make it better."""
    of = f'resimate_http_requests_total{{role="{role}"'
    return {
        f'{of},view="home",status="200"}}': f"0+{well}x{minutes}",
        f'{of},view="home",status="500"}}': f"0+{ill}x{minutes}",
        f'{of},view="none",status="200"}}': f"0+90000x{minutes}",
    }


def _times(role: str, below: str, above: str) -> Series:
    """Sixty requests a minute, all of them between two bounds of the histogram; and many probes, which are quick."""
    of = f'resimate_http_request_seconds_bucket{{role="{role}"'
    lower = {f'{of},view="home",le="{below}"}}': "0x99", f'{of},view="home",le="{above}"}}': "0+60x99"}
    quick = {f'{of},view="none",le="{one}"}}': "0+9000x99" for one in (below, above, "+Inf")}
    return lower | {f'{of},view="home",le="+Inf"}}': "0+60x99"} | quick


def _ends(days: float, name: str = "nginx_ingress_controller_ssl_expire_time_seconds", label: str = "host") -> Series:
    return {f'{name}{{{label}="acme.example"}}': f"{int(days * DAY)}x300"}


ROLES: Final = ("auth", "core-api", "campaigns-api", "users-api", "portal")
UP: Final = {f'up{{role="{role}"}}': "1x60" for role in ROLES}
PORTAL: Final = {"role": "portal"}
SIGN_INS: Final = 'resimate_sign_ins_total{outcome="refused",role="auth"}'
STARTED: Final = 'resimate_sign_ins_total{outcome="started",role="auth"}'
DOOR: Final = 'resimate_web_refusals_total{role="portal",reason='
WAITS: Final = 'resimate_queue_deliveries{queue="calculation",pod="a"}'
OTHERS_WAIT: Final = 'resimate_queue_deliveries{queue="audit",pod="a"}'
OUTBOX: Final = 'resimate_outbox_oldest_seconds{pod="a"}'
DEAD: Final = 'resimate_outbox_deliveries{state="dead",pod="a"}'
PENDING: Final = 'resimate_outbox_deliveries{state="pending",pod="a"}'
SENT: Final = 'resimate_messages_total{channel="email",outcome="sent"}'
FAILED: Final = 'resimate_messages_total{channel="email",outcome="failed"}'
CALLED: Final = 'resimate_outbound_calls_total{purpose="webhook",outcome='
CHECKED: Final = "resimate_version_verifications_total{outcome="
OLDEST: Final = 'resimate_oldest_active_key_seconds{purpose="data"}'
POD: Final = {"namespace": "resimate", "pod": "p"}
BOX: Final = 'namespace="resimate",pod="p",container="resimate"'
CPU: Final = f"container_cpu_usage_seconds_total{{{BOX}}}"
CORES: Final = f'kube_pod_container_resource_limits{{{BOX},resource="cpu"}}'
USED: Final = f"container_memory_working_set_bytes{{{BOX}}}"
MEMORY: Final = f'kube_pod_container_resource_limits{{{BOX},resource="memory"}}'
CLAIM: Final = {"persistentvolumeclaim": "data-0"}
ON_CLAIM: Final = '{persistentvolumeclaim="data-0"}'
THREADS: Final = 'resimate_web_threads{role="portal",pod="a"}'
BUSY: Final = 'resimate_web_threads_busy{role="portal",pod="a"}'

SITUATIONS: Final[dict[str, Situation]] = {
    "RoleAway": Situation(UP | {'up{role="portal"}': "1x4 0x55"}, UP, PORTAL),
    "ErrorsAbound": Situation(_requests("portal", 88, 12), _requests("portal", 91, 9), PORTAL),
    "ErrorsAboveOnePercent": Situation(_requests("portal", 980, 12), _requests("portal", 991, 9), PORTAL),
    "ErrorsAboveServiceLevel": Situation(
        _requests("auth", 9980, 12), _requests("auth", 9991, 9) | _requests("portal", 996, 4), {"role": "auth"}, at=90
    ),
    "AnswersAboveHalfASecond": Situation(_times("portal", "0.5", "1"), _times("portal", "0.3", "0.5"), PORTAL),
    "AnswersAboveServiceLevel": Situation(
        _times("core-api", "0.2", "0.3"),
        _times("core-api", "0.1", "0.2") | _times("portal", "0.2", "0.3") | _times("auth", "0.05", "0.1"),
        {"role": "core-api"},
        at=90,
    ),
    "RequestsTurnedAway": Situation({DOOR + '"queue_full"}': "0+4x99"}, {DOOR + '"unfit"}': "0+400x99"}, PORTAL),
    "ThreadsAreBusy": Situation({THREADS: "20x99", BUSY: "19x99"}, {THREADS: "20x99", BUSY: "18x99"}, PORTAL),
    "TenantsAreSlowedDown": Situation(
        {
            'resimate_http_requests_total{role="portal",view="home",status="200"}': "0+900x99",
            'resimate_http_requests_total{role="portal",view="home",status="429"}': "0+60x99",
        },
        {
            'resimate_http_requests_total{role="portal",view="home",status="200"}': "0+900x99",
            'resimate_http_requests_total{role="portal",view="home",status="429"}': "0+40x99",
        },
        PORTAL,
    ),
    "DatabaseAway": _part("database"),
    "TablesAreEarlier": _part("schema"),
    "EncryptionKeysAway": _part("encryption_keys"),
    "RedisAway": _part("redis"),
    "WorkersAway": _part("worker"),
    "SchedulerAway": _part("scheduler"),
    "FilesAway": _part("files"),
    "AuditPartitionsMissing": _part("audit_partitions"),
    "MetricsMissing": Situation(
        {'up{role="portal",pod="a"}': "1x99", 'up{role="portal",pod="b"}': "0x99"},
        {'up{role="portal",pod="a"}': "1x99", 'up{job="of others"}': "0x99"},
        PORTAL,
    ),
    "CertificateEndsSoon": Situation(_ends(2.9), _ends(3.2), {"host": "acme.example"}),
    "CertificateEnds": Situation(
        _ends(20.9, "probe_ssl_earliest_cert_expiry", "instance"), _ends(21.2), {"host": "acme.example"}, at=90
    ),
    "OutboxStands": Situation({OUTBOX: "910x99"}, {OUTBOX: "890x99"}),
    "OutboxIsLate": Situation({OUTBOX: "130x99"}, {OUTBOX: "300x1 0x98"}),
    "QueueWithoutWorker": Situation(
        {
            WAITS: "5x99",
            OTHERS_WAIT: "1x99",
            'up{role="worker-audit"}': "1x99",
            'up{role="worker-calculation"}': "0x99",
        },
        {WAITS: "5x99", OTHERS_WAIT: "1x99", 'up{role="worker"}': "1x99"},
        {"queue": "calculation"},
    ),
    "DeliveriesAreDead": Situation({DEAD: "1x99"}, {DEAD: "0x99", PENDING: "7x99"}),
    "MessagesFail": Situation(
        {SENT: "0+88x99", FAILED: "0+12x99"}, {SENT: "0+92x99", FAILED: "0+8x99"}, {"channel": "email"}, at=60
    ),
    "CallsOutsideFail": Situation(
        {CALLED + '"2xx"}': "0+7x99", CALLED + '"slow"}': "0+3x99"},
        {CALLED + '"2xx"}': "0+2x99", CALLED + '"4xx"}': "0+8x99"},
        {"purpose": "webhook"},
    ),
    "TrafficIsAnAttack": Situation(
        {"suricata_critical_alerts_total": "0x27 1x72"}, {"suricata_critical_alerts_total": "1x99"}
    ),
    "TrafficIsHostile": Situation({"suricata_high_alerts_total": "0x27 1x72"}, {"suricata_high_alerts_total": "1x99"}),
    "TrafficIsSuspicious": Situation(
        {"suricata_medium_alerts_total": "0x27 1x72"}, {"suricata_medium_alerts_total": "1x99"}
    ),
    "TrafficIsOdd": Situation({"suricata_low_alerts_total": "0x27 1x72"}, {"suricata_low_alerts_total": "1x99"}),
    "SignInsAreAttacked": Situation({SIGN_INS: "0+110x99"}, {SIGN_INS: "0+90x99", STARTED: "0+500x99"}),
    "SignInsFail": Situation({SIGN_INS: "0+11x99"}, {SIGN_INS: "0+9x99", STARTED: "0+50x99"}),
    "VersionsDiffer": Situation({CHECKED + '"differs"}': "0x20 1x79"}, {CHECKED + '"agrees"}': "0+5x99"}),
    "KeysAreOld": Situation({OLDEST: f"{401 * DAY}x99"}, {OLDEST: f"{399 * DAY}x99"}, {"purpose": "data"}, at=90),
    "RotationStands": Situation(
        {"resimate_values_under_old_keys": "7x200"}, {"resimate_values_under_old_keys": "7x100 0x100"}, at=1600, step=10
    ),
    "ProcessorIsBusy": Situation({CPU: "0+102x99", CORES: "2x99"}, {CPU: "0+90x99", CORES: "2x99"}, POD),
    "MemoryIsShort": Situation({USED: "95x99", MEMORY: "100x99"}, {USED: "88x99", MEMORY: "100x99"}, POD),
    "DiskIsFull": Situation(
        {
            f"kubelet_volume_stats_{one}_bytes{ON_CLAIM}": f"{value}x99"
            for one, value in (("used", 86), ("capacity", 100))
        },
        {
            f"kubelet_volume_stats_{one}_bytes{ON_CLAIM}": f"{value}x99"
            for one, value in (("used", 84), ("capacity", 100))
        },
        CLAIM,
    ),
    "ScoresFellOff": Situation(
        {'resimate_scores_total{outcome="scored"}': "0+20x1000 20000+0x60"},
        {'resimate_scores_total{outcome="scored"}': "0+20x1000 20000+10x60"},
        at=10_300,
        step=10,
    ),
    "SignInsFellOff": Situation(
        {STARTED: "0+20x1000 20000+4x60"}, {STARTED: "0+15x1000 15000+0x60"}, at=10_300, step=10
    ),
}
#: The same, where machines measure what clusters do.
ON_MACHINES: Final[dict[str, Situation]] = {
    "ProcessorIsBusy": Situation(
        {'node_cpu_seconds_total{instance="m",cpu="0",mode="idle"}': "0+11x99"},
        {'node_cpu_seconds_total{instance="m",cpu="0",mode="idle"}': "0+13x99"},
        {"instance": "m"},
    ),
    "MemoryIsShort": Situation(
        {'node_memory_MemAvailable_bytes{instance="m"}': "9x99", 'node_memory_MemTotal_bytes{instance="m"}': "100x99"},
        {'node_memory_MemAvailable_bytes{instance="m"}': "11x99", 'node_memory_MemTotal_bytes{instance="m"}': "100x99"},
        {"instance": "m"},
    ),
    "DiskIsFull": Situation(
        {
            'node_filesystem_avail_bytes{mountpoint="/var",fstype="ext4"}': "14x99",
            'node_filesystem_size_bytes{mountpoint="/var",fstype="ext4"}': "100x99",
        },
        {
            'node_filesystem_avail_bytes{mountpoint="/run",fstype="tmpfs"}': "1x99",
            'node_filesystem_size_bytes{mountpoint="/run",fstype="tmpfs"}': "100x99",
        },
        {"mountpoint": "/var", "fstype": "ext4"},
    ),
    "RoleAway": Situation(
        {one: "0x60" if "portal" in one else values for one, values in UP.items()} | {'up{role="web"}': "0x60"},
        {'up{role="web"}': "1x60"},
        PORTAL,
    ),
}
