"""When two spellings of an e-mail address are one mailbox; what is kept and shown stays as it was written.

A domain in letters beyond ASCII has a spelling in ASCII too (``bücher.example``, ``xn--bcher-kva.example``; RFC 5890,
mapped as by UTS 46). The form on which addresses are compared has the letters, as digests of before have them.
"""

import re
from typing import Final

import idna

from resimate_text.identity import folded

ASCII_LABEL: Final = re.compile(r"xn--[a-z0-9-]{1,59}")
#: Characters of a domain; what is longer is none (RFC 1035).
LONGEST: Final = 253
#: The dot of East Asian scripts separates labels, too; the others are compatibility characters of ours.
DOTS: Final = str.maketrans("。", ".")


def mailbox(address: str) -> str:
    """The normal form of an address: folded, and its domain in letters. Of what is no address, its folded form.

    >>> mailbox("X@Bücher.example"), mailbox("x@XN--bcher-kva.example")
    ('x@bücher.example', 'x@bücher.example')
    """
    local, at, host = folded(address).rpartition("@")
    return f"{local}{at}{domain(host)}"


def spellings(address: str) -> list[str]:
    """The normal form, and the one in ASCII by which rows of before may be found; mostly they are the same.

    >>> spellings("ada@example.org"), spellings("x@bücher.example")
    (['ada@example.org'], ['x@bücher.example', 'x@xn--bcher-kva.example'])
    """
    form = mailbox(address)
    local, at, host = form.rpartition("@")
    return [*dict.fromkeys((form, f"{local}{at}{domain_in_ascii(host)}"))]


def in_letters(address: str) -> str:
    """The address as it was typed, where a browser has put its domain into ASCII; any other stays as it is.

    >>> in_letters("Ada@xn--bcher-kva.example"), in_letters("Ada@Example.org")
    ('Ada@bücher.example', 'Ada@Example.org')
    """
    local, at, host = address.rpartition("@")
    return f"{local}{at}{domain(host)}" if "xn--" in host.casefold() else address


def domain(text: str) -> str:
    """The normal form of a domain alone."""
    labels = folded(text).translate(DOTS).split(".")
    return ".".join(map(_in_letters, labels) if len(text) <= LONGEST else labels)


def domain_in_ascii(form: str) -> str:
    """A domain in its normal form, as the network writes it; labels that it cannot write stay.

    >>> domain_in_ascii("bücher.example")
    'xn--bcher-kva.example'
    """
    return ".".join(map(_in_ascii, form.split("."))) if len(form) <= LONGEST else form


def _in_letters(label: str) -> str:
    """What an ASCII label stands for; itself where it stands for nothing, or for what folding would make another of."""
    if not ASCII_LABEL.fullmatch(label):
        return label
    try:
        letters = idna.ulabel(label)
    except (idna.IDNAError, UnicodeError):
        return label
    return letters if folded(letters) == letters and _in_ascii(letters) == label else label


def _in_ascii(label: str) -> str:
    if label.isascii():
        return label
    try:
        return idna.alabel(label).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return label
