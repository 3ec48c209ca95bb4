"""``python -m resimate``, which an image runs: the process of ``RESIMATE_ROLE``, or with arguments ``manage.py``."""

import os
import runpy
import sys

from apps.core import roles
from resimate import env, processes


def main(arguments: list[str]) -> None:
    if arguments:
        from manage import main as manage

        manage()
        return
    try:
        module, *given = _process()
    except env.BadSetting as error:
        sys.exit(str(error))
    sys.argv = [module, *given]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _process() -> list[str]:
    """The module to run; what the environment leaves open of its kind of process is set."""
    kind = roles.kind_of(env.choice("RESIMATE_ROLE", "", roles.ALL, roles.ABOUT))
    from resimate.wishes import declare  # no sooner: who names a role that there is not waits for nothing

    for name, value in (processes.CONNECTIONS[kind] | processes.SMALL).items():
        os.environ.setdefault(name, value)
    wishes = declare()
    return processes.module(kind, host=wishes.host, port=wishes.port, workers=wishes.workers)


if __name__ == "__main__":
    main(sys.argv[1:])
