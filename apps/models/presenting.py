"""Scores as people read them: on their scale, in its bands, in the reader's language."""

from resimate_charts import Band, Scale
from resimate_engine import Model


def scale_of(model: Model, language: str) -> Scale:
    bands = tuple(Band(band.start, model.text(band.name, language, otherwise=band.code)) for band in model.bands)
    return Scale(model.scale.low, model.scale.high, bands)


def score_text(model: Model, score: float | None) -> str | None:
    return None if score is None else Scale(model.scale.low, model.scale.high).write(score)


def band_class(model: Model, score: float | None) -> str:
    """``b1`` to ``b5``, the steps of the colour ramp; empty outside the bands."""
    level = scale_of(model, model.language).level(score) if score is not None else 0
    return f"b{level}" if level else ""
