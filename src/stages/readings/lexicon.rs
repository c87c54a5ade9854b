//! Words of English, by what they say of a name beside them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Words to look up.
pub(super) type List = LazyLock<BTreeSet<&'static str>>;

/// Whether a list has a noun, in the singular or the plural.
pub(super) fn is_noun_of(word: &str, list: &List) -> bool {
    list.contains(word) || word.strip_suffix('s').is_some_and(|one| list.contains(one))
}

/// Words that are seldom used of anything but sports.
pub(super) static SPORT: List = LazyLock::new(|| {
    "batsman batsmen bowler championship coach cricket final football goal goalkeeper goals group-stage half-time \
     hockey innings kick-off league match midfielder olympic olympics penalties qualifier qualifiers \
     quarter-final quarterfinal rugby scored semi-final semifinal shootout soccer squad striker tennis tournament \
     wicket wickets"
        .split(' ')
        .collect()
});

/// Those of them that are said of other things as well; one alone is no sign of sports.
pub(super) static SPORT_TOO: List =
    LazyLock::new(|| "coach final goal goals league match penalties qualifier scored squad".split(' ').collect());

/// What else sports are written with.
pub(super) static SPORT_BESIDE: List = LazyLock::new(|| {
    "beat beaten beats captain champions cup defeated drew fans fixture game games host hosts lost medal minute minutes \
     play played player players plays qualified side stadium substitute supporters team teams title trophy win winner \
     winners wins won"
        .split(' ')
        .collect()
});

/// What follows a name without being described by it.
pub(super) static TIMES: List = LazyLock::new(|| {
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August \
     September October November December I Mr Mrs Ms He She late early last next today yesterday tomorrow this \
     that which who earlier later alone itself more most less such both same other own first second third"
        .split(' ')
        .collect()
});

/// Nouns that a name describes, and that are seldom verbs, beside those that the corpus shows as such.
pub(super) static DESCRIBED: List = LazyLock::new(|| {
    "academic account airline apartment art avenue ballet bar bookshop boutique branch brewery bridge bus cafe car carmaker \
     caravan casino cathedral chef church cinema client clinic coast college columnist communication concert consumer \
     correspondent counterpart courthouse courtroom curriculum customer dealer dealership depot dinner docks economist \
     employer energy equity exhibition experience export exporter factory fair farmer fashion fest festival film flat \
     fund gallery garage gig grocer grocery harbour harbor headquarters hedge heritage highway historian holiday \
     household housing humour hub hotel infrastructure insurance insurer investor jail journalist junior kitchen \
     landlord landmark library listing literature magazine magistrate maker management manufacturer marathon mansion \
     mechanic media metro mobile mortgage motorist motorway mosque museum newsroom nightclub novelist observatory office opera \
     orchestra outlet outpost park parent passport patient pension philharmonic pharmacy plant player poet port priest \
     producer property psychologist pub publisher publishing pupil railway researcher residence restaurant retail \
     retailer salon scholar school scientist shipper shipyard shop shopper showroom slum society sport store street \
     studio subsidiary suburb subway supermarket supplier surgeon symphony syndicate synagogue taxi taxpayer teacher \
     teenager temple tenant terminal theatre theater theology tourism tourist tradition traveller treasury tube tycoon \
     university vaccine venue vineyard viewer volunteer waterfront weather winery worker workshop writer youngster youth \
     zoo"
        .split(' ')
        .collect()
});

/// Forms of verbs that follow a name and look like no others.
pub(super) static VERBS: List = LazyLock::new(|| {
    "ate beat became began bore bought broke brought built came caught chose cut did drew fed fell felt fought found gave \
     got grew had held hit kept knew laid lay led left lent lost made meant met paid put ran rose said sank saw sent set \
     shot shut sold sought spent spoke stood struck swept took told understood went withdrew woke won wore wrote"
        .split(' ')
        .collect()
});

/// Words for a place that may stand right before its name: the capital Lima.
pub(super) static SORTS: List = LazyLock::new(|| {
    "capital city district enclave hamlet island neighborhood neighbourhood port province resort suburb town village"
        .split(' ')
        .collect()
});

/// What several places are called before some are named: cities such as Lima.
pub(super) static PLACES: List = LazyLock::new(|| {
    "area areas capital capitals city cities destination destinations district districts island islands location \
     locations place places port ports province provinces region regions resort resorts suburb suburbs town towns village \
     villages"
        .split(' ')
        .collect()
});

/// The same, of those that act as readily: countries such as Peru.
pub(super) static STATES: List = LazyLock::new(|| {
    "countries country economies economy market markets nation nations state states".split(' ').collect()
});

/// What somebody does to a place by coming, going or striking: it is the place.
pub(super) static DONE_TO_PLACES: List = LazyLock::new(|| {
    "battered crossed crossing depart departed devastated enter entered entering fled flee fleeing flees flooded hit \
     jolted lashed leave leaving leaves left pounded ravaged reach reached reaching rocked rocks shake shakes shook struck \
     swept tour toured touring visit visited visiting visits"
        .split(' ')
        .collect()
});

