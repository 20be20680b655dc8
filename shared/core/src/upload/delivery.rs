//! Where what an upload becomes goes while it is made: in flow the bytes of a part or of the refused rows, out they go to
//! whoever opened it. Never knows what they mean.
use crate::table::Table;
use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// One of the things that an upload becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Output {
    /// The rows of a table, as sorted Parquet.
    Part(Table),
    /// The refused rows, as CSV.
    Rejected,
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Output::Part(table) => write!(f, "part of {table}"),
            Output::Rejected => f.write_str("file of refused rows"),
        }
    }
}

/// Takes what an upload becomes.
pub trait Delivery: Sync {
    /// Begins an output, over one of the same kind that was begun before.
    ///
    /// # Errors
    /// Where none can be begun.
    fn begin(&self, output: Output) -> io::Result<Box<dyn Outgoing>>;
}

/// An output that is being written.
pub trait Outgoing: Write + Send {
    /// Nothing more of it comes. One that is dropped without this never was.
    ///
    /// # Errors
    /// Where the rest of it cannot be written.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// Files of a folder.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder `path`, which must be there.
    pub fn new(path: impl Into<PathBuf>) -> Folder {
        Folder { path: path.into() }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file of an output.
    pub fn file(&self, output: Output) -> PathBuf {
        match output {
            Output::Part(table) => self.path.join(format!("{table}.parquet")),
            Output::Rejected => self.path.join("rejected.csv"),
        }
    }
}

impl Delivery for Folder {
    fn begin(&self, output: Output) -> io::Result<Box<dyn Outgoing>> {
        Ok(Box::new(BufWriter::with_capacity(1 << 18, File::create(self.file(output))?)))
    }
}

impl Outgoing for BufWriter<File> {
    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.flush()
    }
}
