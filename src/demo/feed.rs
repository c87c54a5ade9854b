//! The feed: articles written for the demo, some broken on purpose, embedded so that it runs from anywhere.

/// One article as it is published.
pub(super) struct Sample {
    /// Name of its file.
    pub(super) name: &'static str,
    pub(super) bytes: &'static [u8],
}

macro_rules! feed {
    ($($name:literal)*) => {
        &[$(Sample { name: $name, bytes: include_bytes!(concat!("../../demo/feed/", $name)) }),*]
    };
}

/// All of them, in the order in which they are sent.
#[rustfmt::skip]
pub(super) const FEED: &[Sample] = feed![
    "01-rice-stocks-mekong.json"
    "02-grain-silo-blast.txt"
    "03-film-prize-izmir.txt"
    "04-tallinn-nato-exercise.txt"
    "05-court-reef-saba.txt"
    "06-harbour-bribery-trial.json"
    "07-women-cup-final-comeback.txt"
    "08-cardiff-budget-one-vote.json"
    "09-flower-rules-brussels-nairobi.json"
    "10-desert-radio-burst.json"
    "11-marathon-wrong-turn.json"
    "12-swimmer-record-channel.json"
    "13-lake-plateau-ceasefire-talks.txt"
    "14-broken-cut-short.json"
    "15-quake-small-crete.txt"
    "16-school-bus-electric.json"
    "17-bees-night-lamps.json"
    "18-cyclone-vanuatu.txt"
    "19-measles-campaign-mindanao.json"
    "20-world-bank-traders-report.json"
    "21-broken-empty.txt"
    "22-cholera-well-malawi.json"
    "23-hospital-booking-outage.json"
    "24-airline-baggage-robot.json"
    "25-chip-startup-penang.txt"
    "26-snow-late-quebec.json"
    "27-central-bank-holds.json"
    "28-wolves-romania.txt"
    "29-museum-east-gallery.json"
    "30-bus-lane-bogota.json"
    "31-ferry-fare-lisbon.json"
    "32-poet-prize-refused.json"
    "33-ferry-fare-lisbon-corrected.json"
    "34-museum-kill.json"
    "35-broken-body-is-a-list.json"
    "36-obituary-steelpan-maker.json"
    "37-library-vote-ohio.json"
    "38-lagos-fashion-cooperative.json"
    "39-karawanken-tunnel-delay.json"
    "40-tamarind-foods-results.txt"
    "41-kharkiv-bakery-reopens.json"
    "42-broken-not-utf8.txt"
    "43-dengue-shot-delay.json"
    "44-antarctic-ice-core.txt"
    "45-moon-lander-startup.json"
    "46-mine-clearers-colombia.txt"
    "47-fraud-charity-london.txt"
    "48-port-strike-valparaiso.txt"
    "49-aviso-lluvias-oaxaca.json"
    "50-chess-girl-tashkent.json"
    "51-dolphins-river-gold.json"
    "52-nurses-migrate-fiji.json"
    "53-solar-grid-jordan.txt"
    "54-broken-blank.json"
    "55-broken-neither-title-nor-body.json"
    "56-school-meals-kerala.json"
    "57-hackers-return-archive-samoa.json"
    "58-telecom-profit-warning.txt"
    "59-mixed-review-opera.json"
    "60-lithium-village-portugal.json"
    "61-mangrove-kids-belize.json"
    "62-orgelbauer-thueringen.txt"
    "63-ferry-safety-report.txt"
];

#[cfg(test)]
mod tests {
    use super::*;

    /// An article that is written and not listed would never be shown.
    #[test]
    fn every_file_of_the_feed_is_sent() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("demo/feed");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .filter(|name| [".json", ".txt"].iter().any(|end| name.ends_with(end)))
            .collect();
        files.sort_unstable();
        let listed: Vec<_> = FEED.iter().map(|sample| sample.name).collect();
        assert_eq!(listed, files);
    }
}
