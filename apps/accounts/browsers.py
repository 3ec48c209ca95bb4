"""What a browser says it is, in words. A few rules: it is for its owner to recognise, and nothing depends on it."""

from typing import Final

from django.utils.translation import gettext as _

#: What a user agent has in it, and what that is called; the first that fits, since many claim to be others as well.
BROWSERS: Final = (
    (("Edg/", "EdgA/", "EdgiOS/"), "Edge"),
    (("OPR/", "Opera"), "Opera"),
    (("SamsungBrowser/",), "Samsung Internet"),
    (("Vivaldi/",), "Vivaldi"),
    (("Firefox/", "FxiOS/"), "Firefox"),
    (("Chrome/", "CriOS/", "Chromium/"), "Chrome"),
    (("Safari/",), "Safari"),
)
SYSTEMS: Final = (
    (("iPhone",), "iPhone"),
    (("iPad",), "iPad"),
    (("Android",), "Android"),
    (("Windows",), "Windows"),
    (("CrOS",), "ChromeOS"),
    (("Macintosh", "Mac OS X"), "macOS"),
    (("Linux", "X11"), "Linux"),
)


def described(user_agent: str) -> str:
    """``Firefox on Windows``; what is not known is left out, and of nothing at all it says so."""
    browser, system = _found(BROWSERS, user_agent), _found(SYSTEMS, user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown device")


def _found(names: tuple[tuple[tuple[str, ...], str], ...], text: str) -> str:
    return next((name for signs, name in names if any(sign in text for sign in signs)), "")
