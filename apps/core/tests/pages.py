"""HTML as its readers meet it, so that tests hold whatever lines a template is broken into."""

import re


def as_read(html: str) -> str:
    """White space counts once between words, and not at all beside a tag.

    >>> as_read('<dt class="a" >\\n  Two\\n  words\\n</dt>\\n<dd>3</dd>')
    '<dt class="a">Two words</dt><dd>3</dd>'
    """
    return re.sub(r" ?(<[^>]*?) ?(>) ?", r"\1\2", " ".join(html.split()))
