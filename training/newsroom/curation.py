"""One policy for what a name is, laid over corpora that disagree.

A title or a role is no part of a name ("President", "Secretary of State"), a pronoun is no name, and a word that only
says where somebody comes from or what they believe ("Russian", "Europeans", "Republicans") is none either.  A leading
article and a closing possessive stand outside.
"""

from __future__ import annotations

PRONOUNS = frozenset(
    "i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers "
    "herself it its itself they them their theirs themselves who whom whose which that this these those someone "
    "everyone anyone one".split()
)

# Words that name a post or an address; they end a role ("Prime Minister") or stand before a name ("Mr. Smith").
ROLE_HEADS = frozenset(
    "mr mrs ms miss mx dr prof professor doctor sir dame lord lady president vice-president premier chancellor minister "
    "secretary undersecretary chairman chairwoman chairperson chair ceo cfo coo director governor gov mayor senator sen "
    "representative rep congressman congresswoman lawmaker mp deputy ambassador envoy commissioner commander general gen "
    "colonel col major maj captain capt lieutenant lt sergeant sgt corporal cpl admiral adm brigadier marshal judge "
    "justice attorney prosecutor lawyer spokesman spokeswoman spokesperson leader chief head coach manager officer "
    "inspector superintendent detective king queen prince princess emperor pope bishop archbishop cardinal rev reverend "
    "father sister rabbi ayatollah pastor correspondent reporter editor analyst economist author actor actress singer "
    "director-general secretary-general councillor councilman alderman speaker treasurer adviser advisor aide pm cmdr "
    "hon pres gen. supt insp brig tsar sultan emir founder co-founder chancellor fm".split()
)

# Words that stand inside a role before or after its head, and are no role by themselves.
ROLE_PARTS = frozenset(
    "prime vice deputy foreign interior defence defense finance justice home state general chief executive attorney "
    "former acting assistant under senior junior lead national army navy police military political opposition house "
    "senate union party press white federal special supreme first second affairs health education energy trade oil "
    "commerce treasury agriculture transport transportation labor labour information environment security elect "
    "external internal economic managing major lieutenant staff sergeant ex of for the and - –".split()
)

# Titles that are surnames as well: a span of such a word alone is left as it is.
ALSO_SURNAMES = frozenset(
    "king prince pope bishop cardinal judge marshal major dean father sister sir lord page head chief justice".split()
)

_INSTITUTIONS = frozenset(
    "office ministry secretariat department council cabinet committee commission university school college company "
    "bank house court association institute agency bureau corps police army party union".split()
)

_DEMONYM_STEMS = (
    "Afghan Albanian Algerian American Andorran Angolan Argentine Argentinian Armenian Australian Austrian Azerbaijani "
    "Azeri Bahamian Bahraini Bangladeshi Barbadian Basque Belarusian Belarussian Belgian Belizean Beninese Bhutanese "
    "Bolivian Bosnian Botswanan Brazilian Briton British Bruneian Bulgarian Burkinabe Burmese Burundian Cambodian "
    "Cameroonian Canadian Catalan Chadian Chechen Chilean Chinese Colombian Comorian Congolese Cornish Corsican Croat "
    "Croatian Cuban Cypriot Czech Czechoslovak Dane Danish Djiboutian Dominican Dutch Ecuadorean Ecuadorian Egyptian "
    "Emirati English Englishman Eritrean Estonian Ethiopian Fijian Filipino Finn Finnish French Frenchman Gabonese "
    "Gambian Georgian German Ghanaian Greek Grenadian Guatemalan Guinean Guyanese Haitian Hispanic Honduran Hungarian "
    "Icelander Icelandic Indian Indonesian Iranian Iraqi Irish Irishman Israeli Italian Ivorian Jamaican Japanese "
    "Jordanian Kashmiri Kazakh Kazakhstani Kenyan Korean Kosovar Kurd Kurdish Kuwaiti Kyrgyz Lao Laotian Latino Latvian "
    "Lebanese Liberian Libyan Lithuanian Macedonian Malagasy Malawian Malay Malaysian Maldivian Malian Maltese "
    "Mauritanian Mauritian Mexican Moldovan Mongolian Montenegrin Moroccan Mozambican Namibian Nepalese Nepali "
    "Nicaraguan Nigerian Nigerien Norwegian Omani Pakistani Palestinian Panamanian Paraguayan Pashtun Persian Peruvian "
    "Pole Polish Portuguese Qatari Romanian Roma Russian Rwandan Salvadoran Samoan Saudi Scot Scottish Senegalese Serb "
    "Serbian Sicilian Singaporean Slovak Slovakian Slovene Slovenian Somali Soviet Spaniard Spanish Sudanese Surinamese "
    "Swede Swedish Swiss Syrian Taiwanese Tajik Tamil Tanzanian Thai Tibetan Togolese Tongan Trinidadian Tunisian Turk "
    "Turkish Turkmen Ugandan Uighur Uyghur Ukrainian Uruguayan Uzbek Venezuelan Vietnamese Welsh Yemeni Yugoslav Zambian "
    "Zimbabwean Zulu Hausa Yoruba Igbo Hutu Tutsi Maori African European Asian Arab Arabic Arabian Latin Caribbean "
    "Scandinavian Balkan Western Eastern Northern Southern Californian Texan Parisian Londoner Roman Byzantine Ottoman "
    "Muslim Islamic Islamist Christian Jew Jewish Judaism Islam Christianity Catholic Protestant Orthodox Anglican Sunni "
    "Shia Shiite Hindu Buddhist Sikh Alawite Druze Yazidi Zionist Communist Socialist Marxist Nazi Fascist Republican "
    "Democrat Democratic Liberal Conservative Tory Tories Labourite Bolshevik Jihadist Salafist GOPer"
).split()
DEMONYMS = frozenset(_DEMONYM_STEMS) | {stem + "s" for stem in _DEMONYM_STEMS}

