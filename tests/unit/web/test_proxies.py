"""Whose word counts for where a request comes from: that of the proxies which the settings name, and nobody else's."""

from __future__ import annotations

import logging
from ipaddress import ip_network

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from bridge.app.settings import Network, WebSettings, settings_from
from bridge.errors import ConfigurationError
from bridge.web.proxies import MOST_HOPS, Asker, Proxies

TRUSTED: tuple[Network, ...] = (ip_network("127.0.0.1"), ip_network("10.0.0.0/24"))


def asker(*headers: tuple[str, str], trusted: tuple[Network, ...] = TRUSTED) -> Asker:
    """Of a request that the mock says comes from 127.0.0.1 over plain HTTP."""
    request = make_mocked_request("GET", "/", headers=CIMultiDict(headers)).clone(remote="127.0.0.1")
    return Proxies(trusted).asker(request)


@pytest.mark.parametrize(
    ("said", "address"),
    [
        (["192.0.2.7"], "192.0.2.7"),
        (["203.0.113.9, 192.0.2.7"], "192.0.2.7"),  # what stands before was said by the client itself
        (["203.0.113.9", "192.0.2.7"], "192.0.2.7"),  # two headers are one list
        (["203.0.113.9, 192.0.2.7, 10.0.0.5"], "192.0.2.7"),  # a proxy behind another one
        (["10.0.0.6, 10.0.0.5"], "10.0.0.6"),
        (["192.0.2.7:51234"], "192.0.2.7"),
        (["[2001:db8::7]:51234"], "2001:db8::7"),
        (["2001:db8::7"], "2001:db8::7"),
        (["::ffff:192.0.2.7"], "192.0.2.7"),
        (["192.0.2.7, unknown"], "127.0.0.1"),  # behind what cannot be read nothing is believed
        (["192.0.2.7, 10.0.0.5, <script>"], "127.0.0.1"),
        ([""], "127.0.0.1"),
        ([], "127.0.0.1"),
        ([",".join(["10.0.0.5"] * 5000)], "10.0.0.5"),
        ([",".join(["192.0.2.7", *["10.0.0.5"] * MOST_HOPS])], "10.0.0.5"),
    ],
)
def test_the_list_is_read_from_its_end_as_long_as_it_names_our_proxies(said: list[str], address: str) -> None:
    assert asker(*(("X-Forwarded-For", each) for each in said)).address == address


def test_from_strangers_nothing_is_believed_and_it_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    headers = CIMultiDict({"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"})
    proxies = Proxies(())
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            request = make_mocked_request("GET", "/", headers=headers).clone(remote="127.0.0.1")
            assert proxies.asker(request) == Asker("127.0.0.1", False)
    assert caplog.text.count("web.trusted_proxies") == 1


@pytest.mark.parametrize(
    ("said", "secure"),
    [(["https"], True), (["HTTPS"], True), (["http"], False), ([], False), (["https, http"], False), (["wss"], False)],
)
def test_whether_it_came_over_https_is_what_our_proxy_says(said: list[str], secure: bool) -> None:
    assert asker(*(("X-Forwarded-Proto", each) for each in said)).is_secure is secure


def test_settings_that_would_believe_everybody_are_refused() -> None:
    for everybody in ("0.0.0.0/0", "::/0"):
        with pytest.raises(ConfigurationError, match="everybody"):
            settings_from({"web": {"trusted_proxies": [everybody]}})
    found = settings_from(
        {"web": {"trusted_proxies": ["127.0.0.1", "fd00::/64"], "hosts": ["pbx.example.com", "[::1]"]}}
    )
    assert found.web.trusted_proxies == (ip_network("127.0.0.1"), ip_network("fd00::/64"))
    for host in ("pbx.example.com:443", "https://pbx", "a b", "", "*"):
        with pytest.raises(ConfigurationError, match="no host"):
            WebSettings(hosts=(host,))
