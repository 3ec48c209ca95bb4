"""Scripts are ES modules without a build: a page names one, and is told of all that it imports at once.

>>> imported_by("js/copy.js")
('js/status.js',)
"""

import posixpath
import re
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from whitenoise.storage import CompressedManifestStaticFilesStorage

#: An import of ours: one line, from a file beside it.
IMPORT = r"""(?m)^(?P<matched>(?P<import>import [^"']*)"(?P<url>\./[^"']+)";)$"""


class HashedFiles(CompressedManifestStaticFilesStorage):
    """Our modules import each other by their hashed names too, so that all of them can be kept for ever.

    Django could do that for every script; it takes examples in comments of others' scripts for imports.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("js/*.js", ((IMPORT, '%(import)s"%(url)s";'),)),
    )


@cache
def imported_by(name: str) -> tuple[str, ...]:
    """Name every module that this one needs, directly or through others, in the order in which they run."""
    source = Path(str(finders.find(name))).read_text(encoding="utf-8")
    found: dict[str, None] = {}
    for line in re.finditer(IMPORT, source):
        module = posixpath.normpath(posixpath.join(posixpath.dirname(name), line["url"]))
        found |= dict.fromkeys((*imported_by(module), module))
    return tuple(found)
