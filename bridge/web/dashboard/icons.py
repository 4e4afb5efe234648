"""The dashboard's icons, drawn for it: inline SVG, so that they take the colour of the text they stand in."""

from __future__ import annotations

from markupsafe import Markup, escape

_DRAWN = {
    # 24 x 24; shapes differ enough to be told apart without their colour.
    "phone": (
        '<rect x="3" y="8.5" width="18" height="11.5" rx="2"/><path d="M6 8.5V6.2C6 4.4 8.7 3.5 12 3.5s6 .9 6 '
        '2.7v2.3"/><rect x="6.2" y="11.4" width="6" height="3.4" rx=".6"/><path d="M15.4 12.2h2.4M15.4 '
        '14.9h2.4M6.4 17.6h11.4"/>'
    ),
    "window": (
        '<path d="M5 20.5V5a1.5 1.5 0 0 1 1.5-1.5h11A1.5 1.5 0 0 1 19 5v15.5"/><path d="M3 20.5h18M14.8 11.4v1.8"/>'
    ),
    "temporary": '<circle cx="12" cy="12.5" r="8"/><path d="M12 8v4.8l3 1.8M9.8 2.8h4.4"/>',
    "site": (
        '<path d="M3.5 20.5h17M5.5 20.5V6.2L13 3.5v17M13 9h5.5v11.5"/><path d="M8.2 8.6h1.6M8.2 12h1.6M8.2 '
        '15.4h1.6M15.4 12.6h.8M15.4 16h.8"/>'
    ),
    "dial": (
        '<path d="M5 19 10.2 13.2M19 19l-5.2-5.8M12 12V5M8.8 8.2 12 5l3.2 3.2"/><circle cx="5" cy="19" r="1.3"/>'
        '<circle cx="19" cy="19" r="1.3"/>'
    ),
    "firmware": (
        '<rect x="6.5" y="6.5" width="11" height="11" rx="1.6"/><path d="M9.5 3.5v3M14.5 3.5v3M9.5 17.5v3M14.5 '
        '17.5v3M3.5 9.5h3M3.5 14.5h3M17.5 9.5h3M17.5 14.5h3M12 9.6v4.6M9.9 12.2 12 14.3l2.1-2.1"/>'
    ),
    "audit": '<path d="M6 3.5h9l3.5 3.5v13.5H6z"/><path d="M14.6 3.7v3.7h3.7M9 11h6.4M9 14.2h6.4M9 17.4h3.6"/>',
    "health": '<path d="M3 12.5h4l2.2-6 4.2 11.5 2.6-7.5 1.2 2H21"/>',
    "users": (
        '<circle cx="9" cy="8.2" r="3.4"/><path d="M2.8 19.5c.5-3.6 3-5.6 6.2-5.6s5.7 2 6.2 5.6M15.6 5.2a3.2 3.2 '
        '0 0 1 0 6M17.4 14.4c2.1.6 3.5 2.4 3.8 5.1"/>'
    ),
    "ok": '<circle cx="12" cy="12" r="8.5"/><path d="m8.2 12.4 2.6 2.6 5-5.6"/>',
    "busy": '<path d="M20.2 12A8.2 8.2 0 1 1 12 3.8"/><path d="M12 3.8 15 2M12 3.8l2.4 2.6"/>',
    "wait": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7.4v5l3.2 2"/>',
    "bad": '<path d="M8.4 3.5h7.2l4.9 4.9v7.2l-4.9 4.9H8.4l-4.9-4.9V8.4z"/><path d="M12 7.6v5.4M12 16v.3"/>',
    "warn": '<path d="M12 3.8 21 19.5H3z"/><path d="M12 9.6v4.6M12 16.8v.3"/>',
    "off": '<circle cx="12" cy="12" r="8.5"/><path d="M8 12h8"/>',
    "note": '<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5.4M12 7.7v.3"/>',
    "lock": '<rect x="5" y="10.5" width="14" height="9.5" rx="1.8"/><path d="M8 10.5V8a4 4 0 0 1 8 0v2.5M12 14.4v2"/>',
    "search": '<circle cx="10.8" cy="10.8" r="6.3"/><path d="m15.6 15.6 5 5"/>',
    "line": (
        '<path d="M5.2 4.2 8.5 3.8l1.8 4.3-2 1.7c1.1 2.4 3 4.3 5.5 5.4l1.8-2 4.2 1.9-.4 3.3c-.1.9-.9 1.6-1.8 '
        '1.5C10.6 19.6 4.4 13.4 3.8 6c-.1-.9.5-1.7 1.4-1.8z"/>'
    ),
    "speed": '<path d="M4 6.5v11l7-5.5zM12.5 6.5v11l7-5.5z"/>',
    "lamp": (
        '<path d="M9 17.5h6M9.8 20.5h4.4M12 3.5a6 6 0 0 0-3.6 10.8c.5.4.8 1 .8 '
        '1.6v1.6h5.6v-1.6c0-.6.3-1.2.8-1.6A6 6 0 0 0 12 3.5z"/>'
    ),
    "globe": (
        '<circle cx="12" cy="12" r="8.5"/><path d="M3.5 12h17M12 3.5c2.4 2.4 3.5 5.2 3.5 8.5s-1.1 6.1-3.5 '
        '8.5c-2.4-2.4-3.5-5.2-3.5-8.5s1.1-6.1 3.5-8.5z"/>'
    ),
    "star": '<path d="m12 3.6 2.5 5.3 5.8.8-4.2 4.1 1 5.8-5.1-2.8-5.1 2.8 1-5.8L3.7 9.7l5.8-.8z"/>',
    "park": (
        '<rect x="4" y="3.8" width="16" height="16.4" rx="2.5"/><path d="M9.4 17V7.4h3.5a2.9 2.9 0 0 1 0 5.8H9.4"/>'
    ),
    "file": '<path d="M6.5 3.5h7.8l3.7 3.7v13.3H6.5z"/><path d="m10.4 11-2 2.4 2 2.4M13.8 11l2 2.4-2 2.4"/>',
    "restart": '<path d="M19.8 12a7.8 7.8 0 1 1-2.4-5.6"/><path d="M19.9 3.4v4.4h-4.4"/>',
    "screen": '<rect x="3.5" y="4.5" width="17" height="12" rx="1.6"/><path d="M8.5 20h7M12 16.6V20"/>',
    "move": '<path d="M3.5 12h16M14.6 7l5 5-5 5"/>',
    "remove": '<path d="M4.5 6.5h15M9.5 6.4V4h5v2.4M6.3 6.6l.9 13.4h9.6l.9-13.4M10.2 10.4v6M13.8 10.4v6"/>',
    "add": '<circle cx="12" cy="12" r="8.5"/><path d="M12 8v8M8 12h8"/>',
    "theme": '<circle cx="12" cy="12" r="8.5"/><path d="M12 3.5v17a8.5 8.5 0 0 0 0-17z" fill="currentColor"/>',
    "out": '<path d="M10 4H5.5A1.5 1.5 0 0 0 4 5.5v13A1.5 1.5 0 0 0 5.5 20H10M9.5 12h11M16 7.5l4.5 4.5-4.5 4.5"/>',
    "claims": (
        '<rect x="3.5" y="6" width="17" height="13.5" rx="2"/><path d="M9.5 3.5h5V8h-5z"/><circle cx="8.6" cy="12.6" '
        'r="1.7"/><path d="M5.8 17c.3-1.4 1.4-2.2 2.8-2.2s2.5.8 2.8 2.2M14 12.4h3.6M14 15.6h3.6"/>'
    ),
    "messages": '<path d="M4 5h16v11.5h-8.6L7 20.2v-3.7H4z"/><path d="M7.6 9h8.8M7.6 12.4h5.6"/>',
    "calls": (
        '<path d="M4.6 5.2 7.6 4.8l1.6 3.9-1.8 1.5c1 2.2 2.7 3.9 4.9 4.9l1.6-1.8 3.9 1.7-.4 3c-.1.9-.8 1.4-1.6 '
        '1.4C9.3 18.8 3.9 13.2 3.3 6.7c-.1-.8.5-1.4 1.3-1.5z"/><path d="M14 8.4h6M17.4 5.6 20.2 8.4l-2.8 2.8"/>'
    ),
    "directory": (
        '<path d="M6.5 3.5h12v17h-12A1.5 1.5 0 0 1 5 19V5a1.5 1.5 0 0 1 1.5-1.5zM3.5 8h3M3.5 12h3M3.5 16h3"/><circle '
        'cx="12.4" cy="9.8" r="2"/><path d="M9 15.8c.4-2 1.7-3 3.4-3s3 1 3.4 3"/>'
    ),
    "upkeep": (
        '<path d="M14.4 4.1a5 5 0 0 0-5.6 6.8L3.6 16a2.4 2.4 0 1 0 3.4 3.4l5.2-5.2a5 5 0 0 0 6.7-5.7l-2.9 '
        '2.9-2.9-.8-.8-2.9z"/>'
    ),
    "dialled": '<path d="M6.5 17.5 17 7M8.5 6.5h9v9"/>',
    "received": '<path d="M17.5 6.5 7 17M15.5 17.5h-9v-9"/>',
    "upload": (
        '<path d="M12 15.5V4.2M7.4 8.6 12 4l4.6 4.6M4.5 14.5v4a1.5 1.5 0 0 0 1.5 1.5h12a1.5 1.5 0 0 0 1.5-1.5v-4"/>'
    ),
    "download": (
        '<path d="M12 4v11.3M7.4 10.9l4.6 4.6 4.6-4.6M4.5 14.5v4a1.5 1.5 0 0 0 1.5 1.5h12a1.5 1.5 0 0 0 1.5-1.5v-4"/>'
    ),
    "menu": '<path d="M4 6.5h16M4 12h16M4 17.5h16"/>',
    "up": '<path d="m6 14.5 6-6 6 6"/>',
    "down": '<path d="m6 9.5 6 6 6-6"/>',
    "key": '<circle cx="8" cy="15.5" r="4"/><path d="m11 12.6 8.5-8.6M16 7.4l2.6 2.6M13.4 10l1.8 1.8"/>',
}


def icon(name: str, label: str = "") -> Markup:
    """The icon as an SVG element. Without a label it is decoration, and says nothing to a screen reader."""
    # Jinja's own escaping does not reach what is built here: the drawings are ours, the label is escaped.
    told = Markup('role="img" aria-label="%s"') % label if label else Markup('aria-hidden="true"')
    return (
        Markup('<svg class="icon icon-%s" viewBox="0 0 24 24" %s>') % (escape(name), told)
        + Markup(_DRAWN[name])  # noqa: S704  # our own drawings
        + Markup("</svg>")
    )


def names() -> frozenset[str]:
    """Every icon there is."""
    return frozenset(_DRAWN)
