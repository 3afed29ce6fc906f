//! Exact numbers: fractions of whole numbers. Decimals of JSON are what they say.

use std::cmp::Ordering;

use serde_json::{Number, Value};

/// A fraction in lowest terms; the lower part is above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Exact {
    upper: i128,
    lower: i128,
}

/// Longest run of digits that is taken, and largest exponent.
const MAX_DIGITS: usize = 30;
const MAX_EXPONENT: i32 = 30;

fn greatest_common(left: i128, right: i128) -> i128 {
    let (mut left, mut right) = (left.unsigned_abs(), right.unsigned_abs());
    while right != 0 {
        (left, right) = (right, left % right);
    }
    i128::try_from(left).unwrap_or(1).max(1)
}

impl Exact {
    /// A whole number.
    pub fn whole(value: i128) -> Self {
        Self { upper: value, lower: 1 }
    }

    /// A fraction; `None` where it is too large, or divided by zero.
    pub fn new(upper: i128, lower: i128) -> Option<Self> {
        if lower == 0 {
            return None;
        }
        let common = greatest_common(upper, lower);
        let sign = if lower < 0 { -1 } else { 1 };
        Some(Self { upper: (upper / common).checked_mul(sign)?, lower: (lower / common).checked_mul(sign)? })
    }

    /// A number as it is written.
    pub fn read(number: &Number) -> Option<Self> {
        let text = number.to_string();
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text.as_str(), 0),
        };
        let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if before.len() + after.len() > MAX_DIGITS || exponent.abs() > MAX_EXPONENT {
            return None;
        }
        let digits: i128 = format!("{before}{after}").parse().ok()?;
        let exponent = exponent - i32::try_from(after.len()).ok()?;
        let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
        if exponent >= 0 { Self::new(digits.checked_mul(power)?, 1) } else { Self::new(digits, power) }
    }

    /// As JSON: whole numbers without a fraction, others as a decimal where that is short.
    pub fn to_value(self) -> Option<Value> {
        if self.lower == 1 {
            let small = i64::try_from(self.upper).map(Value::from);
            return small.or_else(|_| u64::try_from(self.upper).map(Value::from)).ok();
        }
        #[expect(clippy::cast_precision_loss, reason = "checked below")]
        let near = self.upper as f64 / self.lower as f64;
        let number = Number::from_f64(near)?;
        // What is written must be what is meant.
        (Self::read(&number) == Some(self)).then_some(Value::Number(number))
    }

    pub fn is_whole(self) -> bool {
        self.lower == 1
    }

    pub fn is_zero(self) -> bool {
        self.upper == 0
    }

    pub fn magnitude(self) -> Option<Self> {
        Some(Self { upper: self.upper.checked_abs()?, lower: self.lower })
    }

    pub fn add(self, other: Self) -> Option<Self> {
        let left = self.upper.checked_mul(other.lower)?;
        let right = other.upper.checked_mul(self.lower)?;
        Self::new(left.checked_add(right)?, self.lower.checked_mul(other.lower)?)
    }

    pub fn multiply(self, other: Self) -> Option<Self> {
        Self::new(self.upper.checked_mul(other.upper)?, self.lower.checked_mul(other.lower)?)
    }

    pub fn divide(self, other: Self) -> Option<Self> {
        Self::new(self.upper.checked_mul(other.lower)?, self.lower.checked_mul(other.upper)?)
    }

    /// The largest whole number that is not above.
    pub fn floor(self) -> i128 {
        self.upper.div_euclid(self.lower)
    }

    /// Whether it is a multiple of another one, which is not zero.
    pub fn is_multiple_of(self, other: Self) -> Option<bool> {
        self.divide(other).map(Self::is_whole)
    }

    /// The smallest number above zero of which both are divisors.
    pub fn common_multiple(self, other: Self) -> Option<Self> {
        // lcm(a/b, c/d) = lcm(a, c) / gcd(b, d)
        let (left, right) = (self.magnitude()?, other.magnitude()?);
        let common = greatest_common(left.upper, right.upper);
        Self::new((left.upper / common).checked_mul(right.upper)?, greatest_common(left.lower, right.lower))
    }

    pub fn compare(self, other: Self) -> Option<Ordering> {
        Some(self.upper.checked_mul(other.lower)?.cmp(&other.upper.checked_mul(self.lower)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> Exact {
        Exact::read(&serde_json::from_str(text).unwrap()).unwrap()
    }

    #[test]
    fn decimals_are_what_they_say() {
        assert_eq!(exact("0.1").add(exact("0.2")).unwrap(), exact("0.3"));
        assert_eq!(exact("4.5").is_multiple_of(exact("1.5")), Some(true));
        assert_eq!(exact("0.0075").is_multiple_of(exact("0.0001")), Some(true));
        assert_eq!(exact("1e2"), Exact::whole(100));
        assert_eq!(exact("-0.5").floor(), -1);
        assert_eq!(exact("0.6").common_multiple(exact("0.4")).unwrap(), exact("1.2"));
        assert_eq!(exact("0.5").to_value().unwrap().to_string(), "0.5");
        assert_eq!(Exact::new(1, 3).unwrap().to_value(), None);
        assert_eq!(Exact::read(&serde_json::from_str("1e300").unwrap()), None);
    }
}
