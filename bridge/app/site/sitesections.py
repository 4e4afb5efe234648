"""The sections of a site description: which keys a table has, and which object it stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.app.site.sitefields import BadValue, Field, Fields, Table, fields_of, read, sparse, values_of
from bridge.app.site.sitevalues import clock_of, region_of, server_of
from bridge.core import (
    CallingSearchSpace,
    CallManagerGroup,
    CallPickupGroup,
    CommonPhoneProfile,
    DateTimeGroup,
    DeviceDefaults,
    DevicePool,
    Partition,
    PatternKey,
    PhoneButtonTemplate,
    Region,
    RoutePattern,
    Server,
    SignallingProtocol,
    Softkey,
    SoftkeyState,
    SoftkeyTemplate,
    StateKeys,
    TranslationPattern,
    UniversalDeviceTemplate,
    UniversalLineTemplate,
)
from bridge.core.texts import check_object_name, check_shown
from bridge.dialplan.plans import PLANS, expand
from bridge.errors import ConfigurationError, InvalidInput
from bridge.phones.catalogue import catalogue

LONGEST_TEXT = 255
LONGEST_DESCRIPTION = 1000
"""Characters."""

Key = Any
"""What a record is known by: a name, a PatternKey, or model number and protocol."""
Known = Mapping[str, Mapping[Key, Any]]
"""The records read so far, by section and key."""


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of object."""

    name: str
    """In the file: ``[[device_pool]]``."""
    word: str
    """On the command line: ``sepbridge site pools``."""
    records: str
    """The attribute of ``SiteObjects``."""
    fields: Fields
    values: Callable[[Any], Table]
    build: Callable[[Table, Known], Any]
    key: Callable[[Any], Key] = lambda record: record.name
    keys: tuple[str, ...] = ("name",)
    """The fields that tell one from another."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Fields that name records of another section."""

    @property
    def title(self) -> str:
        """What one of them is called."""
        return self.name.replace("_", " ").replace("callmanager", "CallManager")

    def same(self, key: str, value: str, word: str) -> bool:
        """Whether a word that somebody typed means the value of a key; a model has many names."""
        if key == "model" and (model := catalogue().by_name(word)) is not None:
            return model.name == value
        return value == (word.upper() if key == "protocol" else word)

    def table(self, record: Any) -> Table:
        """The record as a table."""
        return sparse(self.fields, self.values(record))

    def record(self, table: Mapping[str, Any], known: Known) -> Any:
        """The record of a table. Raises InvalidInput (BadValue where a key is to blame)."""
        values = read(self.fields, table, self.title)
        for key, value in values.items():
            _check_texts(key, value, self.title)
        for name, section in self.names.items():
            named = values[name] if isinstance(values[name], tuple) else (values[name],)
            for each in named:
                if each and each not in known[section]:
                    raise BadValue(
                        f"there is no {BY_NAME[section].title} {each!r}",
                        key=name,
                        fix=f"`sepbridge site {BY_NAME[section].word} add`, or [[{section}]] in the file",
                        missing=(section, each),
                    )
        return self.build(values, known)


def _check_texts(key: str, value: Any, title: str) -> None:
    """What a database can keep and a file can hold. Raises BadValue."""
    if isinstance(value, tuple):
        for each in value:
            _check_texts(key, each, title)
        return
    if not isinstance(value, str):
        return
    try:
        if key == "name":
            check_object_name(value, title)
        else:
            check_shown(value, key, most=LONGEST_DESCRIPTION if key == "description" else LONGEST_TEXT)
    except InvalidInput as error:
        raise BadValue(error.what, key=key, why=error.why, fix=error.fix) from None


def _simple(
    name: str,
    word: str,
    records: str,
    kind: type[Any],
    *,
    names: Mapping[str, str] | None = None,
    build: Callable[[Table, Known], Any] | None = None,
) -> Section:
    fields = fields_of(kind)
    return Section(
        name,
        word,
        records,
        fields,
        values=lambda record: values_of(record, fields),
        build=build or (lambda values, _: kind(**values)),
        names=names or {},
    )


def _pattern(name: str, word: str, kind: type[RoutePattern | TranslationPattern], **names: str) -> Section:
    fields = fields_of(kind)
    return Section(
        name,
        word,
        "patterns",
        fields,
        values=lambda record: values_of(record, fields),
        build=lambda values, _: _expandable(kind(**values)),
        key=lambda record: PatternKey(record.pattern, record.partition),
        keys=("pattern", "partition"),
        names={"partition": "partition", **names},
    )


def _expandable(pattern: RoutePattern | TranslationPattern) -> RoutePattern | TranslationPattern:
    """The pattern, whose ``@`` stands for a numbering plan that there is."""
    try:
        expand(pattern.pattern, pattern.numbering_plan)
    except ConfigurationError as error:
        key = "pattern" if pattern.numbering_plan in PLANS else "numbering_plan"
        raise BadValue(error.what, key=key, why=error.why, fix=error.fix) from None
    return pattern


