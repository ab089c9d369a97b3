"""Countries, currencies and languages in all their usual forms: codes, numbers, names in four languages, symbols."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from babel import Locale

from bot.domain.folding import fold
from bot.domain.money import is_currency

_LOCALES = ("en", "fr", "de", "es")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z0-9]{2,8}))?")
_SYMBOLS = {
    "€": "EUR",
    "£": "GBP",
    "us$": "USD",
    "$us": "USD",
    "c$": "CAD",
    "ca$": "CAD",
    "a$": "AUD",
    "au$": "AUD",
    "nz$": "NZD",
    "hk$": "HKD",
    "s$": "SGD",
    "r$": "BRL",
    "mx$": "MXN",
    "fr.": "CHF",
    "sfr.": "CHF",
    "zł": "PLN",
    "₹": "INR",
    "₩": "KRW",
    "₪": "ILS",
    "₺": "TRY",
    "₽": "RUB",
    "₴": "UAH",
    "₫": "VND",
    "฿": "THB",
    "kč": "CZK",
    "ft": "HUF",
}
_MORE_COUNTRIES = {
    "usa": "US",
    "u s a": "US",
    "united states of america": "US",
    "etats unis d amerique": "US",
    "uk": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "holland": "NL",
    "nederland": "NL",
    "belgie": "BE",
    "sverige": "SE",
    "norge": "NO",
    "danmark": "DK",
    "suomi": "FI",
    "polska": "PL",
    "svizzera": "CH",
    "cesko": "CZ",
    "ceska republika": "CZ",
    "magyarorszag": "HU",
    "eire": "IE",
    "hellas": "GR",
    "the netherlands": "NL",
    "czech republic": "CZ",
    "republique tcheque": "CZ",
    "tschechische republik": "CZ",
    "turkey": "TR",
    "ivory coast": "CI",
    "russian federation": "RU",
    "republic of korea": "KR",
    "korea": "KR",
    "viet nam": "VN",
    "brd": "DE",
    "bundesrepublik deutschland": "DE",
    "schweizerische eidgenossenschaft": "CH",
    "gran bretana": "GB",
    "grossbritannien": "GB",
    "grande bretagne": "GB",
    "inglaterra": "GB",
    "angleterre": "GB",
    "paises bajos": "NL",
    "estados unidos de america": "US",
    "vereinigte staaten von amerika": "US",
    "eeuu": "US",
    "ee uu": "US",
}


def country(text: str) -> str:
    """Read a country as its ISO 3166 code of two letters; raise ValueError for what is none."""
    code = text.strip().upper()
    if len(code) == 2 and code in _territories():
        return code
    found = _countries().get(code) or _countries().get(_bare(text))
    if found is None and code.isdigit() and len(code) <= 3:
        found = _countries().get(code.zfill(3))
    if found is None:
        raise ValueError("is no country: write its name, or a code such as DE")
    return found


def currency(text: str) -> str:
    """Read a currency as its ISO 4217 code; raise ValueError for what is none, or may be several."""
    code = text.strip().upper()
    if is_currency(code):
        return code
    found = _SYMBOLS.get(text.strip().casefold()) or _currencies().get(_bare(text))
    if found is None and code.isdigit() and len(code) <= 3:
        found = _NUMERIC.get(code.zfill(3))
    if found is None:
        raise ValueError("is no ISO 4217 currency such as EUR")
    return found


def language(text: str) -> str:
    """Read a language as en or de_AT; raise ValueError for what is none."""
    named = _languages().get(_bare(text))
    if named is not None:
        return named
    found = _LANGUAGE.fullmatch(text.strip())
    if found is None or found[1].lower() not in _language_codes():
        raise ValueError("is no language such as en, fr or de_AT")
    return f"{found[1].lower()}_{found[2].upper()}" if found[2] else found[1].lower()


def _bare(text: str) -> str:
    return re.sub(r"[^0-9a-z]+", " ", fold(text)).strip()


@cache
def _territories() -> frozenset[str]:
    names = [str(code) for code in Locale("en").territories]
    pretended = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}
    return frozenset(code for code in names if len(code) == 2 and code.isalpha()) - pretended


@cache
def _countries() -> dict[str, str]:
    from babel.core import get_global

    found = {
        _bare(Locale(each).territories[code]): code
        for each in _LOCALES
        for code in _territories() & set(Locale(each).territories)
    }
    aliases: Mapping[Any, Any] = get_global("territory_aliases")  # ISO 3166 codes of three letters, and numbers
    found |= {str(old): new[0] for old, new in aliases.items() if len(new) == 1 and len(new[0]) == 2}
    return found | _MORE_COUNTRIES


@cache
def _currencies() -> dict[str, str]:
    found: dict[str, str] = {}
    for each in _LOCALES:
        for code, name in Locale(each).currencies.items():
            if is_currency(code) and _bare(name):
                found[_bare(name)] = code
    for code in ("EUR", "USD", "GBP", "CHF", "JPY"):
        found |= dict.fromkeys(_COMMON[code], code)
    return found


_COMMON = {
    "EUR": ("euro", "euros"),
    "USD": (
        "dollar",
        "dollars",
        "us dollars",
        "dollars us",
        "dollars americains",
        "dolares",
        "dolares estadounidenses",
    ),
    "GBP": ("pound", "pounds", "pound sterling", "pounds sterling", "livres sterling", "libras", "sterling"),
    "CHF": ("franken", "schweizer franken", "francs suisses", "francos suizos", "swiss francs", "sfr", "fr"),
    "JPY": ("yen", "japanese yen", "yens"),
}


@cache
def _languages() -> dict[str, str]:
    found: dict[str, str] = {}
    for each in _LOCALES:
        for code, name in Locale(each).languages.items():
            if len(code) == 2:
                found.setdefault(_bare(name), code)
    three = {
        "eng": "en",
        "fra": "fr",
        "fre": "fr",
        "deu": "de",
        "ger": "de",
        "spa": "es",
        "ita": "it",
        "nld": "nl",
        "por": "pt",
    }
    return found | three


@cache
def _language_codes() -> frozenset[str]:
    return frozenset(Locale("en").languages)


# ISO 4217, list one: the numbers of the currencies
_NUMERIC = {
    number: code
    for code, number in (
        pair.split(":")
        for pair in """
        AED:784 AFN:971 ALL:008 AMD:051 AOA:973 ARS:032 AUD:036 AWG:533 AZN:944 BAM:977 BBD:052 BDT:050 BGN:975 BHD:048
        BIF:108 BMD:060 BND:096 BOB:068 BRL:986 BSD:044 BTN:064 BWP:072 BYN:933 BZD:084 CAD:124 CDF:976 CHF:756 CLP:152
        CNY:156 COP:170 CRC:188 CUP:192 CVE:132 CZK:203 DJF:262 DKK:208 DOP:214 DZD:012 EGP:818 ERN:232 ETB:230 EUR:978
        FJD:242 FKP:238 GBP:826 GEL:981 GHS:936 GIP:292 GMD:270 GNF:324 GTQ:320 GYD:328 HKD:344 HNL:340 HTG:332 HUF:348
        IDR:360 ILS:376 INR:356 IQD:368 IRR:364 ISK:352 JMD:388 JOD:400 JPY:392 KES:404 KGS:417 KHR:116 KMF:174 KPW:408
        KRW:410 KWD:414 KYD:136 KZT:398 LAK:418 LBP:422 LKR:144 LRD:430 LSL:426 LYD:434 MAD:504 MDL:498 MGA:969 MKD:807
        MMK:104 MNT:496 MOP:446 MRU:929 MUR:480 MVR:462 MWK:454 MXN:484 MYR:458 MZN:943 NAD:516 NGN:566 NIO:558 NOK:578
        NPR:524 NZD:554 OMR:512 PAB:590 PEN:604 PGK:598 PHP:608 PKR:586 PLN:985 PYG:600 QAR:634 RON:946 RSD:941 RUB:643
        RWF:646 SAR:682 SBD:090 SCR:690 SDG:938 SEK:752 SGD:702 SHP:654 SLE:925 SOS:706 SRD:968 SSP:728 STN:930 SVC:222
        SYP:760 SZL:748 THB:764 TJS:972 TMT:934 TND:788 TOP:776 TRY:949 TTD:780 TWD:901 TZS:834 UAH:980 UGX:800 USD:840
        UYU:858 UZS:860 VES:928 VND:704 VUV:548 WST:882 XAF:950 XCD:951 XOF:952 XPF:953 YER:886 ZAR:710 ZMW:967
        """.split()
    )
}
