"""How many people a result of a confidential assessment stands for at least.

People are promised a number when they answer, so each assessment keeps the one that held when it was made, for good.
"""

from typing import Final

from apps.configuration import services as configuration

#: Fewer people than this could be told apart, so nothing is shown from which their answers could be read.
FEWEST: Final = 5
KEY: Final = "results.least_people"


def least_people() -> int:
    """The number that holds for what is made now."""
    return int(configuration.get(KEY))
