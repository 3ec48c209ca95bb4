from dataclasses import asdict
from typing import Any

from django.conf import settings

from apps.core.commands import OperatorCommand
from resimate import fips

MARKS = {True: "yes", False: "no", None: "unknown"}
WHAT_IT_IS_NOT = "A mode is no validation: of which build and platform there is one, the papers of the module say."


class Command(OperatorCommand):
    help = (
        "Say which modules do the cryptography, whether in FIPS mode, and whether they give the answers that are known."
    )
    needs_database = False

    def act(self, **options: Any) -> None:
        answers = [(one, fips.is_right(one)) for one in fips.KNOWN]
        lacking = list(fips.lacking())
        told = {
            "required": settings.FIPS == "required",
            "modules": [asdict(one) for one in fips.modules()],
            "known_answers": [{"name": one.name, "source": one.source, "right": right} for one, right in answers],
            "algorithms": [asdict(one) for one in fips.algorithms()],
            "lacking": lacking,
            "note": WHAT_IT_IS_NOT,
        }
        if wrong := [one.name for one, right in answers if not right]:
            self.fail("wrong_answers", f"Not the answers that are known: {', '.join(wrong)}.", **told)
        if lacking and settings.FIPS == "required":
            self.fail("fips_required", f"RESIMATE_FIPS=required, and it is not so: {' '.join(lacking)}", **told)
        self.report(told, "\n".join(_lines(told)))


def _lines(told: dict[str, Any]) -> list[str]:
    return [
        "Modules, and whether in FIPS mode:",
        *(
            f"  {MARKS[one['in_fips_mode']]:<8} {one['name']:<14} {one['version']}: {one['does']}"
            for one in told["modules"]
        ),
        "Answers that are known:",
        *(f"  {'right':<8} {one['name']:<32} {one['source']}" for one in told["known_answers"]),
        "Algorithms, and whether approved:",
        *(f"  {MARKS[one['approved']]:<8} {one['name']:<30} {one['use']}; {one['note']}" for one in told["algorithms"]),
        *(["Lacking for FIPS mode:", *(f"  {one}" for one in told["lacking"])] if told["lacking"] else []),
        told["note"],
    ]
