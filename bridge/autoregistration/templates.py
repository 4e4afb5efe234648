"""What a new phone is made from: its model's device defaults, and a universal device template with its line template.

CUCM from 10.0 on asks for both templates where autoregistration is enabled (autoregistration reference, section 2).
Here they may be left out: then the device defaults decide alone. The rule:

- The template is the one that the model's device defaults name, else the one chosen for autoregistration.
- Pool and everything else come from the template; button and softkey template from the device defaults where they name
  any, since those belong to the model.
- Where there is no template, the device defaults decide on the pool, and without them the site's setting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bridge.autoregistration.policy import ROGUE_POOL, AutoregistrationSettings
from bridge.core import (
    AppearanceSettings,
    Device,
    DeviceDefaults,
    Line,
    LineAppearance,
    UniversalDeviceTemplate,
    UniversalLineTemplate,
)
from bridge.core.phonesettings import DEFAULT_DEVICE_SETTINGS


@dataclass(frozen=True, slots=True)
class UniversalTemplates:
    """The site's universal templates, by name."""

    devices: Mapping[str, UniversalDeviceTemplate] = field(default_factory=dict)
    lines: Mapping[str, UniversalLineTemplate] = field(default_factory=dict)

    def line_of(self, template: UniversalDeviceTemplate) -> UniversalLineTemplate | None:
        """The line template that a device template names."""
        return self.lines.get(template.line_template)


NO_TEMPLATES = UniversalTemplates()


def furnished(
    device: Device, defaults: DeviceDefaults | None, settings: AutoregistrationSettings, templates: UniversalTemplates
) -> Device:
    """A phone that just autoregistered, with pool, settings and line as the rule says.

    The number stays in the partition in which it was given out: the range was checked there.
    """
    name = (defaults.device_template if defaults else "") or settings.device_template
    template = templates.devices.get(name)
    pool = defaults.pool if defaults else settings.pool
    bare = replace(device, pool=pool, settings=DEFAULT_DEVICE_SETTINGS)
    made = bare if template is None else by_template(bare, template, templates.line_of(template))
    if defaults is None:
        return made
    own = made.settings
    return replace(
        made,
        settings=replace(
            own,
            button_template=defaults.button_template or own.button_template,
            softkey_template=defaults.softkey_template or own.softkey_template,
        ),
    )


def furnished_anew(
    device: Device, defaults: DeviceDefaults | None, settings: AutoregistrationSettings, templates: UniversalTemplates
) -> Device:
    """A phone that autoregistered before anybody knew its model, now that ``device`` names it (AR-20).

    What an admin changed in the meantime stays.
    """
    if not device.temporary or device.pool == ROGUE_POOL or defaults is None:
        return device
    then = furnished(device, None, settings, templates)
    found_out = replace(then.settings, opens_late=device.settings.opens_late)
    if (device.pool, device.settings) != (then.pool, found_out):
        return device
    made = furnished(device, defaults, settings, templates)
    return replace(made, settings=replace(made.settings, opens_late=device.settings.opens_late))


def by_template(device: Device, template: UniversalDeviceTemplate, line: UniversalLineTemplate | None) -> Device:
    """The device with what the template holds; its number and its name stay."""
    description = template.device_description.replace("{number}", device.number) or device.description
    return replace(
        device,
        pool=template.pool,
        description=description,
        lines=tuple(
            _line_by_template(each, line, device.settings.owner) if line is not None and index == 0 else each
            for index, each in enumerate(device.lines)
        ),
        settings=replace(
            device.settings,
            css=template.css,
            button_template=template.button_template,
            softkey_template=template.softkey_template,
            phone_profile=template.phone_profile,
            user_locale=template.user_locale,
        ),
    )


def _line_by_template(appearance: LineAppearance, template: UniversalLineTemplate, owner: str) -> LineAppearance:
    line = appearance.line

    def filled(text: str) -> str:
        return text.replace("{number}", line.number).replace("{owner}", owner or line.display_name).strip()

    return replace(
        appearance,
        line=Line(
            line.number,
            line.partition,
            filled(template.display_name) or line.display_name,
            replace(
                line.settings,
                css=template.css,
                pickup_group=template.pickup_group,
                no_answer_seconds=template.no_answer_seconds,
                auto_answer=template.auto_answer,
            ),
        ),
        label=filled(template.label) or appearance.label,
        settings=AppearanceSettings(
            external_mask=template.external_mask, max_calls=template.max_calls, busy_trigger=template.busy_trigger
        ),
    )
