from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Start everything and serve until Ctrl-C (what `make run` runs)."

    def handle(self, *args: Any, **options: Any) -> None:
        from resimate.launch import main

        raise SystemExit(main([]))
