"""Addresses to the inside are refused in every spelling; a public one is taken."""

import socket
import ssl
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest

from resimate_net import NotOutside, Resolver, Rules, Target, Unanswered, addresses_of, target_of
from resimate_net.addresses import Network, embedded, is_outside, special_use
from resimate_net.special_ranges import SPECIAL

STRICT = Rules()
INSIDE_4 = [
    *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200"),
    *("0.0.0.0", "192.0.0.8", "192.0.0.192", "168.63.129.16", "198.18.0.1", "224.0.0.1", "255.255.255.255"),  # noqa: S104  called, not bound
]
INSIDE_6 = ["::1", "fe80::1", "fd00:ec2::254", "fec0::1", "ff02::1", "5f00::1", "64:ff9b::7f00:1", "2002:7f00:1::"]
NAMED = "inside.example"


def written_4(address: str) -> list[str]:
    """Six ways to write it as a host; the plain one is tried too."""
    plain = IPv4Address(address)
    number, parts = int(plain), address.split(".")
    wide = address.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})
    return [
        str(number),
        hex(number).upper(),
        ".".join(f"0{int(part):o}" for part in parts),
        f"{parts[0]}.{number & 0xFFFFFF}",
        wide,
        f"[::ffff:{address}]",
    ]


def written_6(address: str) -> list[str]:
    plain = IPv6Address(address)
    head, tail = plain.exploded[:29], IPv4Address(int(plain) & 0xFFFFFFFF)
    return [
        f"[{plain}]",
        f"[{plain.exploded}]",
        f"[{':'.join(group.lstrip('0') or '0' for group in plain.exploded.split(':')).upper()}]",
        f"[{head}:{tail}]".replace("::", ":"),
        f"[{plain}%25eth0]",
        f"[{plain}%lo]",
    ]


SPELLINGS = [
    *(f"https://{host}/" for address in INSIDE_4 for host in written_4(address)),
    *(f"https://{host}/" for address in INSIDE_6 for host in written_6(address)),
]


def test_there_are_as_many_spellings_as_were_promised() -> None:
    assert (len(INSIDE_4 + INSIDE_6), len(set(SPELLINGS))) == (22, 22 * 6)


@pytest.mark.parametrize("url", [*SPELLINGS, *(f"https://{address}/" for address in INSIDE_4)])
def test_no_spelling_of_an_address_inside_is_taken(url: str) -> None:
    with pytest.raises(NotOutside):
        target_of(url, STRICT)


@pytest.mark.parametrize("address", [*INSIDE_4, *INSIDE_6, "fe80::1%eth0", "::ffff:10.0.0.1"])
def test_no_name_leads_inside_even_if_it_leads_outside_too(address: str) -> None:
    target = target_of(f"https://{NAMED}/", STRICT)

    for found in ([address], ["9.9.9.9", address], [address, "2620:fe::fe"]):
        with pytest.raises(NotOutside, match=f"{NAMED} does not lead to a public address"):
            addresses_of(target, STRICT, seconds=5, resolve=lambda *_, found=found: found)


ODD = """
    https://localhost.:22/ https://LOCALHOST:9000/ https://hooks.example:80/ https://hooks.example:0/ https:///path
    http://hooks.example/ ftp://hooks.example/ file:///etc/passwd gopher://hooks.example/ //hooks.example/ hooks.example
    https://user@hooks.example/ https://user:word@hooks.example/ https://@hooks.example/
    https://hooks.example\\@127.0.0.1/ https://127.0.0.1#@hooks.example/ https://127.0.0.1?@hooks.example/
    https://127.1/ https://0/ https://0x7f.1/ https://127.0.0.1./ https://127.0.0.1.:443/ https://hooks.0x1/
    https://①②⑦.⓪.⓪.①/ https://127。0。0。1/ https://%31%32%37.0.0.1/ https://1.2.3.4.5/ https://9.9.9.010/
    https://⑨.⑨.⑨.⑨/ https://9.9.9.9./ https://[::1]evil.example/ https://evil.example[2620:fe::fe]/
    https://[9.9.9.9]/ https://[v1.x]/ https://[::ffff:9.9.9.9%1]/ https://[2620:fe::fe/ https://2620:fe::fe/
    https://a..b/ https://a_b.example/ https://-x.example/ https://hooks.example:٤٤٣/ https://hooks.example:443:80/
    https://hooks.example:99999/ https://[2001:0:7f00:1::]/ https://[2001:0:909:909:8000:0:8080:8080]/
    https://[::9.9.9.9]/ https://[2002:909:909::]/ https://[2620:fe::5efe:10.0.0.1]/ https://[64:ff9b:1::909:909]/
    https://[2620:fe:0:0:200:5efe:a00:1]/ https://[3fff::1]/ https://[2001:db8::1]/ https://[100::1]/
    https://[2620:4f:8000::1]/ https://192.88.99.1/
"""
SPACED = [
    "https://hooks.example /",
    " https://hooks.example/",
    "https://hooks.example/\r\nHost: x",
    "https://a\t.example/",
]
LONG = [f"https://{'a' * 64}.example/", f"https://{'a.' * 130}example/", f"https://hooks.example/{'x' * 2000}", ""]


