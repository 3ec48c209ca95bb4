"""The verbs of `manage.py keys` for the day on which the provider of keys is lost: escrow, recover, recovery-key."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Final

from django.utils import timezone

from apps.core.commands import OperatorCommand
from apps.core.errors import Refused
from apps.keys import offline, services
from resimate_text.problems import MOST_PROBLEMS
from resimate_text.sentences import Sentence

#: Far more than a key or a share has.
MOST_OF_A_SHARE: Final = 65_536
PUBLIC: Final = "recovery-key.pem"


class FileRefused(Refused):
    code = "share_unreadable"
    title = "The file cannot be read or written"


class Recovery(OperatorCommand):
    """A part of the command; what it says goes out by :class:`OperatorCommand`."""

    def add_verbs_of_recovery(self, verbs: Any) -> None:
        made = verbs.add_parser("recovery-key", help="make a recovery key, on a machine that is not this service's")
        made.add_argument("what", choices=["new"])
        made.add_argument("--holders", type=int, default=3, metavar="NUMBER", help="how many people get a share (3)")
        made.add_argument("--needed", type=int, default=2, metavar="NUMBER", help="how many of them it takes (2)")
        made.add_argument("--folder", type=Path, required=True, help="where the files go; it must not exist")
        copied = verbs.add_parser("escrow", help="make the copies of all keys for the recovery keys")
        which = copied.add_mutually_exclusive_group()
        which.add_argument("--public-key", type=Path, metavar="FILE", help="take this recovery key into use")
        which.add_argument("--retire", metavar="FINGERPRINT", help="throw away the copies for this recovery key")
        back = verbs.add_parser("recover", help="wrap the keys anew from their copies, by the shares of several people")
        back.add_argument("--share", type=Path, action="append", required=True, metavar="FILE", dest="shares")
        back.add_argument("--drill", action="store_true", help="only see that it could be done; no key is written")

    def handle(self, *args: Any, **options: Any) -> None:
        self.needs_database = options["verb"] != "recovery-key"
        super().handle(*args, **options)

    def make(self, *, holders: int, needed: int, folder: Path, **_: Any) -> None:
        made = offline.make(holders, needed)
        shares = [f"share-{number}.txt" for number in range(1, holders + 1)]
        try:
            folder.mkdir(mode=0o700)
            for name, text in zip([PUBLIC, *shares], [made.public, *made.shares], strict=True):
                _write(folder / name, text)
        except OSError as error:
            raise FileRefused(_why(folder, error)) from error
        told = {"fingerprint": made.fingerprint, "needed": needed, "public_key": PUBLIC, "shares": shares}
        text = (
            f"Recovery key {made.fingerprint} is in {folder}. Give each share to another person, delete them here, and "
            f"take the key into use where the service runs: `manage.py keys escrow --public-key {PUBLIC}`."
        )
        self.report({**told, "folder": str(folder)}, text)

    def escrow(self, *, public_key: Path | None, retire: str | None, **_: Any) -> None:
        now = timezone.now()
        if public_key is not None:
            services.add_recovery_key(_read(public_key), now=now)
        elif retire is not None:
            services.retire_recovery_key(retire, now=now)
        outcome = services.escrow(now=now)
        told: dict[str, Any] = {
            "recovery_keys": outcome.recovery_keys,
            "written": outcome.written,
            "failed": outcome.failed[:MOST_PROBLEMS],
        }
        if outcome.failed:
            self.fail("undecryptable", "\n".join(told["failed"]), **told)
        if outcome.recovery_keys:
            self.report(told, f"{outcome.written} keys have other copies now; all have theirs.")
        else:
            self.report(
                told, "No recovery key is in use, so no key has a copy. `keys escrow --public-key FILE` takes one."
            )

    def recover(self, *, shares: list[Path], drill: bool, **_: Any) -> None:
        verb = services.drill if drill else services.recover
        with self.meter(" keys") as show:
            outcome = verb([_read(path) for path in shares], now=timezone.now(), progress=show)
        failed = outcome.failed[:MOST_PROBLEMS]
        told: dict[str, Any] = {"recovered": outcome.recovered, "kept": outcome.kept, "failed": failed}
        if failed:
            self.fail("unrecoverable", "\n".join(failed), **told)
        well = "The copies of {kept} keys open, and are what the provider gives; no key was written."
        done = "{recovered} keys are wrapped anew; {kept} needed it not. `manage.py keys verify` shows what opens."
        self.report(told, (well if drill else done).format(**told))

    of_recovery: ClassVar[dict[str, Callable[..., None]]] = {"recovery-key": make, "escrow": escrow, "recover": recover}


def _write(path: Path, text: str) -> None:
    """For its owner alone, from the first moment on, and over no other file."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            read = file.read(MOST_OF_A_SHARE + 1)
    except OSError as error:
        raise FileRefused(_why(path, error)) from error
    if len(read) > MOST_OF_A_SHARE:
        raise FileRefused(Sentence("{path} is no share, and no key: it is far too large.", path=str(path)))
    try:
        return read.decode()
    except UnicodeDecodeError:
        raise FileRefused(Sentence("{path} is no share, and no key: it is no text.", path=str(path))) from None


def _why(path: Path, error: OSError) -> Sentence:
    return Sentence("{path}: {reason}.", path=str(path), reason=error.strerror or type(error).__name__)
