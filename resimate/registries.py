"""The page of everything that apps declare: ``manage.py docs registries``. The only place that knows all registries."""

import json
from collections.abc import Collection, Iterable, Iterator

from celery import current_app
from prometheus_client import REGISTRY

from apps.audit import kinds
from apps.configuration.registry import KEYS
from apps.core import beginning, event_types, events, jobs, memory, navigation, panels, parts, rights, roles
from apps.notifications.channels.base import CHANNELS
from apps.notifications.kinds import KINDS as MESSAGES
from apps.outreach import links
from resimate import contracts
from resimate.urls.serving import prefixes

HEAD = """# What apps declare

Each app says its own, in a module that is found when the process starts; a lower app names none of it. Generated:
`manage.py docs registries --write`. [The settings of an installation](settings.md) and [the codes of errors](errors.md)
have pages of their own; [Where do I put …?](where.md) says where to add one more.
"""
#: What the client library measures of every program.
NOT_OURS = ("python_", "process_")
Row = tuple[str, ...]
RESOURCES = ("resource", "what it is", "actions besides manage", "on record when permitted")


def page() -> str:
    contracts.read_all_modules()
    return HEAD + "".join(f"\n{section}" for section in _sections())


def _sections() -> Iterator[str]:
    yield _table("Permissions", "permissions.py", RESOURCES, _resources())
    yield _table("Scopes of permissions", "permissions.py", ("scope", "covers", "narrowed by a grant"), _scopes())
    yield _table("Roles of the product", "permissions.py", ("role", "name", "for whom", "permissions"), _roles())
    yield _table("The audit trail", "audit_kinds.py", ("of", "category", "what is recorded"), _kinds())
    yield _table("Events", "events.py", ("event", "version", "when", "told outside"), _events())
    yield _table(
        "Parts of the service",
        "readiness.py",
        ("part", "nothing goes without it", "asked by", "how to mend it"),
        _parts(),
    )
    yield _table("Metrics", "metrics.py", ("metric", "kind", "counts"), sorted(_metrics()))
    yield _table("Settings of tenants and rate limits", "settings_keys.py", ("key", "default", "meaning"), _settings())
    yield _table("Messages", "messages.py", ("message", "purpose", "channels"), _messages())
    yield _table("Channels", "channels/", ("channel", "texts"), _channels())
    yield _table("Personal links", "links.py", ("kind", "page"), _links())
    yield _table("Roles of processes and their addresses", "urls.py", ("role", "addresses begin with"), _addresses())
    yield _table("Queues and their work", "subscribers.py", ("queue", "events and jobs", "by the clock"), _queues())
    yield _table("Jobs", "subscribers.py", ("job", "waits in"), sorted(_jobs()))
    yield _table("Sections of the navigation", "navigation.py", ("path", "label", "holds, too"), _navigation())
    yield _table("First steps", "first_steps.py", ("step", "label"), _first_steps())
    yield _table("Places of panels", "panels.py", ("place",), ((f"`{place}`",) for place in sorted(panels.places())))
    yield _table("What a process remembers", "", ("forgotten by",), ((f"`{one}`",) for one in memory.remembered()))


def _table(title: str, module: str, head: Row, rows: Iterable[Row]) -> str:
    where = f"Declared in `{module}` of an app.\n\n" if module else ""
    lines = [" | ".join(cell.replace("|", r"\|") for cell in line) for line in (head, ("---",) * len(head), *rows)]
    return f"## {title}\n\n{where}" + "".join(f"| {line} |\n" for line in lines)


def _resources() -> Iterator[Row]:
    for one in sorted(rights.RESOURCES.values(), key=lambda one: one.name):
        yield f"`{one.name}`", one.about, _listed(one.actions - {"manage"}), _listed(one.sensitive)


def _scopes() -> Iterator[Row]:
    for one in rights.SCOPES.values():
        yield f"`{one.name}`", one.about, "to one object" if one.of_one_object else ""


def _roles() -> Iterator[Row]:
    for one in rights.ROLES.values():
        where = " On the platform alone." if one.is_platforms else ""
        yield f"`{one.code}`", one.name, one.about + where, _listed(one.permissions)


def _kinds() -> Iterator[Row]:
    for one in sorted(kinds.KINDS.values(), key=lambda one: one.noun):
        yield f"`{one.noun}`", str(one.category), _listed(one.verbs)
    yield "everything personal", str(kinds.Category.DATA), _listed(kinds.READING)
    yield "every model that is followed", "of its noun, or data", _listed(kinds.CHANGING)


def _events() -> Iterator[Row]:
    for name, one in sorted(event_types.DECLARED.items()):
        yield f"`{name}`", str(one.version), one.about, "" if one.internal else "yes"


def _parts() -> Iterator[Row]:
    for name, one in sorted(parts.PARTS.items()):
        asked = ["doctor", *(["probes"] if one.is_probed else []), *(["pages"] if one.is_told else [])]
        yield f"`{name}`", "yes" if one.is_vital else "", ", ".join(asked), one.mend


def _metrics() -> Iterator[Row]:
    for one in REGISTRY.collect():
        if not one.name.startswith(NOT_OURS):
            name = f"{one.name}_total" if one.type == "counter" else one.name
            yield f"`{name}`", one.type, one.documentation


def _settings() -> Iterator[Row]:
    for name, one in sorted(KEYS.items()):
        yield f"`{name}`", f"`{json.dumps(one.default)}`", one.about


def _messages() -> Iterator[Row]:
    for name, one in sorted(MESSAGES.items()):
        yield f"`{name}`", one.purpose, ", ".join(one.channels)


def _channels() -> Iterator[Row]:
    for name, one in sorted(CHANNELS.items()):
        yield f"`{name}`", ", ".join(one.texts)


def _links() -> Iterator[Row]:
    for one in sorted(links.kinds(), key=lambda one: one.name):
        yield f"`{one.name}`", f"`{one.route}`"


def _addresses() -> Iterator[Row]:
    steps = prefixes("resimate.urls.tenant")
    for role in roles.WEB:
        yield f"`{role}`", _listed({step for step, of in steps.items() if of == {role}})


def _queues() -> Iterator[Row]:
    tasks = [task for task in current_app.tasks.values() if getattr(task, "waits_in", ())]
    for queue in roles.QUEUES:
        heard = {one.name for one in events.subscribers() if one.queue == queue and one.app != "apps.core"}
        asked = {kind for kind, of in jobs.kinds().items() if of == queue}
        yield f"`{queue}`", _listed(heard | asked), _listed({task.name for task in tasks if task.waits_in == queue})


def _jobs() -> Iterator[Row]:
    for kind, queue in jobs.kinds().items():
        yield f"`{kind}`", f"`{queue}`"


def _navigation() -> Iterator[Row]:
    for one in navigation.sections():
        yield f"`{one.path}`", str(one.label), _listed(one.further)


def _first_steps() -> Iterator[Row]:
    for one in beginning.steps():
        yield f"`{one.name}`", str(one.label)


def _listed(texts: Collection[str]) -> str:
    """In their order where they have one."""
    return ", ".join(f"`{text}`" for text in (texts if isinstance(texts, list) else sorted(texts)))
