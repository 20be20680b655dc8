//! JSON as bytes: in flows text, out flow the bytes of one value after the other. Knows where a value ends, and not
//! whether what stands in it is JSON: `serde_json` says that, of one object at a time.
//!
//! By hand, since parsers of streams (`serde_json::StreamDeserializer`, struson) end with the first fault: a torn object
//! would cost all behind it, as would a stray byte that is no UTF-8, or `NaN`. What finds where a value ends is `Extent`,
//! forty lines.
use memchr::{memchr_iter, memchr2, memrchr};
use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

/// How many bytes one object may have.
pub(super) const OBJECT_BYTES: u64 = 64 << 20;
/// How many bytes are read at once.
const STEP: usize = 1 << 16;

/// Text that is read value by value, or line by line.
pub(super) struct Text {
    /// What was given back, and what was not read yet.
    input: Chain<Cursor<Vec<u8>>, BufReader<Box<dyn Read + Send>>>,
    /// The line that is read, counted from 1.
    pub(super) line: u64,
    /// How much white space stands before the next byte on its line, where nothing else does; of commas as well.
    pub(super) indent: Option<usize>,
}

impl Text {
    pub(super) fn new(input: Box<dyn Read + Send>) -> Text {
        let input = Cursor::new(Vec::new()).chain(BufReader::with_capacity(STEP, input));
        Text { input, line: 1, indent: Some(0) }
    }

    /// The next byte that says something; commas say nothing.
    pub(super) fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                return Ok(None);
            }
            let skipped = buffer.iter().take_while(|byte| is_blank(**byte)).count();
            let byte = buffer.get(skipped).copied();
            self.line += memchr_iter(b'\n', &buffer[..skipped]).count() as u64;
            self.indent = match memrchr(b'\n', &buffer[..skipped]) {
                Some(place) => Some(skipped - place - 1),
                None => self.indent.map(|before| before + skipped),
            };
            self.input.consume(skipped);
            if byte.is_some() {
                return Ok(byte);
            }
        }
    }

    /// Goes on behind `byte`, where it comes next.
    pub(super) fn accept(&mut self, byte: u8) -> io::Result<bool> {
        let comes = self.peek()? == Some(byte);
        if comes {
            self.input.consume(1);
            self.indent = None;
        }
        Ok(comes)
    }

    /// The name of the next member of an object, behind which its value stands; `None` at the object's end.
    pub(super) fn member(&mut self) -> io::Result<Option<String>> {
        if self.accept(b'}')? {
            return Ok(None);
        }
        let mut name = Vec::new();
        if self.peek()? == Some(b'"') {
            self.value(&mut name)?;
        }
        let name = serde_json::from_slice(&name).map_err(|_| self.unexpected("the name of a member"))?;
        if !self.accept(b':')? {
            return Err(self.unexpected("a colon"));
        }
        Ok(Some(name))
    }

    /// A fault of the text that is read now.
    pub(super) fn unexpected(&self, expected: &str) -> io::Error {
        let reason = format!("{expected} was expected on line {}", self.line);
        io::Error::new(io::ErrorKind::InvalidData, reason)
    }

    /// Appends the next value to `kept`.
    pub(super) fn value(&mut self, kept: &mut Vec<u8>) -> io::Result<()> {
        self.value_within(OBJECT_BYTES, kept)
    }

    /// The same, of `most` bytes: a fault that it is too large comes with more than those.
    pub(super) fn value_within(&mut self, most: u64, kept: &mut Vec<u8>) -> io::Result<()> {
        self.peek()?;
        self.pass(Extent::default(), |bytes| {
            kept.extend_from_slice(bytes);
            if kept.len() as u64 <= most { Ok(()) } else { Err(too_large()) }
        })
    }

    /// Goes on behind the next value, or behind the end of an array within which the text is; how many bytes it had.
    pub(super) fn skip(&mut self, in_array: bool) -> io::Result<u64> {
        self.peek()?;
        let mut length = 0;
        self.pass(Extent { depth: u32::from(in_array), ..Extent::default() }, |bytes| {
            length += bytes.len() as u64;
            Ok(())
        })?;
        Ok(length)
    }

    fn pass(&mut self, mut extent: Extent, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let began = self.line;
        self.indent = None;
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                let reason = format!("it ends within the value that begins on line {began}");
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, reason));
            }
            // What was given back comes as a whole.
            let (length, ended) = extent.take(&buffer[..buffer.len().min(STEP)]);
            let taken = take(&buffer[..length]);
            self.line += memchr_iter(b'\n', &buffer[..length]).count() as u64;
            self.input.consume(length);
            taken?;
            if ended {
                return Ok(());
            }
        }
    }

    /// Gives back what was read last, before which so much white space stands on its line: it is read again.
    pub(super) fn give_back(&mut self, mut bytes: Vec<u8>, indent: Option<usize>) {
        self.line -= memchr_iter(b'\n', &bytes).count() as u64;
        self.indent = indent;
        let before = self.input.get_mut().0;
        let (read, rest) = before.get_ref().split_at(before.position() as usize);
        if !rest.is_empty() && read.ends_with(&bytes) {
            before.set_position((read.len() - bytes.len()) as u64);
            return;
        }
        bytes.extend_from_slice(rest);
        let nothing = Cursor::new(Vec::new()).chain(BufReader::with_capacity(1, Box::new(io::empty()) as _));
        let (_, behind) = std::mem::replace(&mut self.input, nothing).into_inner();
        self.input = Cursor::new(bytes).chain(behind);
    }

    /// Reads the next line into `kept`, without its end; `false` behind the last.
    pub(super) fn line(&mut self, kept: &mut Vec<u8>) -> io::Result<bool> {
        kept.clear();
        self.input.by_ref().take(OBJECT_BYTES + 1).read_until(b'\n', kept)?;
        if kept.len() as u64 > OBJECT_BYTES {
            return Err(too_large());
        }
        if kept.is_empty() {
            return Ok(false);
        }
        if kept.last() == Some(&b'\n') {
            kept.pop();
        }
        self.line += 1;
        Ok(true)
    }
}

