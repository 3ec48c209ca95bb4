"""Colours have one source, ``static/css/tokens.css``; what no sheet reaches repeats some, and is compared here."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from resimate_charts import canvas

ROOT = Path(settings.BASE_DIR)
STATIC = ROOT / "static"
TOKENS = (STATIC / "css" / "tokens.css").read_text()
HEX = r"#[0-9A-Fa-f]{3,8}\b"


def _tokens() -> dict[str, tuple[str, str]]:
    """Each colour's name with how it looks in light and in dark."""
    pairs = re.findall(rf"--([\w-]+):light-dark\(({HEX}), ({HEX})\);", TOKENS)
    found = {name: (_whole(light), _whole(dark)) for name, light, dark in pairs}
    return found | {name: found[other] for name, other in re.findall(r"--([\w-]+):var\(--([\w-]+)\);", TOKENS)}


def _whole(colour: str) -> str:
    """
    >>> _whole("#fff"), _whole("#0B5d57")
    ('#FFFFFF', '#0B5D57')
    """
    short = len(colour) == 4
    return "#" + "".join(digit * (1 + short) for digit in colour[1:]).upper()


COLOURS = _tokens()
LIGHT = {name: light for name, (light, _) in COLOURS.items()}


def test_every_colour_of_the_tokens_is_said_for_light_and_for_dark() -> None:
    assert len(COLOURS) > 30
    assert {line for line in re.findall(r"--[\w-]+:[^;]*;", TOKENS) if re.search(rf":{HEX}", line)} == {
        "--veil:#0e141380;"
    }


@pytest.mark.parametrize("sheet", ["resimate.css", "workspace.css", "admin.css"])
def test_a_sheet_takes_its_colours_from_the_tokens(sheet: str) -> None:
    text = (STATIC / "css" / sheet).read_text()

    assert re.findall(rf"{HEX}(?=[^{{}}]*}})|\brgba?\(|\bhsla?\(|\boklch\(", text) == []


def test_the_frame_of_the_browser_has_the_colour_of_the_page() -> None:
    page = (ROOT / "templates" / "base.html").read_text()
    framed = {
        scheme: colour
        for colour, scheme in re.findall(rf'content="({HEX})" media="\(prefers-color-scheme: (\w+)\)"', page)
    }

    assert framed == dict(zip(("light", "dark"), COLOURS["bg"], strict=True))


def test_a_chart_alone_has_the_colours_that_the_page_gives_it_in_the_light_theme() -> None:
    """In a mail, a PDF or a slide no sheet reaches it, and the paper is light."""
    named = {
        "ink": canvas.INK,
        "muted": canvas.MUTED,
        "grid": canvas.GRID,
        "control": canvas.EDGE,
        "sunken": canvas.TRACK,
        "surface": canvas.SURFACE,
    }
    bands = {f"r{level}": colour for level, colour in enumerate(canvas.RAMP) if level}
    on_bands = {f"on-r{level}": colour for level, colour in enumerate(canvas.ON_RAMP) if level}
    series = {f"c{number}": colour for number, colour in enumerate(canvas.SERIES, 1)}
    drawn = named | bands | on_bands | series

    assert drawn == {name: LIGHT[name] for name in drawn}
    assert (canvas.RAMP[0], canvas.ON_RAMP[0]) == (LIGHT["sunken"], LIGHT["ink"])
    assert {name for name in LIGHT if re.fullmatch(r"(on-)?r\d|c\d", name)} == {*bands, *on_bands, *series}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_chart_on_a_page_is_redrawn_with_the_tokens_of_what_it_shows(scheme: str) -> None:
    """Band 1 with the token of band 1, the second series with the second: in both themes, as both are one token."""
    sheet = (STATIC / "css" / "resimate.css").read_text()
    side = ("light", "dark").index(scheme)

    for level in range(1, 6):
        assert f".f{level} {{ fill:var(--r{level}) }}" in sheet
        assert f".b{level} {{ background:var(--r{level}); color:var(--on-r{level}) }}" in sheet
        assert COLOURS[f"r{level}"][side] != COLOURS[f"on-r{level}"][side]
    for number in range(1, len(canvas.SERIES) + 1):
        assert f".s{number} {{ --c:var(--c{number}) }}" in sheet
    assert len({COLOURS[f"c{number}"][side] for number in range(1, 7)}) == len(canvas.SERIES)


@pytest.mark.parametrize("name", ["favicon.svg", "sprite.svg"])
def test_the_mark_is_of_the_brand(name: str) -> None:
    drawn = (STATIC / "icons" / name).read_text()

    assert {_whole(colour) for colour in re.findall(f'"({HEX})"', drawn)} <= {LIGHT["brand"], LIGHT["on-brand"]}


def test_no_other_file_has_a_colour_of_its_own() -> None:
    """The canvas and the frame of the browser are compared above; whoever writes another one is told here."""
    quoted = re.compile(r"""["']#[0-9A-Fa-f]{6}["']""")
    sources = [path for top in ROOT.glob("*/__init__.py") for path in top.parent.rglob("*.py")]
    shown = [*(ROOT / "templates").rglob("*.*"), *(STATIC / "js").iterdir()]
    files = [path for path in sources + shown if not {"tests", "migrations"} & set(path.parts)]

    assert len(files) > 500
    assert {path.name for path in files if quoted.search(path.read_text())} == {"canvas.py", "base.html"}
