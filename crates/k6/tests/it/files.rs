//! `k6/experimental/fs` and `k6/experimental/csv`: files that virtual users share.

use crate::harness::Script;

#[test]
fn files_are_read_in_parts() {
    let ran = Script::new(
        "import { open, SeekMode } from 'k6/experimental/fs';
         const file = await open('data/a.txt');
         export default async function () {
           const { name, size } = await file.stat(), into = new Uint8Array(4), said = [file.path, name, size];
           for (let n = await file.read(into); n !== null; n = await file.read(into)) said.push(String.fromCharCode(...into.subarray(0, n)));
           said.push(await file.seek(1, SeekMode.Start), await file.read(into), String.fromCharCode(...into), await file.seek(-1, SeekMode.End));
           await file.seek(99, SeekMode.Start).catch((e) => said.push(e.message));
           await open('data/a.txt').catch((e) => said.push(e.message));
           console.log(said.join(' '));
         }",
    )
    .file("data/a.txt", "abcdef")
    .run();
    let expected = "data/a.txt a.txt 6 abcd ef 1 4 bcde 5 seek() would leave the file open() is only available in the init context";
    assert_eq!(ran.said, [expected]);
}

#[test]
fn rows_are_read_all_at_once_or_one_by_one() {
    let ran = Script::new(
        "import { open } from 'k6/experimental/fs'; import csv from 'k6/experimental/csv';
         const file = await open('a.csv');
         const all = await csv.parse(file), some = await csv.parse(file, { skipFirstLine: true, toLine: 2 });
         const objects = await csv.parse(file, { asObjects: true }), parser = new csv.Parser(file, { fromLine: 2 });
         export default async function () {
           console.log(all.length, all[1].join('|'), some.length, objects.length, JSON.stringify(objects[0]));
           const rows = [];
           for (let row = await parser.next(); !row.done; row = await parser.next()) rows.push(row.value.join('|'));
           console.log(rows.join(' / '));
           await csv.parse(file, { delimiter: 'ab' }).catch((e) => console.log(e.message));
         }",
    )
    .file("a.csv", "name,price\nkim,\"1,5\"\nlee,2\npark,3\n")
    .run();
    assert_eq!(
        ran.said,
        [
            r#"4 kim|1,5 2 3 {"name":"kim","price":"1,5"}"#,
            "lee|2 / park|3",
            "options.delimiter must be one character of ASCII"
        ]
    );
}
