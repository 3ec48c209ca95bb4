"""The calculation: composite indicators from questionnaires and measurements, in plain Python and NumPy.

``score(model, units, options)`` is the way in; ``METHODS`` is the table of everything a model may ask for.
"""

from resimate_engine.calculators import measure_agreement
from resimate_engine.calculators import weights as find_weights
from resimate_engine.catalogue import METHODS
from resimate_engine.explain import explain
from resimate_engine.model import (
    Band,
    Indicator,
    Input,
    Model,
    Node,
    PlacedQuestion,
    Question,
    ResponseScale,
    Scale,
    Step,
    in_language,
)
from resimate_engine.problems import DataInvalid, Invalid, Problem
from resimate_engine.scoring import (
    ENGINE_VERSION,
    Results,
    UnitResult,
    calculate,
    input_digest,
    input_digests,
    score,
)
from resimate_engine.sensitivity import sensitivity
from resimate_engine.uncertainty import uncertainty
from resimate_engine.whatif import seek, what_if

__all__ = [
    "ENGINE_VERSION",
    "METHODS",
    "Band",
    "DataInvalid",
    "Indicator",
    "Input",
    "Invalid",
    "Model",
    "Node",
    "PlacedQuestion",
    "Problem",
    "Question",
    "ResponseScale",
    "Results",
    "Scale",
    "Step",
    "UnitResult",
    "calculate",
    "explain",
    "find_weights",
    "in_language",
    "input_digest",
    "input_digests",
    "measure_agreement",
    "score",
    "seek",
    "sensitivity",
    "uncertainty",
    "what_if",
]
