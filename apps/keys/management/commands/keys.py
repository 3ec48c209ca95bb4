"""Exit 1 where something was found that cannot be decrypted, or was refused."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.core.management.base import CommandParser
from django.utils import timezone

from apps.core.commands import OperatorCommand
from apps.keys import services
from apps.keys.management.recovery import Recovery
from apps.keys.models import DataKey, OwnKey
from apps.tenants.models import Tenant
from apps.tenants.provisioning import OWNER, PUBLIC, owner_in
from apps.tenants.services import find_tenant
from resimate_text.problems import MOST_PROBLEMS

Rows = list[dict[str, Any]]
REINDEXED: Final = "{tenant}: version {version} is {state}; {written} digests written, {left} left; over: {is_over}"


class Command(Recovery, OperatorCommand):
    help = "List, rotate, verify, destroy and recover the keys that protect personal data."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        shown = verbs.add_parser("list", help="the keys, without what is secret of them")
        verified = verbs.add_parser("verify", help="decrypt everything, and say what cannot be; changes nothing")
        rotated = verbs.add_parser("rotate", help="make a new key the active one, and write everything anew under it")
        rotated.add_argument("--resume", action="store_true", help="make no new key: write anew what is still left")
        which = rotated.add_mutually_exclusive_group()
        which.add_argument("--signing", action="store_true", help="the key that signs links; those sent stay good")
        which.add_argument(
            "--index", action="store_true", help="the key of digests by which people are found, in steps"
        )
        destroyed = verbs.add_parser(
            "destroy", help="destroy a key under which nothing is any more; backups that are under it are lost with it"
        )
        destroyed.add_argument("--version", type=int, required=True, dest="number", metavar="NUMBER")
        destroyed.add_argument("--purpose", choices=[one.value for one in services.ROTATED], default="field")
        owned = verbs.add_parser("own", help="have one tenant's keys wrapped by a key-encryption key of its own")
        owned.add_argument("--tenant", metavar="SLUG", required=True)
        how = owned.add_mutually_exclusive_group(required=True)
        how.add_argument("--key", metavar="NAME", help="that key, such as vault:transit/acme; it is tried before")
        how.add_argument("--drop", action="store_true", help="by the installation's again")
        for verb in (shown, verified, rotated):
            whose = verb.add_mutually_exclusive_group(required=verb is rotated)
            whose.add_argument("--all", action="store_true", help="those of all tenants and of the platform")
            whose.add_argument("--tenant", metavar="SLUG", help=f"those of one; {PUBLIC} is the platform itself")
        destroyed.add_argument("--tenant", metavar="SLUG", required=True)
        self.add_verbs_of_recovery(verbs)

    def act(self, **options: Any) -> None:
        if options["verb"] in self.of_recovery:
            self.of_recovery[options["verb"]](self, **options)
        else:
            getattr(self, options["verb"])(_schemas(options["tenant"]), **options)

    def list(self, schemas: Sequence[str], **_: Any) -> None:
        keys = DataKey.objects.filter(tenant__in=schemas).order_by("tenant", "purpose", "-version")
        own = OwnKey.objects.filter(tenant__in=schemas).order_by("tenant")
        rows = [_line(one) for one in keys] or ["There are no keys yet."]
        rows += [f"{one.tenant} has a key-encryption key of its own: {one.provider}" for one in own]
        told = [{"tenant": one.tenant, "provider": one.provider, "named_at": one.named_at} for one in own]
        self.report({"keys": [_described(one) for one in keys], "own": told}, "\n".join(rows))

    def own(self, schemas: Sequence[str], *, key: str | None, drop: bool, **_: Any) -> None:
        (schema,) = schemas
        if drop:
            services.drop_own_key(schema, now=timezone.now())
        else:
            services.name_own_key(schema, str(key), now=timezone.now())
        text = f"`manage.py keys rotate --tenant {schema}` makes a new key and moves the others."
        self.report({"tenant": schema, "provider": key}, text)

    def rotate(self, schemas: Sequence[str], *, resume: bool, signing: bool, index: bool, **_: Any) -> None:
        if signing and resume:
            self.fail("nothing_to_resume", "Keys that sign leave nothing to resume.")
        elif signing:
            self._rotate_signing(schemas)
        elif index:
            self._rotate_index(schemas, resume=resume)
        else:
            self._rotate_fields(schemas, resume=resume)

    def _rotate_fields(self, schemas: Sequence[str], *, resume: bool) -> None:
        rows = []
        for schema in schemas:
            now = timezone.now()
            if not resume:
                services.rotate(schema, now=now)
            with self.meter(f" values of {schema}") as show:
                outcome = services.reencrypt_rest(schema, now=now, progress=show)
            version = DataKey.objects.of(schema).active().values_list("version", flat=True).get()
            told = {"written": outcome.written, "left": outcome.left, "failed": outcome.failed[:MOST_PROBLEMS]}
            rows.append({"tenant": schema, "version": version, **told})
        text = "{tenant}: version {version} is active; {written} values written anew, {left} left"
        self._finish("rotated", rows, text, "failed")

    def _rotate_index(self, schemas: Sequence[str], *, resume: bool) -> None:
        """Begin where nothing is under way, and take the step that has come where something is."""
        rows = []
        for schema in schemas:
            now = timezone.now()
            if not resume:
                services.rotate(schema, purpose=DataKey.Purpose.INDEX, now=now)
            with self.meter(f" digests of {schema}") as show:
                outcome = services.reindex(schema, now=now, progress=show)
            newest = DataKey.objects.of(schema, DataKey.Purpose.INDEX).order_by("-version")[0]
            is_over = not services.has_rest(schema, DataKey.Purpose.INDEX)
            told = {"written": outcome.written, "left": outcome.left, "failed": outcome.failed[:MOST_PROBLEMS]}
            rows.append(
                {"tenant": schema, "version": newest.version, "state": newest.state, "is_over": is_over, **told}
            )
        self._finish("rotated", rows, REINDEXED, "failed")

    def _rotate_signing(self, schemas: Sequence[str]) -> None:
        keys = [services.rotate(one, purpose=DataKey.Purpose.SIGNING, now=timezone.now()) for one in schemas]
        rows = [{"tenant": key.tenant, "version": key.version} for key in keys]
        self.report(
            {"rotated": rows}, "\n".join("{tenant}: version {version} signs soon".format(**row) for row in rows)
        )

    def verify(self, schemas: Sequence[str], **_: Any) -> None:
        rows = []
        for schema in schemas:
            with self.meter(f" values of {schema}") as show:
                outcome = services.verify(schema, show)
            services.note_verified(schema, outcome, now=timezone.now())
            told = {"keys": outcome.keys, "values": outcome.values, "problems": outcome.problems[:MOST_PROBLEMS]}
            rows.append({"tenant": schema, **told, "more": max(0, len(outcome.problems) - MOST_PROBLEMS)})
        self._finish("verified", rows, "{tenant}: {keys} keys, {values} values", "problems")

    def destroy(self, schemas: Sequence[str], *, number: int, purpose: str, **_: Any) -> None:
        key = services.destroy(schemas[0], number, purpose=purpose, now=timezone.now())
        self.report(_described(key), f"Version {key.version} of {key.tenant} is destroyed.")

    def _finish(self, name: str, rows: Rows, text: str, problems: str) -> None:
        """Report; where there are problems, say them and end with exit 1."""
        found = [f"{row['tenant']}: {problem}" for row in rows for problem in row[problems]]
        if found:
            self.fail("undecryptable", "\n".join(found), **{name: rows})
        self.report({name: rows}, "\n".join(text.format(**row) for row in rows))


def _schemas(tenant: str | None) -> Sequence[str]:
    if tenant == PUBLIC:
        return [PUBLIC]
    if tenant is not None:
        return [find_tenant(tenant).schema_name]
    with owner_in(PUBLIC):
        return [PUBLIC, *Tenant.objects.using(OWNER).order_by("slug").values_list("schema_name", flat=True)]


def _described(key: DataKey) -> dict[str, Any]:
    moments = ("created_at", "retired_at", "unused_at", "destroyed_at")
    names = ("tenant", "purpose", "version", "state", "provider")
    return {name: getattr(key, name) for name in (*names, *moments)}


def _line(key: DataKey) -> str:
    age = " ".join(_since(key))
    return f"{key.tenant:<30} {key.purpose:<11} {key.version:>4}  {key.state:<13} {age}  {key.provider}".rstrip()


def _since(key: DataKey) -> Iterator[str]:
    words = (("created", key.created_at), ("retired", key.retired_at), ("unused", key.unused_at))
    for word, moment in (*words, ("destroyed", key.destroyed_at)):
        if moment is not None:
            yield f"{word} {moment:%Y-%m-%d}"
