"""The built image, and processes of it: its root read-only, as the account that it names, without any right.

No engine of containers is asked, since many machines that run tests let none start: a namespace of mounts and
``chroot`` give a process the same root, account and environment. The network is this machine's.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from resimate.tests.sources import ROOT

LAYOUT = ROOT / "build/image/resimate.oci"
#: Mounts the root read-only, what may be written to beside it, and becomes nobody, with no right to more.
ENTER = """
set -eu
root=$1; writable=$2; shift 2
mount --make-rprivate /
mount --bind "$root" "$root"
mount -o remount,bind,ro,nosuid,nodev "$root"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount --bind "$writable" "$root/var/lib/resimate"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
exec /usr/sbin/chroot "$root" /usr/bin/python3.11 -c "$BECOME" "$@"
"""
#: Within the root, by the interpreter that is there anyway, as there is no other program.
BECOME = """
import ctypes, os, sys
user, group, folder, *command = sys.argv[1:]
os.setgroups([]); os.setgid(int(group)); os.setuid(int(user))
ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)  # no new privileges
os.environ.pop("BECOME")
os.chdir(folder)
os.execvp(command[0], command)
"""


@dataclass(frozen=True)
class Image:
    """The image that ``scripts/image`` wrote, unpacked beside it."""

    layout: Path = LAYOUT

    @cached_property
    def manifest(self) -> dict[str, Any]:
        index = json.loads((self.layout / "index.json").read_text())
        return dict(self._blob(index["manifests"][0]["digest"]))

    @cached_property
    def config(self) -> dict[str, Any]:
        return dict(self._blob(self.manifest["config"]["digest"])["config"])

    def _blob(self, digest: str) -> Any:
        return json.loads((self.layout / "blobs" / digest.replace(":", "/")).read_text())

    @cached_property
    def root(self) -> Path:
        """What all layers come to; unpacked once for each build."""
        bundle = self.layout.with_name("bundle")
        made = bundle / ".of"
        digest = self.manifest["config"]["digest"]
        if not made.exists() or made.read_text() != digest:
            shutil.rmtree(bundle, ignore_errors=True)
            subprocess.run(
                ["umoci", "unpack", "--image", f"{self.layout}:latest", bundle], check=True, capture_output=True
            )
            for folder in ("dev", "proc"):  # as an engine would
                (bundle / "rootfs" / folder).mkdir(exist_ok=True)
            made.write_text(digest)
        return bundle / "rootfs"

    def files(self) -> Iterator[str]:
        """Every file of it, from its root on."""
        for folder, _, names in os.walk(self.root):
            for name in names:
                yield str((Path(folder) / name).relative_to(self.root))

    @property
    def environment(self) -> dict[str, str]:
        return dict(pair.split("=", 1) for pair in self.config["Env"])

    def start(
        self, *arguments: str, data: Path, given: Mapping[str, str] | None = None, **how: Any
    ) -> subprocess.Popen[str]:
        """Start what the image starts, with arguments of ours; nothing of this process's environment is in there."""
        return self.execute(*self.config["Entrypoint"], *arguments, data=data, given=given, **how)

    def execute(
        self, *command: str, data: Path, given: Mapping[str, str] | None = None, **how: Any
    ) -> subprocess.Popen[str]:
        user, group = self.config["User"].split(":")
        os.chown(data, int(user), int(group))
        inside = [user, group, self.config["WorkingDir"], *command]
        return subprocess.Popen(
            ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", ENTER, "enter", str(self.root), str(data), *inside],
            env={**self.environment, **(given or {}), "BECOME": BECOME},
            text=True,
            **how,
        )
