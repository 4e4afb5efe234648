"""The REST API under ``/api/v1``."""

from __future__ import annotations

from bridge.web.api.events import end_streams, live_feed
from bridge.web.api.everything import api_routes, description
from bridge.web.api.reference import api_page

__all__ = ["api_page", "api_routes", "description", "end_streams", "live_feed"]
