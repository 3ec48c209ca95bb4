"""local-kms, an emulator of AWS KMS, with keys of its own for tests that need them."""

import os
import subprocess
from pathlib import Path
from typing import Any

import boto3

from apps.keys.providers.kms import Account
from resimate_servers import ports
from resimate_servers.processes import wait_until

PROGRAM = Path(__file__).parents[3] / "build/peers/local-kms"
REGION = "eu-central-1"


class LocalKms:
    def __init__(self, folder: Path) -> None:
        self.port = ports.choose("local-kms", {})
        said = {"KMS_DATA_PATH": str(folder / "data"), "KMS_REGION": REGION, "PORT": str(self.port)}
        log = (folder / "log").open("ab")
        self.process = subprocess.Popen([PROGRAM], env={**os.environ, **said}, stdout=log, stderr=log)
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.root: Any = boto3.session.Session().client(
            "kms",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="root",
            aws_secret_access_key="root",
        )
        assert wait_until(self._answers, 60), (folder / "log").read_text()

    def key(self) -> str:
        """The ARN of a new one."""
        return str(self.root.create_key()["KeyMetadata"]["Arn"])

    def account(self, key: str) -> Account:
        return Account(key, "access-key", "secret-key", self.endpoint)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def _answers(self) -> bool:
        from botocore.exceptions import BotoCoreError

        try:
            self.root.list_keys()
        except BotoCoreError:
            return False
        return True
