"""Which addresses a process answers at: those of its role. All of them have names in every process, for links."""

from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from importlib import import_module
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, URLPattern, URLResolver, get_resolver, include, path

from apps.core import roles
from apps.core.api import problems


class PatternOfRole(URLPattern):
    role = ""

    def resolve(self, path: str) -> ResolverMatch | None:
        return _kept_to_role(super().resolve(path), self.role)


class ResolverOfRole(URLResolver):
    role = ""

    def resolve(self, path: str) -> ResolverMatch:
        return cast(ResolverMatch, _kept_to_role(super().resolve(path), self.role))


def _kept_to_role(match: ResolverMatch | None, role: str) -> ResolverMatch | None:
    if match is not None and not roles.serves(settings.ROLE, role):
        match.func = _elsewhere(match.func, role)
    return match


def part(module: str) -> URLResolver:
    """The addresses of an app, of the role that its module names."""
    role = getattr(import_module(module), "role", None)
    if role not in roles.WEB:
        raise ImproperlyConfigured(f"{module} says `role = …`, one of {', '.join(roles.WEB)}.")
    (resolver,) = served_by(role, path("", include(module)))
    return cast(URLResolver, resolver)


def served_by(role: str, *patterns: URLPattern | URLResolver) -> list[URLPattern | URLResolver]:
    """The same addresses, of that role."""
    return [_of_role(role, one) for one in patterns]


def _of_role(role: str, one: URLPattern | URLResolver) -> URLPattern | URLResolver:
    made: PatternOfRole | ResolverOfRole
    if isinstance(one, URLResolver):
        made = ResolverOfRole(one.pattern, one.urlconf_name, one.default_kwargs, one.app_name, one.namespace)
    else:
        made = PatternOfRole(one.pattern, one.callback, one.default_args, one.name)
    made.role = role
    return made


def _elsewhere(view: Callable[..., Any], role: str) -> Callable[..., HttpResponse]:
    """In place of a view of another role. It says of itself what the view says: links ask whom they would let in."""

    @wraps(view)
    def answer(request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
        return problems.http_response("not_found", f"This process is {settings.ROLE}; {role} has this path.")

    answer.csrf_exempt = True  # type: ignore[attr-defined]  # nothing is done
    return answer


def addresses(patterns: Iterable[Any], before: str = "", role: str = "") -> Iterator[tuple[str, str]]:
    """Each address and its role; it is empty where all have the address. What stands below a role is of that role."""
    for one in patterns:
        address = before + str(one.pattern).lstrip("^")
        of = role or getattr(one, "role", "")
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, address, of)
        else:
            yield address, of


def prefixes(urlconf: str) -> dict[str, set[str]]:
    """By how addresses begin, of which roles they are: whoever stands in front sends them on by it."""
    found: dict[str, set[str]] = {}
    for address, role in addresses(get_resolver(urlconf).url_patterns):
        api, own = ("api/v1/", address.removeprefix("api/v1/")) if address.startswith("api/v1/") else ("", address)
        if role:
            found.setdefault(f"/{api}{own.partition('/')[0]}", set()).add(role)
    return found