_ARTICLES = frozenset(("the", "a", "an"))
_NAMES_WITH_ARTICLE = frozenset(("Hague", "Gambia", "Bahamas"))
_POSSESSIVES = frozenset(("'s", "’s", "'", "’", "'S", "’S"))
_EDGES = frozenset("\"“”‘'`’,.;:()[]-–—#@")
_CONNECTORS = frozenset(("of", "for", "the", "and", "-", "–"))


def curate(words: list[str], start: int, end: int, kind: str) -> tuple[int, int] | None:
    """Returns the part of the span ``[start, end)`` of ``kind`` that is a name by the policy, or ``None``."""
    start, end = _trim_edges(words, start, end)
    if start == end:
        return None
    if kind == "PER":
        start = _after_role(words, start, end)
        start, end = _trim_edges(words, start, end)
        if start == end:
            return None
    name = words[start:end]
    if len(name) == 1 and (name[0].lower() in PRONOUNS - {"us"} or name[0] in ("us", "Us")):
        return None
    if all(word in DEMONYMS or word in ("-", "and") for word in name):
        return None
    if kind == "ORG" and _is_post(name):
        return None
    return start, end


def _trim_edges(words: list[str], start: int, end: int) -> tuple[int, int]:
    changed = True
    while changed and start < end:
        changed = False
        if words[start].lower() in _ARTICLES and not (
            words[start] == "The" and start + 1 < end and words[start + 1] in _NAMES_WITH_ARTICLE
        ):
            start, changed = start + 1, True
        elif words[start] in _EDGES or words[start] in _POSSESSIVES:
            start, changed = start + 1, True
        elif words[end - 1] in _EDGES or words[end - 1] in _POSSESSIVES:
            end, changed = end - 1, True
    return start, end


def _after_role(words: list[str], start: int, end: int) -> int:
    """Where the name begins in a span of a person: after the last head of the role that leads it."""
    name = start
    for index in range(start, end):
        word = words[index].lower().rstrip(".")
        in_role = word in ROLE_PARTS and word not in _CONNECTORS and name > start
        if word in ROLE_HEADS or (in_role and words[index - 1] in ("of", "for", "-")):
            name = index + 1
        elif word not in ROLE_PARTS and words[index] not in DEMONYMS:
            break
    if name == end and end - start == 1 and words[start].lower() in ALSO_SURNAMES:
        return start
    if name > start and name < end and words[name] in _CONNECTORS:
        # "Minister for the Middle East": a role to its end.
        return end
    return name


def _is_post(name: list[str]) -> bool:
    lowered = [word.lower().rstrip(".") for word in name]
    if any(word in _INSTITUTIONS for word in lowered):
        return False
    first = next((word for word in lowered if word not in ROLE_PARTS), "")
    return first in ROLE_HEADS and (lowered[-1] in ROLE_HEADS | ROLE_PARTS or "of" in lowered or len(lowered) == 1)
