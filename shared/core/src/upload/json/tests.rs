//! Objects wherever they may stand, and lines that are none.
use super::*;
use crate::upload::content::is_of_the_content;

fn opened(text: &str) -> io::Result<RowsFile> {
    let text: Arc<[u8]> = text.as_bytes().into();
    let knows = |names: &[String]| names.iter().any(|name| name == "id");
    open(move || Ok(Box::new(io::Cursor::new(text.clone())) as Box<dyn Read + Send>), &knows)
}

fn read(text: &str) -> Vec<Row> {
    (opened(text).unwrap().open)().unwrap().map(|row| row.unwrap()).collect()
}

fn rows(text: &str) -> Vec<Vec<String>> {
    read(text).into_iter().map(|row| row.cells).collect()
}

fn fault(text: &str) -> io::Error {
    opened(text).map(|_| ()).unwrap_err()
}

#[test]
fn lines_arrays_and_enclosed_arrays_are_the_same_rows() {
    let expected = vec![vec!["id", "a.b"], vec!["1", "x"], vec!["2", ""]];
    for text in [
        "{\"id\":1,\"a\":{\"b\":\"x\"}}\n{\"id\":2}\n",
        "{\"id\":1,\"a\":{\"b\":\"x\"}},\r\n\r\n{\"id\":2}",
        "{\"id\":1,\"a\":{\"b\":\"x\"}}{\"id\":2}",
        "{\n  \"id\": 1,\n  \"a\": {\"b\": \"x\"}\n}\n{\n  \"id\": 2\n}",
        "[{\"id\":1,\"a\":{\"b\":\"x\"}}, {\"id\":2}]",
        "[\n{\"id\":1,\"a\":{\"b\":\"x\"}},\n{\"id\":2}\n]",
        "[{\"id\":1,\"a\":{\"b\":\"x\"}}]\n[{\"id\":2}]",
        "{ \"object\" : \"list\" , \"data\" : [ {\"id\":1,\"a\":{\"b\":\"x\"}},{\"id\":2}]}",
        "{\"data\":[{\"id\":1,\"a\":{\"b\":\"x\"}}],\"next\":2}\n{\"data\":[{\"id\":2}],\"next\":null}\n",
        "{\"meta\":{\"page\":1,\"of\":1,\"about\":\"what nobody asked for at all\"},\
         \"data\":[{\"id\":1,\"a\":{\"b\":\"x\"}},{\"id\":2}]}",
        "{\"purchases\":[{\"id\":1,\"a\":{\"b\":\"x\"}},{\"id\":2}],\"n\":2}",
        "{\"status\":\"ok\",\"errors\":[{\"code\":1}],\"response\":{\"page\":1,\"data\":{\"orders\":\
         [{\"id\":1,\"a\":{\"b\":\"x\"}},{\"id\":2}]}},\"took\":3}",
        "{\"data\":{\"orders\":{\"edges\":[{\"node\":{\"id\":1,\"a\":{\"b\":\"x\"}}},{\"node\":{\"id\":2}}],\
         \"pageInfo\":{\"hasNextPage\":false}}}}",
        "{\"data\":{\"orders\":{\"nodes\":[{\"id\":1,\"a\":{\"b\":\"x\"}}]}}}\n{\"data\":{\"orders\":{\"nodes\":[{\"id\":2}]}}}",
        "[{\"data\":[{\"id\":1,\"a\":{\"b\":\"x\"}}],\"next\":2},\n{\"data\":[{\"id\":2}],\"next\":null}]",
        "{\"id\":{\"0\":1,\"1\":2},\"a.b\":{\"0\":\"x\"}}",
        "{\"id\":[1,2],\"a.b\":[\"x\",NaN]}",
        "{\"columns\":[\"id\",\"a.b\"],\"index\":[0,1],\"data\":[[1,\"x\"],[2,null]]}",
        "{\"p1\":{\"id\":1,\"a\":{\"b\":\"x\"}},\"p2\":{\"id\":2}}",
        "[[\"id\",\"a.b\"],[1,\"x\"],[2,null]]",
    ] {
        assert_eq!(rows(text), expected, "{text}");
    }
}

#[test]
fn an_order_with_a_long_list_of_its_lines_is_one_row_where_others_follow() {
    let order = |id: u32| format!("{{\"id\":{id},\"lines\":[{{\"sku\":\"a long name of a product\"}},{{}}]}}");
    assert_eq!(rows(&[order(1), order(2)].join("\n")), [["id"], ["1"], ["2"]]);
}

