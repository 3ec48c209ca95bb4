"""Saaty's scale in words (Saaty, 1980, table 3.1)."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MORE: dict[int, str | Promise] = {
    2: gettext_lazy("barely more"),
    3: gettext_lazy("moderately more"),
    4: gettext_lazy("rather more"),
    5: gettext_lazy("strongly more"),
    6: gettext_lazy("more than strongly"),
    7: gettext_lazy("very strongly more"),
    8: gettext_lazy("more than very strongly"),
    9: gettext_lazy("extremely more"),
}


def comparison(more: str, strength: int) -> str:
    """Say that one thing matters more, and how much; with 1 both matter equally."""
    if strength == 1:
        return _("Both matter equally (1)")
    return _("%(item)s: %(how)s (%(strength)d)") % {"item": more, "how": MORE[strength], "strength": strength}