_GROUP = {
    "name": Field(str),
    "servers": Field(tuple[str, ...], ()),
    "autoregistration": Field(bool, False),
}
_POOL_OF_NAMES = ("group", "region", "date_time_group")
_POOL = {
    name: Field(str, "Default") if name in _POOL_OF_NAMES else each for name, each in fields_of(DevicePool).items()
}
_DEFAULTS = {
    "model": Field(str),
    "protocol": Field(SignallingProtocol),
    **fields_of(DeviceDefaults, without=frozenset({"model_number", "protocol"})),
}
_STATES = {state: state.value.replace("-", "_") for state in SoftkeyState}
_SOFTKEYS = {
    "name": Field(str),
    "description": Field(str, ""),
    **{key: Field(tuple[Softkey, ...], None) for key in _STATES.values()},
}


def _pool_values(pool: DevicePool) -> Table:
    return {**values_of(pool, _POOL), **{name: getattr(pool, name).name for name in _POOL_OF_NAMES}}


def _pool(values: Table, known: Known) -> DevicePool:
    for key in _POOL_OF_NAMES:
        if not values[key]:
            raise BadValue(f"a device pool needs a {key}", key=key, fix="leave the key out for Default")
    groups, regions, times = (known[each] for each in ("callmanager_group", "region", "date_time_group"))
    return DevicePool(
        **{
            **values,
            "group": groups[values["group"]],
            "region": regions[values["region"]],
            "date_time_group": times[values["date_time_group"]],
        }
    )


def _defaults_values(row: DeviceDefaults) -> Table:
    model = catalogue().by_number(row.model_number)
    return {
        "model": model.name if model else str(row.model_number),
        "protocol": row.protocol,
        **values_of(row, {name: each for name, each in _DEFAULTS.items() if name != "model"}),
    }


def _defaults(values: Table, _: Known) -> DeviceDefaults:
    model = values.pop("model")
    number = int(model) if model.isdigit() and catalogue().by_name(model) is None else catalogue().require(model).number
    if number is None:
        raise BadValue(f"the model {model} has no device type number", key="model", fix="give the number itself")
    return DeviceDefaults(number, **values)


def _softkeys_values(template: SoftkeyTemplate) -> Table:
    states = {_STATES[each.state]: each.keys for each in template.states}
    return {
        "name": template.name,
        "description": template.description,
        **{key: states.get(key) for key in _STATES.values()},
    }


def _softkeys(values: Table, _: Known) -> SoftkeyTemplate:
    states = tuple(StateKeys(state, values[key]) for state, key in _STATES.items() if values[key] is not None)
    return SoftkeyTemplate(values["name"], states, values["description"])


SECTIONS: tuple[Section, ...] = (
    _simple("server", "servers", "servers", Server, build=server_of),
    Section(
        "callmanager_group",
        "groups",
        "groups",
        _GROUP,
        values=lambda group: {
            "name": group.name,
            "servers": tuple(each.name for each in group.servers),
            "autoregistration": group.autoregistration,
        },
        build=lambda values, known: CallManagerGroup(
            values["name"], tuple(known["server"][each] for each in values["servers"]), values["autoregistration"]
        ),
        names={"servers": "server"},
    ),
    _simple("region", "regions", "regions", Region, build=region_of),
    _simple("date_time_group", "date-time-groups", "date_time_groups", DateTimeGroup, build=clock_of),
    _simple("partition", "partitions", "partitions", Partition),
    _simple(
        "calling_search_space",
        "css",
        "calling_search_spaces",
        CallingSearchSpace,
        names={"partitions": "partition"},
    ),
    _pattern("route_pattern", "patterns", RoutePattern),
    _pattern("translation_pattern", "translations", TranslationPattern, css="calling_search_space"),
    Section(
        "softkey_template",
        "softkey-templates",
        "softkey_templates",
        _SOFTKEYS,
        values=_softkeys_values,
        build=_softkeys,
    ),
    _simple("phone_button_template", "button-templates", "button_templates", PhoneButtonTemplate),
    _simple("common_phone_profile", "phone-profiles", "phone_profiles", CommonPhoneProfile),
    _simple("call_pickup_group", "pickup-groups", "pickup_groups", CallPickupGroup),
    Section(
        "device_pool",
        "pools",
        "pools",
        _POOL,
        values=_pool_values,
        build=_pool,
        names={
            "group": "callmanager_group",
            "region": "region",
            "date_time_group": "date_time_group",
            "autoreg_css": "calling_search_space",
            "css": "calling_search_space",
            "softkey_template": "softkey_template",
        },
    ),
    _simple(
        "universal_line_template",
        "line-templates",
        "line_templates",
        UniversalLineTemplate,
        names={"partition": "partition", "css": "calling_search_space"},
    ),
    _simple(
        "universal_device_template",
        "device-templates",
        "device_templates",
        UniversalDeviceTemplate,
        names={
            "pool": "device_pool",
            "css": "calling_search_space",
            "button_template": "phone_button_template",
            "softkey_template": "softkey_template",
            "phone_profile": "common_phone_profile",
            "line_template": "universal_line_template",
        },
    ),
    Section(
        "device_defaults",
        "defaults",
        "device_defaults",
        _DEFAULTS,
        values=_defaults_values,
        build=_defaults,
        key=lambda row: (row.model_number, row.protocol),
        keys=("model", "protocol"),
        names={
            "pool": "device_pool",
            "button_template": "phone_button_template",
            "softkey_template": "softkey_template",
            "device_template": "universal_device_template",
        },
    ),
)
"""Every kind, in an order in which nothing is named before it exists."""

BY_NAME = {each.name: each for each in SECTIONS}
BY_WORD = {each.word: each for each in SECTIONS}
