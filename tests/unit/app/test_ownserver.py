"""A node enters the site: alone, beside others, under another name than before."""

from __future__ import annotations

import logging

import pytest

from bridge.app.site.ownserver import enter_site
from bridge.core import Server
from bridge.errors import ConfigurationError
from bridge.store import SqlStore


def names(store: SqlStore) -> list[str]:
    with store.read() as work:
        return [each.name for each in work.site.autoregistration_group().servers]


@pytest.mark.req("AR-16")
@pytest.mark.req("AR-30")
def test_a_node_under_a_new_name_says_so_and_a_fourth_one_how_to_make_room(
    store: SqlStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    enter_site(store, Server("pbx", "192.0.2.1"))
    enter_site(store, Server("pbx", "192.0.2.9"))
    assert caplog.messages == []
    enter_site(store, Server("renamed", "192.0.2.9"))
    assert "this node, renamed, stands behind pbx in the group Default" in caplog.messages[0]
    assert "sepbridge autoregistration move renamed" in caplog.messages[0]
    enter_site(store, Server("third", "192.0.2.3"))
    with pytest.raises(ConfigurationError, match=r"site groups set Default servers=pbx,renamed$") as caught:
        enter_site(store, Server("fourth", "192.0.2.4"))
    assert "this node, fourth" in caught.value.what
    assert "set server.name" in caught.value.fix
    assert names(store) == ["pbx", "renamed", "third"]