/// Does the byte say nothing between values?
pub(super) fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b','
}

fn too_large() -> io::Error {
    let reason =
        format!("one JSON object is larger than {} MiB; write one object a line, or an array", OBJECT_BYTES >> 20);
    io::Error::new(io::ErrorKind::FileTooLarge, reason)
}

/// Bytes as text: what is no UTF-8 is read as Windows-1252, and `true` then.
pub(super) fn decoded(bytes: Vec<u8>) -> (String, bool) {
    match String::from_utf8(bytes) {
        Ok(text) => (text, false),
        Err(fault) => (encoding_rs::WINDOWS_1252.decode_without_bom_handling(fault.as_bytes()).0.into_owned(), true),
    }
}

/// How far the value reaches that `text` begins with; `None` where it does not end.
pub(super) fn extent_of(text: &str) -> Option<usize> {
    let (length, ended) = Extent::default().take(text.as_bytes());
    ended.then_some(length)
}

/// Where in a value the bytes have led so far.
#[derive(Default)]
struct Extent {
    depth: u32,
    in_string: bool,
    escaped: bool,
}

impl Extent {
    /// How many of the next bytes belong to the value, and whether it ends with them.
    fn take(&mut self, bytes: &[u8]) -> (usize, bool) {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.escaped {
                self.escaped = false;
            } else if self.in_string {
                let Some(place) = memchr2(b'"', b'\\', &bytes[at..]) else { return (bytes.len(), false) };
                at += place;
                self.escaped = bytes[at] == b'\\';
                self.in_string = self.escaped;
                if !self.in_string && self.depth == 0 {
                    return (at + 1, true);
                }
            } else {
                match byte {
                    b'"' => self.in_string = true,
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' if self.depth > 1 => self.depth -= 1,
                    b'}' | b']' => return (at + usize::from(self.depth == 1), true),
                    b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => return (at, true),
                    _ => {}
                }
            }
            at += 1;
        }
        (at, false)
    }
}