/// What lies between places and leads from one to the other.
pub(super) static WAYS: List = LazyLock::new(|| {
    "border bridge bus corridor distance ferry flight frontier highway journey line motorway pipeline railway road route \
     train trip tunnel"
        .split(' ')
        .collect()
});

/// What one has in somebody: trust in Moscow.
pub(super) static HELD_IN: List = LazyLock::new(|| {
    "belief confidence disappointment disillusion distrust faith hope interest mistrust pride trust"
        .split(' ')
        .collect()
});

/// What a place is, as the words after "is" name it: the scene of an attack.
pub(super) static PLACE_IS: List = LazyLock::new(|| {
    "archipelago capital city home island landlocked located peninsula port scene seat site situated town village"
        .split(' ')
        .collect()
});

/// Nouns for what only somebody with a will does or has.
pub(super) static ACTS: List = LazyLock::new(|| {
    "accession accusation action admission advance aggression agreement aid aim allegation ally allies ambition \
     announcement annexation answer appeal approach approval argument assault assertion assessment assurance \
     attack attempt attitude backing ban bid blockade bombardment bombing boycott call campaign ceasefire charge \
     claim commitment complaint concern concession condemnation consent cooperation counteroffensive crackdown \
     criticism decision defiance delegation demand denial deployment desire determination diplomacy dismissal \
     effort embargo endorsement enemies expulsion fear foe freeze goal handling help hostility incursion \
     initiative insistence intention interest interference intervention invasion invitation involvement killing \
     launch mediation mediator meddling move negotiator nuclear objection objective offensive offer onslaught \
     operation opposition order plan pledge policies policy position posture preference pressure promise proposal \
     protest pullout push raid rapprochement readiness reaction reassurance recognition refusal rejection \
     reluctance remark reply request requirement resistance resolve response restraint retaliation rhetoric role \
     sanction seizure shelling siege signature silence stance statement strategy strike strikes suggestion \
     supplies support surrender suspicion tactics test testing threat treatment troop ultimatum veto view visit \
     vow war warning willingness win victory defeat wish withdrawal word"
        .split(' ')
        .collect()
});

/// Nouns for what somebody wants or holds, so that whoever it is "of" has it: the strategy of Moscow. Many other acts are
/// done to what they are of: the siege of Leningrad.
pub(super) static WILLS: List = LazyLock::new(|| {
    "aim ambition consent decision defiance denial desire determination insistence intention interest objection offer \
     policies policy position posture readiness refusal reluctance response rhetoric silence stance strategies strategy \
     tactics view willingness wish"
        .split(' ')
        .collect()
});

/// What one has with, puts on or gets from somebody.
pub(super) static DEALINGS: List = LazyLock::new(|| {
    "accord accusation agreement aid alliance appeal approval armistice assistance assurance ceasefire \
     competition concession confrontation contact cooperation criticism deal demand dialogue disagreement dispute \
     embargo enmity feud friendship guarantee hostilities hostility loan loyalty mediation message negotiation \
     pact partnership permission pledge pressure promise relation relationship retaliation rift rivalry sanction \
     settlement signal stance standoff support tariff tension ties trade treaty truce trust ultimatum \
     understanding war warning"
        .split(' ')
        .collect()
});

/// The prepositions of dealings; an agreement *in* Moscow is made there.
pub(super) static DEALT_WITH: List =
    LazyLock::new(|| "with between against on from for to toward towards among by of over".split(' ').collect());

/// What comes down on a place.
pub(super) static ATTACKS: List = LazyLock::new(|| {
    "airstrike assault attack bomb bombardment bombing drone missile offensive raid rocket shell shelling strike \
     storm"
        .split(' ')
        .collect()
});

/// What may stand between a name and the word that governs it.
pub(super) static PREPOSITIONS: List = LazyLock::new(|| {
    "about above across after against along among amid around at before behind beneath beside between beyond by \
     despite during for from in inside into like near of off on onto outside over past since than through \
     throughout to toward towards under until upon via with within without as"
        .split(' ')
        .collect()
});

/// Those of the prepositions that begin a clause as well: as Moscow claimed.
pub(super) static CONJUNCTIONS: List = LazyLock::new(|| "after as before since than until".split(' ').collect());

/// What stands between a governing word and its preposition without governing.
pub(super) static DETERMINERS: List = LazyLock::new(|| {
    "the a an this that these those its his her their our my your 's ’s own both all some any and or ,"
        .split(' ')
        .collect()
});

/// What says which part of a place is meant, or which of several.
pub(super) static QUALIFIERS: List = LazyLock::new(|| {
    "the The northern southern eastern western central Northern Southern Eastern Western Central northwestern \
     northeastern southwestern southeastern north-western north-eastern south-western south-eastern both downtown \
     nearby neighboring neighbouring mainland rural upstate"
        .split(' ')
        .collect()
});

/// Words between a subject and its verb.
pub(super) static HELPERS: List = LazyLock::new(|| {
    "has have had is was are were be been being will would may might could should can must shall do does did not \
     n't n’t never also still already now again recently often ever just once soon long since yet itself quickly \
     later repeatedly reportedly always only first initially then formally publicly finally currently immediately"
        .split(' ')
        .collect()
});
