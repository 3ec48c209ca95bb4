"""The tenant's administrator in the Django admin, and the platform's."""

from collections.abc import Callable

import pytest

from resimate.tests.journeys.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.requirement("UC-001", "UC-002")]


#: All lists are drawn by one template: of four combinations, two that have nothing in common.
MOST_DIFFERENT = [("wide", "light"), ("phone", "dark")]
SIGN_INS = {"demo": "admin@demo.example", "": "platform@localhost.example"}


def _admin_pages(visitor: Visitor) -> list[str]:
    """The change lists that the administration's front page offers."""
    visitor.go("/admin/")
    links = visitor.page.locator("#content-main th a, #content-main .model-list a").all()
    found = {str(link.get_attribute("href")) for link in links}
    return sorted(path for path in found if path.count("/") == 4)


@pytest.mark.parametrize(
    ("tenant", "device", "scheme"), [(tenant, *look) for tenant in ("demo", "") for look in MOST_DIFFERENT]
)
def test_the_administration_keeps_to_the_strict_policy(
    visitor: Callable[..., Visitor], tenant: str, device: str, scheme: str
) -> None:
    admin = visitor(tenant, device=device, scheme=scheme)
    admin.sign_in(SIGN_INS[tenant])

    paths = _admin_pages(admin)

    assert len(paths) >= 3
    for path in ["/admin/", *paths]:
        page = admin.go(path)
        assert page.locator("#content, main").first.is_visible()
        admin.look(f"{tenant or 'platform'}-{path.strip('/').replace('/', '-')}")
    if tenant:
        settings = [f"configuration/setting/{one}" for one in ("time_zone/change", "languages/change", "versions")]
        forms = [f"{one}/add" for one in ("accounts/user", "accounts/role", "accounts/apikey", "oauth/application")]
        for path in (*forms, "resilience/resiliencemodel/add", *settings):
            admin.go(f"/admin/{path}/")
            admin.look(path.replace("/", "-"))
        own = ("", "security/", "security/factors/", "security/factors/device/", "apps/", "delegations/new/")
        for path in (*(f"/account/{one}" for one in own), "/emergency/"):
            admin.go(path)
            admin.look(path.strip("/").replace("/", "-"))


def test_the_administrator_makes_a_key_and_sees_it_in_the_trail(visitor: Callable[..., Visitor]) -> None:
    admin = visitor()
    admin.sign_in("admin@demo.example")
    page = admin.go("/admin/accounts/apikey/add/")
    page.fill("input[name=name]", "Journey key")
    if page.locator("select[name=user]").count():
        page.select_option("select[name=user]", label="admin@demo.example")
    page.fill("[name=networks]", "nowhere")
    page.locator("input[name=_save]").click()
    page.locator("[name=networks]:focus").wait_for()  # far below, and what was refused
    page.fill("[name=networks]", "")
    page.locator("input[name=_save]").click()

    page.get_by_text("rsk_live_").first.wait_for()

    admin.go("/admin/audit/auditentry/")
    assert page.get_by_text("api_key.created").first.is_visible()
