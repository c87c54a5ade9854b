//! The legal forms of firms: what stands behind their names.

/// As they are written, without dots and strokes.
const FORMS: [&str; 35] = [
    "AB", "AG", "AS", "ASA", "BV", "Bhd", "CORP", "Corp", "GMBH", "GmbH", "INC", "Inc", "JSC", "KG", "KGaA", "KK",
    "LLC", "LLP", "LTD", "Ltd", "Ltda", "NV", "OAO", "Oyj", "PJSC", "PLC", "Plc", "SA", "SARL", "SAS", "SE", "SRL",
    "SpA", "Tbk", "plc",
];

/// Whether a word is a legal form: Inc., S.A., A/S. "Sá" and "Spa" are none.
pub fn is_form(word: &str) -> bool {
    let bare: String = word.chars().filter(|c| !matches!(c, '.' | '/')).collect();
    FORMS.contains(&bare.as_str())
}

/// A name without the legal form at its end: Borealis Inc. and Borealis, Inc. are Borealis.
pub fn without_form(name: &str) -> &str {
    match name.rsplit_once(char::is_whitespace) {
        Some((bare, form)) if is_form(form) => bare.trim_end_matches(|c: char| c == ',' || c.is_whitespace()),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_from_surnames_and_towns() {
        for (name, bare) in [
            ("Borealis Inc.", "Borealis"),
            ("Borealis, Inc", "Borealis"),
            ("Cereales del Litoral S.A.", "Cereales del Litoral"),
            ("Larkspur S.p.A.", "Larkspur"),
            ("Borealis A/S", "Borealis"),
            ("Borealis Plc", "Borealis"),
            ("Borealis GmbH", "Borealis"),
            ("Ricardo Sá", "Ricardo Sá"),
            ("Leamington Spa", "Leamington Spa"),
            ("Inc", "Inc"),
        ] {
            assert_eq!(without_form(name), bare);
        }
    }
}
