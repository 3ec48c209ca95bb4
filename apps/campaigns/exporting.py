"""Results as rows and as JSON, for pages and API alike."""

from typing import Any

from apps.campaigns.reading import Results
from apps.models.models import ReferenceSet


def as_json(results: Results) -> dict[str, Any]:
    """Groups with too few raters come without a score, and say that it is hidden."""
    run, before = results.run, results.previous_campaign
    return {
        "campaign": str(results.campaign.pk),
        "subject": results.campaign.subject.code,
        "period": results.campaign.period,
        "score": run.score,
        "reason": run.reason or None,
        "band": run.band or None,
        "coverage": run.coverage,
        "raters": run.rater_count,
        "least_people": results.campaign.least_people,
        "answers_sent": results.sent,
        "calculated_at": run.calculated_at,
        "engine_version": run.engine_version,
        "input_digest": run.input_digest,
        "reference_set": _reference(results.reference),
        "is_final": results.campaign.status == results.campaign.Status.CLOSED,
        "previous": {
            "campaign": str(before.pk),
            "period": before.period,
            "score": results.previous_run.score,
        }
        if before and results.previous_run
        else None,
        "nodes": [
            {
                "code": node.code,
                "name": node.name,
                "level": node.level,
                "score": node.value,
                "band": _band(results, node.value),
                "coverage": node.coverage,
                "weight": node.weight,
                "previous_score": node.previous,
                "withheld": run.disclosed is not None and node.code not in run.disclosed,
            }
            for node in results.nodes
        ],
        "groups": [
            {
                "group": group.group,
                "raters": None if group.hidden and group.raters < results.campaign.least_people else group.raters,
                "score": group.value,
                "hidden": group.hidden,
            }
            for group in results.groups
        ],
    }


def _reference(reference: ReferenceSet | None) -> dict[str, Any] | None:
    if reference is None:
        return None
    return {"id": str(reference.pk), "name": reference.name, "digest": reference.digest, "units": reference.unit_count}


def _band(results: Results, value: float | None) -> str | None:
    band = results.model.band_of(value)
    return band.code if band else None


def rows(results: Results) -> list[dict[str, Any]]:
    """Every dimension and indicator; unrounded, so that nothing is lost.

    A line may be all that somebody gets: it says, too, why it is empty where fewer than ``least_people`` are behind it.
    """
    whole = as_json(results)
    return [node | {"least_people": whole["least_people"]} for node in whole["nodes"]]