#[test]
fn a_row_with_an_array_of_objects_is_a_row_where_its_own_fields_are_known() {
    for name in ["orders", "data", "results", "line_items"] {
        let row = |id: u32| format!("{{\"{name}\":[{{\"id\":7,\"sku\":\"x\"}},{{\"id\":8}}],\"id\":{id}}}");
        let pretty = row(1).replace(',', ",\n ");
        for text in [row(1) + "\n" + &row(2), format!("[{},{}]", row(1), row(2)), pretty + &row(2)] {
            assert_eq!(rows(&text), [["id"], ["1"], ["2"]], "{text}");
        }
    }
}

#[test]
fn a_torn_object_in_an_array_costs_itself_where_the_next_can_be_told() {
    use Condition::{Torn, Whole};
    let conditions = |text: &str| -> Vec<Condition> { read(text).iter().skip(1).map(|row| row.condition).collect() };
    let good = |id: u32| format!("{{\"id\":{id},\"of\":[{{\"id\":0}}]}}");
    for torn in ["{\"id\" 2}", "{\"id\":}", "{\"id\":2,\"at\":[{]}", "{\"id\":2,\"x\":nul}"] {
        for text in [
            format!("[{},{torn},{}]", good(1), good(3)),
            format!("{{\"n\":3,\"data\":[{},{torn},{}]}}", good(1), good(3)),
        ] {
            if torn.contains('[') {
                assert!(fault(&text).to_string().contains("it cannot be told where the next object begins"), "{text}");
            } else {
                assert_eq!(conditions(&text), [Whole, Torn, Whole], "{text}");
            }
        }
    }
    for torn in ["{\"id\":2", "{\"id\":\"2}", "{\"id\":{\"x\":2}", "{\"id\":[2}", "{\"id\":2,\n \"a\":", "{\"id\" 2}"] {
        for (open, between, close) in [("[\n", ",\n", "\n]"), ("{\"data\":[\n  ", ",\n  ", "\n]}"), ("[ ", "\n ,", "]")]
        {
            let text = format!("{open}{}{between}{torn}{between}{}{close}", good(1), good(3));
            assert_eq!(conditions(&text), [Whole, Torn, Whole], "{text}");
            assert_eq!(rows(&text)[3][0], "3");
        }
    }
    let reason = fault(&format!("[{},{{\"id\":2,{}]", good(1), good(3))).to_string();
    assert!(reason.contains("it cannot be told where the next object begins"), "{reason}");
}

#[test]
fn columns_of_different_lengths_are_no_table() {
    assert!(rows("{\"id\":[1,2],\"b\":[1]}").len() < 3);
    assert_eq!(fault("[[\"x\"],[1]]").kind(), io::ErrorKind::InvalidInput);
}

#[test]
fn numbers_keep_their_digits_and_actions_become_columns() {
    let found = rows(
        "{\"spend\":123456789012.123456,\"big\":1.5e3,\"none\":null,\"ids\":[1,2],\
         \"actions\":[{\"action_type\":\"purchase\",\"value\":\"3\"}]}",
    );
    assert_eq!(found[0], ["spend", "big", "none", "ids", "actions[purchase]"]);
    assert_eq!(found[1], ["123456789012.123456", "1500", "", "1;2", "3"]);
}

#[test]
fn a_value_with_its_type_is_the_value() {
    let found = rows("{\"_id\":{\"$oid\":\"50\"},\"at\":{\"$date\":{\"$numberLong\":\"1735725600000\"}},\"$set\":1}");
    assert_eq!(found, [["_id", "at", "$set"], ["50", "1735725600000", "1"]]);
}

#[test]
fn what_programs_write_for_no_number_is_nothing_and_a_text_of_it_stays() {
    let found = rows("{\"a\":NaN,\"b\":-Infinity,\"c\":\"NaN \\\" Infinity\",\"d\":[Infinity]}\n");
    assert_eq!(found[1], ["", "", "NaN \" Infinity", ""]);
}

#[test]
fn a_field_that_only_the_last_of_many_objects_has_is_a_column() {
    let text = format!("{}{{\"id\":2,\"kind\":\"refund\"}}", "{\"id\":1}\n".repeat(5_000));
    let found = rows(&text);
    assert_eq!(
        (&found[0], &found[5_001]),
        (&vec!["id".to_owned(), "kind".to_owned()], &vec!["2".to_owned(), "refund".to_owned()])
    );
}

