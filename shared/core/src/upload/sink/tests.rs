//! Parts do not show how many ranges their rows waited in.
use super::*;
use crate::table::Table;
use crate::table::read::{PartReader, bucket_range_of};
use crate::table::row::Customer;
use crate::upload::delivery::Folder;
use crate::upload::out::{Buckets, Out};
use crate::upload::part_row::CustomerRows;
use crate::upload::spill::Spill;
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use proptest::prelude::*;
use std::fs::File;

/// The part of some customers' rows, which waited in so many ranges.
fn part_of(customers: &[u16], ranges: usize) -> (RecordBatch, Written) {
    let scratch = tempfile::tempdir().unwrap();
    let mut buckets = Buckets::default();
    let mut out = Out::new(Table::Customers, ranges, 0, &mut buckets);
    for (line, customer) in customers.iter().enumerate() {
        out.begin_line(u64::from(*customer));
        out.push(&Customer { customer_id: format!("c{customer}"), line: line as u64, ..Customer::default() });
    }
    let mut spill = Spill::new(scratch.path().join("rows"), ranges);
    for (range, bytes) in out.finish().0[Table::Customers as usize].iter().enumerate() {
        spill.append(range, bytes).unwrap();
    }
    let source = Provenance { source_id: "s".to_owned(), uploaded_at: 0 };
    let folder = Folder::new(scratch.path());
    let written = write_part::<CustomerRows>(&spill.finish(), &source, &folder).unwrap();
    let part =
        PartReader::open(File::open(folder.file(Output::Part(Table::Customers))).unwrap(), Table::Customers).unwrap();
    let held: Vec<_> = part.metadata().row_groups().iter().map(|group| bucket_range_of(group).unwrap()).collect();
    assert!(held.windows(2).all(|pair| pair[0].1 < pair[1].0), "no bucket lies in two row groups: {held:?}");
    let batches: Vec<RecordBatch> =
        part.read(&crate::table::read::ALL_BUCKETS).unwrap().collect::<Result<_, _>>().unwrap();
    (concat_batches(&batches[0].schema(), &batches).unwrap(), written)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn it_does_not_show_in_how_many_ranges_rows_waited(
        customers in proptest::collection::vec(0..400_u16, 1..300), ranges in 2_usize..40
    ) {
        let (whole, cut) = (part_of(&customers, 1), part_of(&customers, ranges));
        prop_assert_eq!(whole.0, cut.0);
        let distinct: std::collections::HashSet<&u16> = customers.iter().collect();
        prop_assert_eq!(whole.1.doubles.rows, (customers.len() - distinct.len()) as u64);
        prop_assert_eq!((whole.1.rows, whole.1.doubles), (cut.1.rows, cut.1.doubles));
    }
}
