"""What is added to the demo data at the earlier commit: a program that reads, and a campaign in the middle."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from resimate.tests.product import Product
from resimate.tests.upgrade.notes import FORM, Caller, Form, personal_links
from resimate_servers.processes import wait_until

PEOPLE = [{"name": f"Person {letter}", "email": f"{letter}@upgrade.example", "group": "staff"} for letter in "abcdef"]


@dataclass(frozen=True)
class Told:
    """A key for each tenant that reads everything there, one that opens nothing, and a link of who has not finished."""

    keys: dict[str, str]
    revoked: str
    unfinished: str


def tell(product: Product) -> Told:
    admin = Caller(product, "demo", product.api_key("demo", "admin@demo.example"))
    reader = admin.post("users/", {"email": "reader@demo.example", "name": "Reader"})
    role = admin.post("roles/", {"code": "everything", "name": "Everything", "permissions": ["*:tenant:read"]})
    admin.post("grants/", {"user": reader["id"], "role": role["id"]})
    invited = _open_campaign(admin)
    _answer(product, invited[0], sections=1)
    for link in invited[1:3]:
        answer_all(product, link)
    revoked = admin.post("api-keys/", {"name": "revoked"})
    admin.post(f"api-keys/{revoked['id']}/revoke/")
    readers = {"demo": "reader@demo.example", "hdi": "admin@hdi.example"}
    keys = {tenant: product.api_key(tenant, email) for tenant, email in readers.items()}
    return Told(keys, revoked["key"], invited[0])


def answer_all(product: Product, link: str) -> None:
    """Answer whatever is asked, and send it."""
    _answer(product, link, sections=99)
    assert product.request("POST", "demo", f"{link}check/", body=b"confirmed=yes", **FORM).status == 302


def _open_campaign(admin: Caller) -> list[str]:
    """Returns the personal links of those who are invited, but for one whose link is revoked."""
    earlier = set(personal_links(admin.product))
    like = next(one for one in admin.every("campaigns/") if one["status"] == "open")
    closes = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    wanted = {"name": "In the middle", "version": like["version"], "subject": like["subject"], "period": "now"}
    campaign = admin.post("campaigns/", {**wanted, "closes_at": closes})
    admin.post(f"campaigns/{campaign['id']}/participations/bulk/", PEOPLE)
    admin.post(f"campaigns/{campaign['id']}/open/")
    assert wait_until(lambda: len({*personal_links(admin.product)} - earlier) == len(PEOPLE), 60)
    people = f"campaigns/{campaign['id']}/participations/"
    admin.post(f"{people}{next(admin.every(people))['id']}/revoke/")
    invited = sorted({*personal_links(admin.product)} - earlier)
    return [link for link in invited if admin.product.request("GET", "demo", link).status == 200]


def _answer(product: Product, link: str, *, sections: int) -> None:
    """Choose an answer to every question of the first sections, with a comment on the first of each."""
    check = Form(product.request("GET", "demo", f"{link}check/").body.decode())
    paths = list(dict.fromkeys(path for path in check.links if "/sections/" in path))
    for number, path in enumerate(paths[:sections]):
        page = Form(product.request("GET", "demo", path).body.decode())
        codes = [name.removeprefix("s-") for name in page.hidden if name.startswith("s-")]
        given = {f"q-{code}": str(1 + (place + number) % 5) for place, code in enumerate(codes)}
        body = urlencode({**page.hidden, **given, f"c-{codes[0]}": f"Comment {number}"}).encode()
        assert product.request("POST", "demo", path, body=body, **FORM).status == 302