#[test]
fn a_line_that_is_no_object_is_told_by_its_number_and_costs_no_other() {
    let good = |id: u32| format!("{{\"id\":{id}}}\n");
    for torn in ["{\"id\":", "{\"id\":7", "id,7", "{\"id\":\"7}", "{]", "null", "[1]", "{\"id\":7}}", "{\"id\" 7}"] {
        let text = format!("{}\n{torn}\n{}{}", good(1), good(2), good(3).trim_end());
        let found: Vec<(u64, Condition)> = read(&text).iter().map(|row| (row.number, row.condition)).collect();
        let whole = Condition::Whole;
        assert_eq!(found, [(0, whole), (1, whole), (3, Condition::Torn), (4, whole), (5, whole)], "{torn}");
    }
    let first = format!("{{\"id\":\n{}{}", good(1), good(2));
    assert_eq!(read(&first)[1].condition, Condition::Torn, "also as the first line");
}

#[test]
fn several_objects_on_a_line_never_share_a_number() {
    let numbers = |text: &str| -> Vec<u64> { read(text).iter().map(|row| row.number).collect() };
    assert_eq!(numbers("{\"a\":1}{\"a\":2}\n{\"a\":3}\n\n\n{\"a\":4}"), [0, 1, 2, 3, 5]);
}

#[test]
fn an_enclosed_array_may_be_larger_than_an_object() {
    let object = format!("{{\"id\":1,\"note\":\"{}\"}},", "x".repeat(1 << 20));
    let count = (text::OBJECT_BYTES >> 20) as usize + 2;
    let text = format!("{{\"page\":1,\"data\":[{}{{\"id\":2}}]}}", object.repeat(count));
    let file = opened(&text).unwrap();
    let rows = (file.open)().unwrap().inspect(|row| assert!(row.is_ok(), "{row:?}"));
    assert_eq!(rows.count(), count + 2);
    let reason = fault(&format!("{{\"id\":1,\"note\":\"{}\"}}", "x".repeat(count << 20))).to_string();
    assert!(reason.contains("larger than 64 MiB"), "{reason}");
}

#[test]
fn what_is_torn_or_holds_no_objects_is_an_error_of_the_content() {
    for text in [
        "[1,2]",
        "[{\"a\":1}",
        "{\"a\":",
        "[{]",
        "{\"a\":1}}",
        "{\"data\":[{\"a\":1}",
        "{\"data\":[{\"a\":1}],\"b\":1",
        "[{\"data\":[{\"id\":1}]},{\"data\":[{\"id\":2}]}",
        "[{\"data\":[{\"id\":1}]},{\"message\":\"too many requests\"}]",
        "{\"data\":[{\"a\":1}]}{\"message\":\"too many requests\"}",
        "{\"data\":[{\"a\":1},2]}",
        "{a:1}",
        "{\"a\"1}",
        "{\"a\"",
        "{\"a\":1\n{\"b\":",
    ] {
        let fault = fault(text);
        assert!(is_of_the_content(&fault), "{text}: {fault:?}");
    }
}

#[test]
fn an_object_that_leaves_the_next_in_doubt_is_told_by_its_line_of_the_file() {
    for text in ["{\n\"a\":1}\n\n{\"a\":\n2}{\"a\" [3}\n", "[{\"a\":1},\n\n{\"a\":2},\n\n{\"a\" 3]"] {
        let reason = fault(text).to_string();
        assert!(reason.contains("line 5"), "{reason}");
    }
}

#[test]
fn many_objects_that_are_torn_within_a_text_cost_no_more_than_themselves() {
    let torn = "{\"id\":\"2,\n";
    let whole = format!("{{\"id\":1,\"note\":\"{}\"}},\n", "x".repeat(1 << 10));
    let large = format!("{{\"id\":3,\"note\":\"{}\"}},\n", "x".repeat(1 << 19));
    let text = format!("[\n{}{}{{\"id\":4}}]", (torn.to_owned() + &whole.repeat(40)).repeat(250), large + torn);
    let mut counts = [0, 0];
    for row in read(&text).into_iter().skip(1) {
        counts[usize::from(row.condition == Condition::Torn)] += 1;
    }
    assert_eq!(counts, [250 * 40 + 2, 251]);
}

#[test]
fn what_would_be_a_table_of_blank_cells_is_none() {
    let labels: Vec<String> = (0..3_000).map(|n| format!("\"f{n}\":{{\"r{n}\":1}}")).collect();
    let shifted = format!("{{\"id\":{{\"r\":1}},{}}}", labels.join(","));
    assert_eq!(columns::of(&shifted, &|names| names[0] == "id"), None);
    let members: Vec<String> = (0..3_000).map(|n| format!("\"r{n}\":{{\"f{n}\":1}}")).collect();
    assert_eq!(columns::of(&format!("{{\"r\":{{\"id\":1}},{}}}", members.join(",")), &|_| true), None);
}
