//! `e^x` for `f32` from additions and multiplications alone: the compiler turns loops over it into vector code, and
//! every machine gives the same bits, which the mathematical library of the operating system does not promise.

/// `e^x`, within 2 units in the last place for -87 ≤ x ≤ 88; beyond, the value at the limit. `NaN` stays `NaN`.
///
/// Range reduction `x = n·ln 2 + r`, |r| ≤ ln 2 / 2, with ln 2 in two parts (Cody and Waite 1980, chapter 6), and the
/// Taylor polynomial of degree 7 in r, whose remainder is below 2⁻²⁶.
#[inline]
pub(crate) fn exp(x: f32) -> f32 {
    const SHIFT: f32 = 12_582_912.0; // 1.5·2²³: adding it rounds to an integer in the low bits
    const LN2_HIGH: f32 = 0.693_359_4; // 355/512, exact in 9 bits
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + SHIFT;
    let n = shifted - SHIFT;
    let r = (x - n * LN2_HIGH) - n * LN2_LOW;
    let p = 1.0 / 5040.0;
    let p = p * r + 1.0 / 720.0;
    let p = p * r + 1.0 / 120.0;
    let p = p * r + 1.0 / 24.0;
    let p = p * r + 1.0 / 6.0;
    let p = p * r + 0.5;
    let p = p * r + 1.0;
    let p = p * r + 1.0;
    // 2ⁿ by its exponent bits; the low bits of `shifted` hold n.
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    p * power
}

#[cfg(test)]
mod tests {
    use super::exp;

    #[test]
    fn it_is_within_two_units_in_the_last_place() {
        for step in 0..349_900 {
            let x = -87.0 + step as f32 * 5e-4;
            let exact = f64::from(x).exp();
            let error = ((f64::from(exp(x)) - exact) / exact).abs();
            assert!(error < 2.0 * f64::from(f32::EPSILON), "e^{x}: {error}");
        }
        assert_eq!(exp(0.0).to_bits(), 1.0f32.to_bits());
    }

    #[test]
    fn beyond_its_range_it_stays_at_the_limit() {
        assert_eq!(exp(1_000.0).to_bits(), exp(88.0).to_bits());
        assert_eq!(exp(f32::NEG_INFINITY).to_bits(), exp(-87.0).to_bits());
        assert!(exp(f32::NAN).is_nan());
    }
}
