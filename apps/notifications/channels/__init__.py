"""The ways on which messages leave. Each module here declares its own, and is found at start."""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
