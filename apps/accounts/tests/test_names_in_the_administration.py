"""The administration says in the reader's language what there is."""

import importlib.machinery
import importlib.util
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.utils.functional import Promise
from django.utils.translation import override


@pytest.fixture
def collected() -> set[str]:
    """The names that are collected to be translated."""
    loader = importlib.machinery.SourceFileLoader("translations", str(settings.BASE_DIR / "scripts" / "translations"))
    script: Any = importlib.util.module_from_spec(importlib.util.spec_from_loader("translations", loader))  # type: ignore[arg-type]  # there is a loader
    loader.exec_module(script)
    return set(script.nouns())


def test_every_name_that_it_shows_is_collected(collected: set[str]) -> None:
    with override("en"):
        ours = [model._meta for model in admin.site._registry if model.__module__.startswith("apps.")]
        shown = {str(name) for meta in ours for name in (meta.verbose_name, meta.verbose_name_plural)}
        shown |= {str(apps.get_app_config(meta.app_label).verbose_name) for meta in ours}

    assert shown <= collected


def test_they_are_said_in_the_language_of_the_reader() -> None:
    campaigns = apps.get_app_config("campaigns")

    with override("de"):
        said = str(campaigns.verbose_name)

    assert said == "Kampagnen"
    assert all(isinstance(model._meta.verbose_name, Promise) for model in campaigns.get_models())
