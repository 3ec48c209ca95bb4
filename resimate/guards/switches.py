"""What the copy of the product asks at each guard: is this the one that is left out?"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from django.db.models import QuerySet

#: The number of the guard that is left out; 0 when all are there.
left_out = 0
#: The guards that were asked since somebody looked last.
reached: set[int] = set()
_here = threading.local()
_lock_rows = QuerySet.select_for_update


def off(number: int, shared: str = "") -> bool:
    """Whether this guard is left out; ``shared`` is the name by which a page leaves it out for itself."""
    reached.add(number)
    return number == left_out or (bool(shared) and shared in getattr(_here, "opened", ()))


def around(number: int, guard: Callable[[Any], Any], shared: str = "") -> Callable[[Any], Any]:
    """A decorator that can be left out: as a whole, or only the shared guard that it leads to."""

    def decorate(function: Any) -> Any:
        guarded = guard(function)

        @wraps(guarded)
        def either(*args: Any, **kwargs: Any) -> Any:
            if not off(number):
                return guarded(*args, **kwargs)
            if not shared:
                return function(*args, **kwargs)
            with _opened(shared):
                return guarded(*args, **kwargs)

        if admits := getattr(guarded, "admits", None):  # a guard around this one asks whom it lets in
            either.admits = lambda user: off(number) or admits(user)  # type: ignore[attr-defined]  # a function's own attribute
        return either

    return decorate


def view(asked: int, listed: int) -> Callable[[type], type]:
    """A class of the API that can be opened alone: who may ask at all, and which rows there are for them."""

    def decorate(cls: Any) -> Any:
        for name, number, shared in (
            ("check_permissions", asked, "Granted"),
            ("get_queryset", listed, "CollectionView"),
        ):
            if number:
                setattr(cls, name, around(number, lambda method: method, shared)(getattr(cls, name)))
        return cls

    return decorate


class Attribute:
    """An attribute of a class that has another value when its guard is left out."""

    def __init__(self, number: int, value: Any, without: Any) -> None:
        self.number, self.value, self.without = number, value, without

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self.without if off(self.number) else self.value


def locked(number: int, work: Callable[[], Any]) -> Any:
    """What locks rows and reads them; when it is left out, it reads them alone."""
    if not off(number):
        return work()
    with _opened("rows"):
        return work()


@contextmanager
def _opened(name: str) -> Iterator[None]:
    before = getattr(_here, "opened", ())
    _here.opened = (*before, name)
    try:
        yield
    finally:
        _here.opened = before


def _lock_or_not(queryset: Any, *args: Any, **kwargs: Any) -> Any:
    is_open = "rows" in getattr(_here, "opened", ())
    return queryset.all() if is_open else _lock_rows(queryset, *args, **kwargs)


def install() -> None:
    """Let querysets know of locks that are left out."""
    QuerySet.select_for_update = _lock_or_not  # type: ignore[method-assign,assignment]  # takes what the other takes
