//! Quantities of Kubernetes: `500m`, `128Mi`, `1e3`.

use std::fmt;
use std::str::FromStr;

/// Parts of one that are told apart: a billionth.
const NANO: i128 = 1_000_000_000;
/// Longest text that is a quantity.
const MAX_LENGTH: usize = 64;

/// An amount of something, not negative.
///
/// ```
/// use pacto_operator::dashboard::Quantity;
/// let (a, b): (Quantity, Quantity) = ("0.5".parse().unwrap(), "500m".parse().unwrap());
/// assert!(a.is_same_as(&b) && a.to_string() == "0.5");
/// ```
#[derive(Debug, Clone)]
pub struct Quantity {
    text: String,
    nanos: i128,
}

/// Not a quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a quantity; write 250m, 0.5, 128Mi or 1Gi")]
pub struct QuantityError(String);

impl Quantity {
    /// Whether both are the same amount, however they are written.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }

    /// Whether this is more.
    pub fn is_more_than(&self, other: &Self) -> bool {
        self.nanos > other.nanos
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let nanos = (text.len() <= MAX_LENGTH).then(|| nanos(text)).flatten();
        let nanos = nanos.ok_or_else(|| QuantityError(text.chars().take(MAX_LENGTH).collect()))?;
        Ok(Self { text: text.to_owned(), nanos })
    }
}

/// The amount in billionths, rounded up as Kubernetes does.
fn nanos(text: &str) -> Option<i128> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let mut digits: i128 = 0;
    for digit in whole.bytes().chain(fraction.bytes()) {
        digits = digits.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
    }
    let (ten, two) = scale(suffix)?;
    let exponent = ten.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let digits = digits.checked_mul(NANO)?.checked_mul(1_i128.checked_shl(two)?)?;
    let power = 10_i128.checked_pow(exponent.unsigned_abs());
    if exponent >= 0 {
        return if digits == 0 { Some(0) } else { digits.checked_mul(power?) };
    }
    // A power too large to be counted leaves nothing but what is rounded up.
    Some(power.map_or(i128::from(digits > 0), |power| digits / power + i128::from(digits % power > 0)))
}

/// Powers of ten and of two.
fn scale(suffix: &str) -> Option<(i32, u32)> {
    Some(match suffix {
        "" => (0, 0),
        "n" => (-9, 0),
        "u" => (-6, 0),
        "m" => (-3, 0),
        "k" => (3, 0),
        "M" => (6, 0),
        "G" => (9, 0),
        "T" => (12, 0),
        "P" => (15, 0),
        "E" => (18, 0),
        "Ki" => (0, 10),
        "Mi" => (0, 20),
        "Gi" => (0, 30),
        "Ti" => (0, 40),
        "Pi" => (0, 50),
        "Ei" => (0, 60),
        exponent => {
            let digits = exponent.strip_prefix(['e', 'E'])?;
            let power: i32 = digits.parse().ok()?;
            ((-60..=60).contains(&power)).then_some((power, 0))?
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quantity(text: &str) -> Quantity {
        text.parse().unwrap()
    }

    #[test]
    fn amounts_are_the_same_however_they_are_written() {
        for (one, other) in [
            ("0.5", "500m"),
            ("1", "1000m"),
            (".5", "5e-1"),
            ("1.", "1"),
            ("1Gi", "1024Mi"),
            ("1k", "1e3"),
            ("1E", "1e18"),
            ("1000u", "1m"),
            ("+2", "2"),
            ("1E3", "1k"),
            ("0.1n", "1n"),
            ("0", "0Ei"),
            ("1.5Ki", "1536"),
        ] {
            assert!(quantity(one).is_same_as(&quantity(other)), "{one} {other}");
        }
        assert!(quantity("513Mi").is_more_than(&quantity("512Mi")));
        assert!(quantity("512Mi").is_more_than(&quantity("512M")));
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for wrong in [
            "",
            "-1",
            "m",
            ".",
            "1.2.3",
            "1 Gi",
            "1gb",
            "1K",
            "1mi",
            "0x10",
            "1e",
            "1e99",
            "ten",
            "1Ei0",
            "9".repeat(60).as_str(),
        ] {
            assert!(wrong.parse::<Quantity>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "[0-9.eEkKmMgGiu+-]{0,12}|\\PC{0,80}") {
            let _ = text.parse::<Quantity>();
        }

        #[test]
        fn a_thousandth_is_a_thousandth(number in 0_u32..) {
            let parse = |text: String| text.parse::<Quantity>().unwrap();
            let (whole, small) = (format!("{number}"), format!("{number}000m"));
            prop_assert!(parse(whole).is_same_as(&parse(small)));
            let kibi = u64::from(number) * 1024;
            let (large, small) = (format!("{number}Mi"), format!("{kibi}Ki"));
            prop_assert!(parse(large).is_same_as(&parse(small)));
        }
    }
}
