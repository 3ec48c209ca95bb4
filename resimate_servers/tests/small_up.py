"""The embedded servers under a supervisor, without the web server: what the tests start, kill and stop.

``python -m resimate_servers.tests.small_up FOLDER [command of one more child ...]``
"""

import sys
from pathlib import Path

from resimate_servers.errors import EmbeddedError
from resimate_servers.installation import Installation
from resimate_servers.servers import start_servers
from resimate_servers.supervisor import Child, Supervisor


def up(folder: Path, extra: list[str]) -> None:
    with Installation.open(folder) as installation, Supervisor(installation) as supervisor:
        start_servers(supervisor, installation)
        if extra:
            supervisor.start(Child("extra", "extra program", extra, settling=1.0))
        supervisor.say("Ready.")
        supervisor.run_forever()


if __name__ == "__main__":
    try:
        up(Path(sys.argv[1]), sys.argv[2:])
    except EmbeddedError as problem:
        sys.exit(str(problem))
