"""Where the servers' files may lie, and as whom the servers run.

PostgreSQL refuses to run as root, so root's servers run as ``nobody``, who can reach neither data nor binaries below
a folder like ``/root`` (mode 0700). Both then move to a folder everybody may pass through; nobody's rights elsewhere
are never widened.
"""

import hashlib
import os
import pwd
import shutil
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from resimate_servers.errors import EmbeddedError, writing_to
from resimate_servers.processes import Account

RECORD = "servers-are-in"


def server_account() -> Account | None:
    """Nobody when we are root, ourselves (None) otherwise."""
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError as error:
        raise EmbeddedError(
            "PostgreSQL does not run as root, and there is no account `nobody` to run it; start as another user."
        ) from error
    return Account(nobody.pw_uid, nobody.pw_gid)


def reachable(path: Path, account: Account | None) -> bool:
    """Whether ``account`` may pass through every folder on the way to ``path``, and through ``path``."""
    if account is None:
        return True
    path = path.resolve()
    return all(_passable(folder.stat(), account) for folder in (path, *path.parents) if folder.exists())


def _passable(status: os.stat_result, account: Account) -> bool:
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _readable(tree: Path) -> bool:
    return all(path.stat().st_mode & stat.S_IROTH for path in tree.rglob("*") if path.exists())


def _still_there(home: Path, record: Path) -> Path:
    if not home.is_dir():
        raise EmbeddedError(
            f"The servers' data was kept in {home}, which is gone; bring it back, or remove {record} to begin anew."
        )
    return home


def _require_ours(folder: Path) -> None:
    """In a shared place like /tmp somebody else may have been there first."""
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise EmbeddedError(f"The folder {folder} belongs to somebody else; remove it, or set RESIMATE_STATE_DIR.")


@dataclass(frozen=True, slots=True)
class Placement:
    """Who runs the servers, and the folder to move to when that account cannot reach the usual one."""

    account: Account | None
    state: Path

    @classmethod
    def usual(cls) -> "Placement":
        return cls(server_account(), Path(os.environ.get("RESIMATE_STATE_DIR", "/var/lib/resimate")))

    def home_of(self, data_dir: Path) -> Path:
        """The folder in which the servers of ``data_dir`` keep their files.

        Once chosen it is written down in the data folder, so that a later change of modes moves nothing.
        """
        record = data_dir / RECORD
        if record.exists():
            return _still_there(Path(record.read_text().strip()), record)
        if reachable(data_dir, self.account):
            return data_dir
        home = self.state / "data" / hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:16]
        self._open_way_to(home)
        with writing_to(data_dir):
            (home / "belongs-to").write_text(f"{data_dir.resolve()}\n")
            record.write_text(f"{home}\n")
        return home

    def private_folder(self, folder: Path) -> Path:
        """Make ``folder`` readable by the account that runs the server, and by no other."""
        with writing_to(folder.parent):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o700)
            if self.account is not None:
                os.chown(folder, self.account.uid, self.account.gid)
        return folder

    def published(self, root: Path, parts: Sequence[str], name: str) -> Path:
        """``root``, or a folder with a copy of its ``parts`` when the account cannot execute them where they are."""
        present = [part for part in parts if (root / part).exists()]
        if self.account is None or all(reachable(root / p, self.account) and _readable(root / p) for p in present):
            return root
        target = self.state / "bin" / name
        if not target.exists():
            self._open_way_to(target.parent)
            with writing_to(target.parent):
                self._copy(root, present, target)
        return target

    def _copy(self, root: Path, parts: Sequence[str], target: Path) -> None:
        draft = target.with_name(f"{target.name}.{os.getpid()}")
        for part in parts:
            shutil.copytree(root / part, draft / part, symlinks=True, ignore=shutil.ignore_patterns("include"))
        for path in (draft, *draft.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        try:
            draft.rename(target)
        except OSError:  # somebody else was faster
            shutil.rmtree(draft)

    def _open_way_to(self, folder: Path) -> None:
        with writing_to(folder):
            folder.mkdir(parents=True, exist_ok=True)
            for level in (folder, *folder.parents):
                if level.is_relative_to(self.state):
                    _require_ours(level)
                    level.chmod(0o755)
        if not reachable(folder, self.account):
            raise EmbeddedError(
                f"The account that runs PostgreSQL cannot reach {folder}; set RESIMATE_STATE_DIR to a folder it can."
            )
