//! Signs that cells are searched for. In flows a text; out flows which of them it has. Most texts are short and have none:
//! one pass over them costs less than calling searches that are made for long texts.

/// What must stand in quotes in CSV (RFC 4180).
pub(crate) const QUOTED: u8 = 1;
/// An at sign.
pub(crate) const AT: u8 = 2;
/// The first byte of what stands for an at sign, that of the full-width ones, too.
pub(crate) const DISGUISED: u8 = 4;

const SIGNS: [u8; 256] = {
    let mut signs = [0; 256];
    signs[b'\n' as usize] = QUOTED;
    signs[b'\r' as usize] = QUOTED;
    signs[b',' as usize] = QUOTED;
    signs[b'"' as usize] = QUOTED;
    signs[b'@' as usize] = AT;
    signs[b'%' as usize] = DISGUISED;
    signs[b'(' as usize] = DISGUISED;
    signs[b'[' as usize] = DISGUISED;
    signs[0xef] = DISGUISED;
    signs
};

/// All that the text has, together.
pub(crate) fn signs_in(text: &str) -> u8 {
    text.bytes().fold(0, |found, byte| found | SIGNS[usize::from(byte)])
}
