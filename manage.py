#!/usr/bin/env python
"""Every command of Resimate: ``manage.py help`` lists them."""

import os
import sys


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  the reader's Python may be older than the project's
        sys.exit("Resimate needs Python 3.11 or newer; this is %d.%d." % sys.version_info[:2])  # noqa: UP031
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "resimate.settings")
    if sys.argv[1:2] == ["up"] and "--help" not in sys.argv:
        from resimate.launch import main as up  # before Django: the launcher stays small

        sys.exit(up(sys.argv[2:]))
    from django.core.management import execute_from_command_line

    from resimate.env import BadSetting

    try:
        execute_from_command_line(sys.argv)
    except BadSetting as error:
        sys.exit(str(error))
    except Exception as error:
        _explain(error)
        raise


def _explain(error: Exception) -> None:
    """End with one sentence when all that is wrong is that the embedded servers are not running."""
    from django.conf import settings
    from django.db import OperationalError

    if isinstance(error, OperationalError) and not settings.SERVERS_KNOWN:
        sys.exit("The embedded servers are not running; start them with `make run`.")


if __name__ == "__main__":
    main()
