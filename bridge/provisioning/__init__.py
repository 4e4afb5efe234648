"""The files that phones ask for: text in, text out."""

from __future__ import annotations

from bridge.provisioning.applicationrules import APPLICATION_RULES, ApplicationRule, render_application_rules
from bridge.provisioning.dialtemplate import DialRule, dial_rules, plan_rules
from bridge.provisioning.documents import content_differs
from bridge.provisioning.elementreach import ElementReach, element_reach
from bridge.provisioning.flatfiles import render_flat_profile, render_model_profile, uses_udp_alone
from bridge.provisioning.locales import EVERYTHING_THERE, LocaleFiles, locale_of, wanted_country, wanted_language
from bridge.provisioning.profilefiles import ADAPTER_DEFAULTS, Profile, render_adapter_defaults, render_profile
from bridge.provisioning.renderer import LoadEntry, RenderedFile, Renderer, default_loads
from bridge.provisioning.ringlists import CALL_BACK_RING, MOST_RINGS, render_ring_list, why_no_ring
from bridge.provisioning.ringtones import NARROW_RING, RING_FORMS, WIDE_RING, RingForm, ring_file
from bridge.provisioning.schema import Finding, check_element, check_file, element_root
from bridge.provisioning.settings import (
    Locale,
    NetworkSettings,
    PhoneSettings,
    ServiceUrls,
    SipTransport,
    SshLogin,
    WebAccess,
)
from bridge.provisioning.siptextfiles import (
    DIAL_FILE,
    render_common_text,
    render_old_dial_template,
    render_own_text,
    render_sync_file,
)
from bridge.provisioning.softkeyfile import render_soft_key_file, soft_key_file_name
from bridge.provisioning.support import (
    Support,
    call_limit,
    flat_template,
    profile_template,
    require_support,
    secret_length,
    spoken_protocol,
    support,
)
from bridge.provisioning.texts import shown_text
from bridge.provisioning.timezones import PhoneTimeZone, phone_time_zone, phone_time_zones
from bridge.provisioning.tones import render_tones, tone_countries, tones_of
from bridge.provisioning.wallpapers import MOST_PICTURES, PREVIEW, Screen, render_picture_list, screen_of, screens
from bridge.provisioning.wavfile import Sound, read_wav

__all__ = [
    "ADAPTER_DEFAULTS",
    "APPLICATION_RULES",
    "CALL_BACK_RING",
    "DIAL_FILE",
    "EVERYTHING_THERE",
    "MOST_PICTURES",
    "MOST_RINGS",
    "NARROW_RING",
    "PREVIEW",
    "RING_FORMS",
    "WIDE_RING",
    "ApplicationRule",
    "DialRule",
    "ElementReach",
    "Finding",
    "LoadEntry",
    "Locale",
    "LocaleFiles",
    "NetworkSettings",
    "PhoneSettings",
    "PhoneTimeZone",
    "Profile",
    "RenderedFile",
    "Renderer",
    "RingForm",
    "Screen",
    "ServiceUrls",
    "SipTransport",
    "Sound",
    "SshLogin",
    "Support",
    "WebAccess",
    "call_limit",
    "check_element",
    "check_file",
    "content_differs",
    "default_loads",
    "dial_rules",
    "element_reach",
    "element_root",
    "flat_template",
    "locale_of",
    "phone_time_zone",
    "phone_time_zones",
    "plan_rules",
    "profile_template",
    "read_wav",
    "render_adapter_defaults",
    "render_application_rules",
    "render_common_text",
    "render_flat_profile",
    "render_model_profile",
    "render_old_dial_template",
    "render_own_text",
    "render_picture_list",
    "render_profile",
    "render_ring_list",
    "render_soft_key_file",
    "render_sync_file",
    "render_tones",
    "require_support",
    "ring_file",
    "screen_of",
    "screens",
    "secret_length",
    "shown_text",
    "soft_key_file_name",
    "spoken_protocol",
    "support",
    "tone_countries",
    "tones_of",
    "uses_udp_alone",
    "wanted_country",
    "wanted_language",
    "why_no_ring",
]
