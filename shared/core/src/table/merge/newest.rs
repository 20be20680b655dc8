//! Which upload has the last word on a transaction id. In flow the ids of all parts, in any order; out flows an answer
//! for each row, at any later time and for any range of buckets: an order may have changed its customer between two
//! exports, so this can only be known over all buckets.
use super::Erased;
use super::order::{Eraser, UploadRank, rank_at};
use crate::table::columns::{ProvenanceColumns, text_at};
use crate::table::{Table, TableError};
use arrow::array::{Array, RecordBatch, StringArray};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

/// The columns that [`NewestBuilder::observe`] needs of a part of transactions.
pub const OBSERVED_COLUMNS: [&str; 5] = ["customer_id", "transaction_id", "source_id", "line", "uploaded_at"];

/// An upload's identity: uploaded at, source id.
type Upload = (i64, String);

/// Gathers the ids of each upload: 8 bytes an order.
#[derive(Debug, Default)]
pub struct NewestBuilder {
    ids: HashMap<Upload, Vec<u64>>,
}

impl NewestBuilder {
    /// Takes in a batch with at least [`OBSERVED_COLUMNS`].
    ///
    /// # Errors
    /// A batch without one of the columns.
    pub fn observe(&mut self, batch: &RecordBatch, erased: &Erased) -> Result<(), TableError> {
        let missing = |name: &str| TableError::Column { table: Table::Transactions, column: name.to_owned() };
        let text = |name: &str| {
            batch
                .column_by_name(name)
                .and_then(|column| column.as_any().downcast_ref::<StringArray>())
                .ok_or_else(|| missing(name))
        };
        let (customers, ids) = (text("customer_id")?, text("transaction_id")?);
        let provenance = ProvenanceColumns::of(Table::Transactions, batch)?;
        let mut eraser = Eraser::new(erased);
        let mut current: Option<(UploadRank<'_>, Vec<u64>)> = None;
        for row in 0..batch.num_rows() {
            let Some(id) = text_at(ids, row) else { continue };
            if eraser.holds(customers, row) {
                continue;
            }
            let rank = rank_at(&provenance, row);
            match &mut current {
                Some((known, hashes)) if *known == rank => push(hashes, hash(id)),
                _ => {
                    if let Some((known, hashes)) = current.replace((rank, vec![hash(id)])) {
                        self.keep(known, hashes);
                    }
                }
            }
        }
        if let Some((known, hashes)) = current {
            self.keep(known, hashes);
        }
        Ok(())
    }

    fn keep(&mut self, rank: UploadRank<'_>, hashes: Vec<u64>) {
        self.ids.entry((rank.uploaded_at, rank.source_id.to_owned())).or_default().extend(hashes);
    }

    /// Decides on every id that more than one upload has.
    pub fn build(self) -> Newest {
        let mut uploads: Vec<(Upload, Vec<u64>)> = self.ids.into_iter().collect();
        if uploads.len() < 2 {
            return Newest::default();
        }
        uploads.sort_unstable_by(|left, right| right.0.cmp(&left.0));
        let mut claims: Vec<(u64, u32)> = Vec::with_capacity(uploads.iter().map(|(_, ids)| ids.len()).sum());
        for (place, (_, ids)) in uploads.iter_mut().enumerate() {
            ids.sort_unstable();
            ids.dedup();
            claims.extend(ids.drain(..).map(|id| (id, place as u32)));
        }
        claims.sort_unstable();
        let mut contested = HashMap::with_hasher(AlreadyHashed);
        for pair in claims.windows(2) {
            if pair[0].0 == pair[1].0 {
                contested.entry(pair[0].0).or_insert(pair[0].1);
            }
        }
        Newest { uploads: uploads.into_iter().map(|(upload, _)| upload).collect(), contested }
    }
}

/// The newest upload of every id that several uploads have.
#[derive(Debug, Default)]
pub struct Newest {
    /// Newest first.
    uploads: Vec<Upload>,
    contested: HashMap<u64, u32, AlreadyHashed>,
}

impl Newest {
    /// Does a newer upload than `rank` have this id?
    pub(super) fn supersedes(&self, id: &str, rank: UploadRank<'_>) -> bool {
        if self.contested.is_empty() {
            return false;
        }
        let Some(place) = self.contested.get(&hash(id)) else { return false };
        let (uploaded_at, source_id) = &self.uploads[*place as usize];
        UploadRank { uploaded_at: *uploaded_at, source_id } != rank
    }
}

/// Lines of one order follow each other: most doubles are dropped at once.
fn push(hashes: &mut Vec<u64>, hash: u64) {
    if hashes.last() != Some(&hash) {
        hashes.push(hash);
    }
}

/// FNV-1a with a final mix. 64 bits collide among ten million ids with a probability of about three in a million.
fn hash(id: &str) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for byte in id.bytes() {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    state ^= state >> 32;
    state = state.wrapping_mul(0xd6e8_feb8_6659_fd93);
    state ^ (state >> 32)
}

/// The keys are hashes: they need not be hashed again.
#[derive(Clone, Copy, Debug, Default)]
struct AlreadyHashed;

impl BuildHasher for AlreadyHashed {
    type Hasher = Identity;
    fn build_hasher(&self) -> Identity {
        Identity(0)
    }
}

#[derive(Clone, Copy, Debug)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}
