"""The dashboard put together: every page's routes, and the page for errors."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from bridge.app.service import Service
from bridge.web.dashboard.auditpage import AuditPage
from bridge.web.dashboard.callspage import CallsPage
from bridge.web.dashboard.claimspage import ClaimsPage
from bridge.web.dashboard.dialplanpage import DialPlanPage
from bridge.web.dashboard.directorypage import DirectoryPage
from bridge.web.dashboard.doorpage import DoorPage
from bridge.web.dashboard.firmwarepage import FirmwarePage
from bridge.web.dashboard.healthpage import HealthPage
from bridge.web.dashboard.house import House
from bridge.web.dashboard.livestream import LiveStream
from bridge.web.dashboard.messagespage import MessagesPage
from bridge.web.dashboard.phonepage import PhonePage
from bridge.web.dashboard.phonespage import PhonesPage
from bridge.web.dashboard.sitepage import SitePage
from bridge.web.dashboard.sitetextpage import SiteTextPage
from bridge.web.dashboard.staticfiles import static_routes
from bridge.web.dashboard.temporarypage import TemporaryPage
from bridge.web.dashboard.upkeeppage import UpkeepPage
from bridge.web.dashboard.userspage import UsersPage
from bridge.web.dashboard.windowpage import WindowPage
from bridge.web.screenshots import Screenshots
from bridge.web.site import ErrorPage


class Dashboard:
    """All pages of one service."""

    def __init__(self, service: Service) -> None:
        settings = service.settings.web
        house = House(service, Screenshots(settings.phone_user, settings.phone_password))
        self._house = house
        self._live = LiveStream(service)
        self._door = DoorPage(house)
        self._pages = (
            PhonesPage(house),
            PhonePage(house),
            WindowPage(house),
            TemporaryPage(house),
            ClaimsPage(house),
            DirectoryPage(house),
            CallsPage(house),
            MessagesPage(house),
            SiteTextPage(house),
            SitePage(house),
            DialPlanPage(house),
            FirmwarePage(house),
            AuditPage(house),
            HealthPage(house),
            UpkeepPage(house),
            UsersPage(house),
        )

    def routes(self) -> Sequence[web.RouteDef]:
        """Where everything is."""
        live = web.get("/live", self._house.viewer(self._live.answer))
        return [*self._door.routes(), live, *static_routes(), *(each for page in self._pages for each in page.routes())]

    def close(self) -> None:
        """Let pages that are live go, so that the server can stop."""
        self._live.close()
        self._house.board.close()

    @property
    def error_page(self) -> ErrorPage:
        """Makes the page for an error."""
        return self._door.error_page
