"""Time zones in the phones' own names (phone file reference, section 3.1).

Phones know a fixed list of Windows-like names with the daylight rules that were in force when the firmware was made.
So a zone that gave up daylight saving since then is mapped to a name of the same offset without it (Moscow to
``Saudi Arabia Standard Time``), and zones that share one rule are mapped to the one name among their equals whose
printed offset is undisputed (all of Central Europe to ``W. Europe Standard/Daylight Time``).
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from bridge.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class PhoneTimeZone:
    """A zone as phones name it."""

    name: str
    exact: bool
    """False when the phones know no zone with these rules: their clock will be wrong for part of the year, or by less
    than an hour all the time."""


_NAMES: dict[str, str] = {
    "Dateline Standard Time": "Etc/GMT+12",
    "Samoa Standard Time": "Pacific/Pago_Pago Pacific/Midway Pacific/Niue US/Samoa Pacific/Samoa Etc/GMT+11",
    "Hawaiian Standard Time": "Pacific/Honolulu US/Hawaii HST Pacific/Tahiti Pacific/Rarotonga Etc/GMT+10",
    "Alaskan Standard/Daylight Time": "America/Anchorage America/Juneau America/Sitka America/Nome US/Alaska",
    "Pacific Standard/Daylight Time": "America/Los_Angeles America/Vancouver America/Tijuana US/Pacific PST8PDT",
    "Mountain Standard/Daylight Time": "America/Denver America/Boise America/Edmonton America/Yellowknife US/Mountain"
    " MST7MDT",
    "US Mountain Standard Time": "America/Phoenix America/Hermosillo America/Whitehorse US/Arizona MST Etc/GMT+7",
    "Central Standard/Daylight Time": "America/Chicago America/Winnipeg America/Menominee America/Matamoros US/Central"
    " CST6CDT",
    "Canada Central Standard Time": "America/Regina America/Costa_Rica America/Guatemala America/El_Salvador"
    " America/Managua America/Tegucigalpa America/Belize America/Mexico_City America/Monterrey America/Merida"
    " America/Chihuahua Mexico/General Etc/GMT+6",
    "Eastern Standard/Daylight Time": "America/New_York America/Toronto America/Montreal America/Detroit"
    " America/Nassau America/Port-au-Prince America/Indiana/Indianapolis America/Kentucky/Louisville US/Eastern"
    " EST5EDT",
    "SA Pacific Standard Time": "America/Bogota America/Lima America/Guayaquil America/Panama America/Jamaica"
    " America/Cancun America/Cayman America/Rio_Branco EST Etc/GMT+5",
    "Atlantic Standard/Daylight Time": "America/Halifax America/Moncton America/Thule Atlantic/Bermuda Canada/Atlantic",
    "SA Western Standard Time": "America/Caracas America/La_Paz America/Manaus America/Puerto_Rico"
    " America/Santo_Domingo America/Guyana America/Barbados America/Martinique America/Port_of_Spain America/Curacao"
    " America/Porto_Velho America/Cuiaba Etc/GMT+4",
    "Newfoundland Standard/Daylight Time": "America/St_Johns Canada/Newfoundland",
    "SA Eastern Standard Time": "America/Sao_Paulo America/Argentina/Buenos_Aires America/Buenos_Aires"
    " America/Argentina/Cordoba America/Montevideo America/Asuncion America/Cayenne America/Paramaribo America/Bahia"
    " America/Fortaleza America/Recife America/Belem America/Punta_Arenas Etc/GMT+3",
    "Mid-Atlantic Standard/Daylight Time": "",
    "Azores Standard/Daylight Time": "Atlantic/Azores",
    "GMT Standard/Daylight Time": "Europe/London Europe/Dublin Europe/Lisbon Europe/Guernsey Europe/Jersey"
    " Europe/Isle_of_Man Atlantic/Madeira Atlantic/Canary Atlantic/Faroe GB Eire Portugal WET",
    "Greenwich Standard Time": "Etc/UTC UTC Etc/GMT GMT Etc/GMT+0 Etc/GMT-0 Etc/Universal Etc/Zulu Zulu Universal"
    " Atlantic/Reykjavik Iceland Africa/Abidjan Africa/Accra Africa/Dakar Africa/Monrovia Africa/Bamako Africa/Banjul"
    " Africa/Conakry Africa/Freetown Africa/Lome Africa/Nouakchott Africa/Ouagadougou Atlantic/St_Helena"
    " America/Danmarkshavn",
    "W. Europe Standard/Daylight Time": "Europe/Berlin Europe/Busingen Europe/Vienna Europe/Zurich Europe/Vaduz"
    " Europe/Amsterdam Europe/Brussels Europe/Luxembourg Europe/Paris Europe/Monaco Europe/Madrid Africa/Ceuta"
    " Europe/Andorra Europe/Gibraltar Europe/Rome Europe/Vatican Europe/San_Marino Europe/Malta Europe/Copenhagen"
    " Europe/Oslo Arctic/Longyearbyen Europe/Stockholm Europe/Prague Europe/Bratislava Europe/Budapest"
    " Europe/Warsaw Europe/Ljubljana Europe/Zagreb Europe/Sarajevo Europe/Belgrade Europe/Podgorica Europe/Skopje"
    " Europe/Tirane CET MET Poland",
    "E. Europe Standard/Daylight Time": "Europe/Athens Europe/Bucharest Europe/Chisinau Europe/Sofia Europe/Helsinki"
    " Europe/Mariehamn Europe/Kiev Europe/Kyiv Europe/Riga Europe/Tallinn Europe/Vilnius Asia/Nicosia Asia/Famagusta"
    " EET",
    "Egypt Standard/Daylight Time": "Africa/Cairo Egypt",
    "South Africa Standard Time": "Africa/Johannesburg Africa/Harare Africa/Lusaka Africa/Maputo Africa/Lubumbashi"
    " Africa/Kigali Africa/Gaborone Africa/Blantyre Africa/Bujumbura Africa/Maseru Africa/Mbabane Africa/Tripoli"
    " Africa/Khartoum Africa/Juba Africa/Windhoek Europe/Kaliningrad Etc/GMT-2",
    "Jerusalem Standard/Daylight Time": "Asia/Jerusalem Asia/Tel_Aviv Israel",
    "Saudi Arabia Standard Time": "Asia/Riyadh Asia/Kuwait Asia/Qatar Asia/Bahrain Asia/Aden Asia/Baghdad Asia/Amman"
    " Asia/Damascus Europe/Istanbul Turkey Europe/Moscow Europe/Minsk Europe/Simferopol Africa/Nairobi"
    " Africa/Addis_Ababa Africa/Dar_es_Salaam Africa/Kampala Africa/Mogadishu Africa/Djibouti Africa/Asmara"
    " Indian/Antananarivo Etc/GMT-3",
    "Iran Standard Time": "Asia/Tehran Iran",
    "Arabian Standard Time": "Asia/Dubai Asia/Muscat Asia/Baku Asia/Tbilisi Asia/Yerevan Europe/Samara Europe/Saratov"
    " Europe/Ulyanovsk Indian/Mauritius Indian/Reunion Indian/Mahe Etc/GMT-4",
    "Afghanistan Standard Time": "Asia/Kabul",
    "West Asia Standard Time": "Asia/Karachi Asia/Tashkent Asia/Samarkand Asia/Dushanbe Asia/Ashgabat Asia/Almaty"
    " Asia/Aqtobe Asia/Qyzylorda Indian/Maldives Etc/GMT-5",
    "Ekaterinburg Standard Time": "Asia/Yekaterinburg",
    "India Standard Time": "Asia/Kolkata Asia/Calcutta Asia/Colombo",
    "Central Asia Standard Time": "Asia/Dhaka Asia/Thimphu Asia/Bishkek Asia/Omsk Asia/Urumqi Indian/Chagos Etc/GMT-6",
    "SE Asia Standard Time": "Asia/Bangkok Asia/Jakarta Asia/Ho_Chi_Minh Asia/Saigon Asia/Phnom_Penh Asia/Vientiane"
    " Asia/Pontianak Asia/Krasnoyarsk Asia/Novosibirsk Asia/Tomsk Asia/Barnaul Asia/Hovd Etc/GMT-7",
    "Taipei Standard Time": "Asia/Taipei Asia/Shanghai Asia/Chongqing PRC Asia/Hong_Kong Hongkong Asia/Macau"
    " Asia/Singapore Singapore Asia/Kuala_Lumpur Asia/Kuching Asia/Brunei Asia/Manila Asia/Makassar Asia/Ulaanbaatar"
    " Asia/Irkutsk Australia/Perth Etc/GMT-8",
    "Tokyo Standard Time": "Asia/Tokyo Japan Asia/Seoul Asia/Pyongyang ROK Asia/Yakutsk Asia/Chita Asia/Jayapura"
    " Asia/Dili Pacific/Palau Etc/GMT-9",
    "Cen. Australia Standard/Daylight Time": "Australia/Adelaide Australia/Broken_Hill Australia/South",
    "AUS Central Standard Time": "Australia/Darwin Australia/North",
    "AUS Eastern Standard/Daylight Time": "Australia/Sydney Australia/Melbourne Australia/Canberra Australia/ACT"
    " Australia/NSW Australia/Victoria",
    "E. Australia Standard Time": "Australia/Brisbane Australia/Lindeman Australia/Queensland",
    "Tasmania Standard/Daylight Time": "Australia/Hobart Australia/Tasmania",
    "West Pacific Standard Time": "Pacific/Guam Pacific/Saipan Pacific/Port_Moresby Pacific/Chuuk Asia/Vladivostok"
    " Etc/GMT-10",
    "Central Pacific Standard Time": "Pacific/Guadalcanal Pacific/Noumea Pacific/Efate Pacific/Pohnpei"
    " Pacific/Bougainville Asia/Magadan Asia/Sakhalin Asia/Srednekolymsk Etc/GMT-11",
    "Fiji Standard Time": "Pacific/Fiji Pacific/Tarawa Pacific/Majuro Pacific/Funafuti Pacific/Wake Asia/Kamchatka"
    " Etc/GMT-12",
    "New Zealand Standard/Daylight Time": "Pacific/Auckland Antarctica/McMurdo NZ",
}
_NEAREST: dict[str, str] = {
    "Alaskan Standard/Daylight Time": "America/Adak Pacific/Marquesas Pacific/Gambier Etc/GMT+9",
    "Pacific Standard/Daylight Time": "Pacific/Pitcairn Etc/GMT+8",
    "Central Standard/Daylight Time": "Pacific/Easter",
    "Eastern Standard/Daylight Time": "America/Havana",
    "Pacific SA Standard Time": "America/Santiago Chile/Continental",
    "SA Eastern Standard Time": "America/Miquelon",
    "Mid-Atlantic Standard/Daylight Time": "America/Nuuk America/Godthab America/Scoresbysund America/Noronha"
    " Atlantic/South_Georgia Etc/GMT+2",
    "Azores Standard/Daylight Time": "Atlantic/Cape_Verde Etc/GMT+1",
    "W. Europe Standard/Daylight Time": "Africa/Lagos Africa/Algiers Africa/Tunis Africa/Casablanca Africa/El_Aaiun"
    " Africa/Kinshasa Africa/Luanda Africa/Douala Africa/Libreville Africa/Niamey Africa/Ndjamena Africa/Bangui"
    " Africa/Brazzaville Africa/Malabo Africa/Porto-Novo Etc/GMT-1",
    "Greenwich Standard Time": "Africa/Bissau Africa/Sao_Tome",
    "E. Europe Standard/Daylight Time": "Asia/Beirut Asia/Gaza Asia/Hebron",
    "India Standard Time": "Asia/Kathmandu Asia/Katmandu",
    "Central Asia Standard Time": "Asia/Yangon Asia/Rangoon Indian/Cocos",
    "Taipei Standard Time": "Australia/Eucla",
    "AUS Eastern Standard/Daylight Time": "Australia/Lord_Howe",
    "Central Pacific Standard Time": "Pacific/Norfolk",
    "New Zealand Standard/Daylight Time": "Pacific/Chatham Pacific/Apia Pacific/Tongatapu Pacific/Fakaofo"
    " Pacific/Kiritimati Etc/GMT-13 Etc/GMT-14",
}


def _table() -> dict[str, PhoneTimeZone]:
    table: dict[str, PhoneTimeZone] = {}
    for names, exact in ((_NAMES, True), (_NEAREST, False)):
        for name, zones in names.items():
            for zone in zones.split():
                table[zone.lower()] = PhoneTimeZone(name, exact)
    return table


_TABLE = _table()
_SPELLING = {zone.lower(): zone for names in (_NAMES, _NEAREST) for zones in names.values() for zone in zones.split()}


def phone_time_zone(zone: str) -> PhoneTimeZone:
    """The phones' name for an IANA zone such as ``Europe/Berlin``. Raises ConfigurationError for an unknown one."""
    if (found := _TABLE.get(zone.strip().lower())) is not None:
        return found
    close = difflib.get_close_matches(zone.strip().lower()[:64], _TABLE, n=3)
    raise ConfigurationError(
        f"phones know no time zone {zone[:64]!r}",
        why="they have a fixed list of zones, and this name leads to none of them",
        fix="use an IANA name such as Europe/Berlin"
        + (f"; did you mean {', '.join(_SPELLING[key] for key in close)}?" if close else ""),
    )