@pytest.mark.parametrize("url", [*ODD.split(), *SPACED, *LONG])
def test_what_is_odd_is_refused_not_guessed_at(url: str) -> None:
    with pytest.raises(NotOutside):
        target_of(url, STRICT)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://9.9.9.9", Target("https", "9.9.9.9", 443, "/")),
        ("https://[2620:FE::fe]:8443/x?y=1#z", Target("https", "2620:fe::fe", 8443, "/x?y=1")),
        ("https://[64:ff9b::909:909]/", Target("https", "64:ff9b::909:909", 443, "/")),
        ("https://[::ffff:9.9.9.9]/", Target("https", "::ffff:909:909", 443, "/")),
        ("HTTPS://Hooks.Example.:443/T0/B0?a=%20", Target("https", "hooks.example", 443, "/T0/B0?a=%20")),
        (
            "https://bücher.example/straße?ö=[1]",
            Target("https", "xn--bcher-kva.example", 443, "/stra%C3%9Fe?%C3%B6=%5B1%5D"),
        ),
        ("https://9.example/", Target("https", "9.example", 443, "/")),
    ],
)
def test_what_is_outside_is_read_in_one_way(url: str, target: Target) -> None:
    assert target_of(url, STRICT) == target


def test_a_public_literal_is_taken_without_a_look() -> None:
    def never(*_: object) -> list[str]:
        raise AssertionError("looked up")

    for url in ("https://9.9.9.9/", "https://[2620:fe::fe]/"):
        target = target_of(url, STRICT)
        assert addresses_of(target, STRICT, seconds=1, resolve=never) == [target.address]


def test_the_table_leaves_no_hole() -> None:
    """Beyond 2000::/3 nothing is a host's, and of what Python calls special we call all special."""
    for network in (ip_network("::/0"), ip_network("0.0.0.0/0")):
        open_ = _without(network, [special for special, _ in SPECIAL if special.version == network.version])
        assert all(one.subnet_of(ip_network("2000::/3")) for one in open_ if one.version == 6)  # type: ignore[arg-type]
        edges = [one for part in open_ for one in (part.network_address, part.broadcast_address)]
        assert len(edges) > 10
        assert [one for one in edges if not one.is_global or one.is_multicast or one.is_reserved] == []


def _without(network: Network, taken: list[Network]) -> list[Network]:
    """What is left of a network."""
    left: list[Network] = [network]
    for one in taken:
        left = [
            part
            for whole in left
            for part in (whole.address_exclude(one) if one.subnet_of(whole) else [whole])  # type: ignore[arg-type]
            if not part.subnet_of(one)  # type: ignore[arg-type]
        ]
    return left


@pytest.mark.parametrize(
    ("address", "within"),
    [
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("64:ff9b::127.0.0.1", "127.0.0.1"),
        ("64:ff9b:1::127.0.0.1", "127.0.0.1"),
        ("2002:7f00:1::", "127.0.0.1"),
        ("2001:0:909:909:8000:0:80ff:fffe", "127.0.0.1"),
        ("2620:fe::5efe:127.0.0.1", "127.0.0.1"),
        ("2620:fe::200:5efe:127.0.0.1", "127.0.0.1"),
        ("::127.0.0.1", "127.0.0.1"),
        ("2620:fe::fe", None),
    ],
)
def test_what_an_address_carries_within_is_seen(address: str, within: str | None) -> None:
    assert embedded(IPv6Address(address)) == (within and IPv4Address(within))
    assert is_outside(IPv6Address(address)) is (within is None)
    assert bool(special_use(IPv6Address(address))) is (within is not None)


def test_allowed_networks_are_open_on_every_port_and_without_tls_and_no_others() -> None:
    rules = Rules(allowed=[ip_network("127.0.0.0/8"), ip_network("::1/128")])

    for url in ("http://127.0.0.1:8065/hook", "https://[::1]/", "http://[::ffff:127.0.0.9]:1234/"):
        assert target_of(url, rules).path
    for url in ("http://9.9.9.9/", "https://9.9.9.9:8065/", "https://10.0.0.1/", "http://10.0.0.1:8065/"):
        with pytest.raises(NotOutside):
            target_of(url, rules)
    for found in (["9.9.9.9"], ["127.0.0.1", "9.9.9.9"], ["127.0.0.1", "10.0.0.1"]):
        with pytest.raises(NotOutside):
            addresses_of(target_of("http://x.example/", rules), rules, seconds=1, resolve=lambda *_, found=found: found)


def test_a_name_that_leads_nowhere_is_told_like_one_that_leads_inside() -> None:
    """Whoever asks could read by a difference which names a network has; who runs it learns which it was."""

    def unknown(*_: object) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    told = [_refused(resolve) for resolve in (unknown, lambda *_: [], lambda *_: ["10.0.0.1", "9.9.9.9"])]

    assert {one.detail for one in told} == {"nobody.example does not lead to a public address."}
    assert [one.why for one in told] == ["there is no such host", "there is no such host", "it leads to 10.0.0.1"]


def _refused(resolve: Resolver) -> NotOutside:
    with pytest.raises(NotOutside) as told:
        addresses_of(target_of("https://nobody.example/", STRICT), STRICT, seconds=1, resolve=resolve)
    return told.value


def test_name_servers_that_do_not_answer_say_nothing_of_a_name() -> None:
    def away(*_: object) -> list[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    with pytest.raises(Unanswered) as told:
        addresses_of(target_of("https://hooks.example/", STRICT), STRICT, seconds=1, resolve=away)
    assert told.value.reason == "slow"


def test_of_many_addresses_all_are_checked_and_few_are_tried() -> None:
    many = [str(ip_address("9.9.9.0") + number) for number in range(200)]
    target = target_of("https://many.example/", STRICT)

    assert len(addresses_of(target, STRICT, seconds=1, resolve=lambda *_: many)) == 4
    with pytest.raises(NotOutside):
        addresses_of(target, STRICT, seconds=1, resolve=lambda *_: [*many, "127.0.0.1"])


def test_certificates_are_checked_unless_somebody_says_otherwise() -> None:
    from resimate_net.trust import trusting

    assert (trusting().verify_mode, trusting().check_hostname) == (ssl.CERT_REQUIRED, True)
