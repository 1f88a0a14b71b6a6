//! Values of scripts and values of DynamoDB: what is written is read as the same.

use serde_json::json;

use super::desk::{desk, iterate, say};
use super::wire::Wire;

#[test]
fn every_type_comes_back_from_a_table_as_it_was_put() {
    let desk = desk(None);
    let body = r#"
    const item = {
      id: 'a', text: 'é "x" \u{1F600}\n', empty: '', whole: -7, big: 12345678901234567890n, price: new Decimal('19.90'),
      yes: true, no: false, nothing: null, left: undefined,
      buffer: new Uint8Array([0, 1, 255]).buffer, view: new Uint8Array([9, 8, 7]).subarray(1),
      list: ['a', 1, [], { deep: [null] }], map: { a: { b: {} }, 'with space': 1 },
      texts: new Set(['b', 'a']), numbers: new Set([1, new Decimal('2.50')]), blobs: new Set([new Uint8Array([1])]),
    };
    db.putItem({ TableName: 'Things', Item: item });
    const read = db.getItem({ TableName: 'Things', Key: { id: 'a' }, ConsistentRead: true }).Item;
    const show = (v) =>
      v instanceof Decimal ? `N ${v}`
      : v instanceof Uint8Array ? `B ${[...v]}`
      : v instanceof Set ? `set of ${[...v].map(show).sort()}`
      : Array.isArray(v) ? `[${v.map(show)}]`
      : typeof v === 'object' && v !== null ? `{${Object.keys(v).sort().map((k) => `${k}: ${show(v[k])}`)}}`
      : typeof v === 'string' ? JSON.stringify(v) : String(v);
    for (const key of Object.keys(read).sort()) console.log(`${key} = ${show(read[key])}`);
    "#;
    insta::assert_snapshot!(say(body, &desk.url()), @r#"
    big = N 12345678901234567890
    blobs = set of B 1
    buffer = B 0,1,255
    empty = ""
    id = "a"
    list = ["a",N 1,[],{deep: [null]}]
    map = {a: {b: {}},with space: N 1}
    no = false
    nothing = null
    numbers = set of N 1,N 2.5
    price = N 19.9
    text = "é \"x\" 😀\n"
    texts = set of "a","b"
    view = B 8,7
    whole = N -7
    yes = true
    "#);
}

#[test]
fn requests_are_written_as_dynamodb_wants_them() {
    let wire = Wire::empty();
    let body = r"
    db.updateItem({
      TableName: 'Products', Key: { product_id: 'p-1' },
      UpdateExpression: 'SET stock = stock - :q', ConditionExpression: 'stock >= :q',
      ExpressionAttributeNames: { '#Item': 'Item' }, ExpressionAttributeValues: { ':q': 2 },
      ReturnConsumedCapacity: 'TOTAL', ReturnValues: undefined,
    });
    db.query({ TableName: 'Products', IndexName: 'by', Limit: 25, ScanIndexForward: false, ExclusiveStartKey: { k: 1 } });
    db.batchGet({ RequestItems: { Key: { Keys: [{ id: 'a' }, { id: new Decimal(2) }], ConsistentRead: true } } });
    db.batchWrite({ RequestItems: { Item: [{ PutRequest: { Item: { id: 'a' } } }, { DeleteRequest: { Key: { id: 'b' } } }] } });
    db.transactGet({ TransactItems: [{ Get: { TableName: 'One', Key: { id: 'a' } } }] });
    ";
    let ran = iterate(body, &wire.url);
    assert_eq!(ran.said, [""; 0]);
    let bodies: Vec<_> = wire.asked().into_iter().map(|asked| asked.body).collect();
    assert_eq!(
        bodies,
        [
            json!({
                "TableName": "Products", "Key": {"product_id": {"S": "p-1"}},
                "UpdateExpression": "SET stock = stock - :q", "ConditionExpression": "stock >= :q",
                "ExpressionAttributeNames": {"#Item": "Item"}, "ExpressionAttributeValues": {":q": {"N": "2"}},
                "ReturnConsumedCapacity": "TOTAL",
            }),
            json!({
                "TableName": "Products", "IndexName": "by", "Limit": 25, "ScanIndexForward": false,
                "ExclusiveStartKey": {"k": {"N": "1"}}, "ReturnConsumedCapacity": "INDEXES",
            }),
            json!({
                "RequestItems": {"Key": {"Keys": [{"id": {"S": "a"}}, {"id": {"N": "2"}}], "ConsistentRead": true}},
                "ReturnConsumedCapacity": "INDEXES",
            }),
            json!({
                "RequestItems": {"Item": [
                    {"PutRequest": {"Item": {"id": {"S": "a"}}}}, {"DeleteRequest": {"Key": {"id": {"S": "b"}}}},
                ]},
                "ReturnConsumedCapacity": "INDEXES",
            }),
            json!({
                "TransactItems": [{"Get": {"TableName": "One", "Key": {"id": {"S": "a"}}}}],
                "ReturnConsumedCapacity": "INDEXES",
            }),
        ]
    );
    assert_eq!(
        ran.rows("dynamodb_calls", &["name"]).keys().collect::<Vec<_>>(),
        [
            "BatchGetItem Key",
            "BatchWriteItem Item",
            "Query Products/by",
            "TransactGetItems One",
            "UpdateItem Products"
        ]
    );
}

#[test]
fn all_attempts_of_a_transaction_have_one_token() {
    let throttle = r#"{"__type":"x#TransactionCanceledException","Message":"m","CancellationReasons":[{"Code":"ThrottlingError"}]}"#;
    let wire = Wire::answering(&[(400, throttle), (200, "{}")]);
    let put = "db.transactWrite({ TransactItems: [{ Put: { TableName: 'T', Item: { id: 'a' } } }]";
    let ran = iterate(&format!("{put} }}); {put} }}); {put}, ClientRequestToken: 'mine' }});"), &wire.url);
    assert_eq!(ran.said, [""; 0]);
    let tokens: Vec<_> = wire
        .asked()
        .iter()
        .map(|asked| asked.body["ClientRequestToken"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(tokens.len(), 4);
    assert_eq!((tokens[0].len(), &tokens[0]), (32, &tokens[1]));
    assert!(tokens[2] != tokens[1] && tokens[3] == "mine", "{tokens:?}");
}

#[test]
fn answers_are_read_wherever_they_hold_attributes() {
    let answers = [
        r#"{"Responses":{"Items":[{"id":{"S":"a"},"n":{"N":"1.50"}}]},"UnprocessedKeys":{"Keys":{"Keys":[{"id":{"N":"2"}}],"ConsistentRead":true}}}"#,
        r#"{"UnprocessedItems":{"Item":[{"PutRequest":{"Item":{"id":{"S":"a"}}}}]},"ItemCollectionMetrics":{"Items":[{"ItemCollectionKey":{"id":{"S":"a"}},"SizeEstimateRangeGB":[0,1]}]}}"#,
        r#"{"Responses":[{"Item":{"id":{"S":"a"}}},{}]}"#,
        r#"{"Attributes":{"old":{"BOOL":true},"__proto__":{"S":"x"}},"ConsumedCapacity":{"TableName":"Item","CapacityUnits":2.5,"GlobalSecondaryIndexes":{"Items":{"CapacityUnits":0.5}}}}"#,
        r#"{"Items":[],"Count":0,"ScannedCount":7,"LastEvaluatedKey":{"id":{"B":"AQI="}}}"#,
    ];
    let wire = Wire::answering(&answers.map(|answer| (200, answer)));
    let body = "
    const table = { TableName: 'T', Key: { id: 'a' } };
    const read = db.batchGet({ RequestItems: { T: { Keys: [{ id: 'a' }] } } });
    console.log(read);
    console.log(db.batchWrite({ RequestItems: { T: [{ DeleteRequest: { Key: { id: 'a' } } }] } }));
    console.log(db.transactGet({ TransactItems: [{ Get: table }] }));
    console.log(Object.keys(db.deleteItem(table).Attributes).join());
    const page = db.scan({ TableName: 'T' });
    console.log(page);
    db.scan({ TableName: 'T', ExclusiveStartKey: page.LastEvaluatedKey });
    db.batchGet({ RequestItems: read.UnprocessedKeys });
    ";
    insta::assert_snapshot!(say(body, &wire.url), @r#"
    { Responses: { Items: [ { id: 'a', n: Decimal(1.5) } ] }, UnprocessedKeys: { Keys: { Keys: [ { id: Decimal(2) } ], ConsistentRead: true } } }
    { UnprocessedItems: { Item: [ { PutRequest: { Item: { id: 'a' } } } ] }, ItemCollectionMetrics: { Items: [ { ItemCollectionKey: { id: 'a' }, SizeEstimateRangeGB: [ 0, 1 ] } ] } }
    { Responses: [ { Item: { id: 'a' } }, {} ] }
    old,__proto__
    { Items: [], Count: 0, ScannedCount: 7, LastEvaluatedKey: { id: ArrayBuffer { [Uint8Contents]: <01 02>, byteLength: 2 } } }
    "#);
    let asked = wire.asked();
    assert_eq!(asked[5].body["ExclusiveStartKey"], json!({"id": {"B": "AQI="}}));
    assert_eq!(
        asked[6].body["RequestItems"],
        json!({"Keys": {"Keys": [{"id": {"N": "2"}}], "ConsistentRead": true}})
    );
}

#[test]
fn arrays_that_are_shared_are_lists() {
    let wire = Wire::empty();
    let script = "
    import { SharedArray } from 'k6/data';
    import { Client } from 'flashcrowd/dynamodb';
    const products = new SharedArray('products', () => [{ id: 'p-1' }, { id: 'p-2' }]);
    const db = new Client({ endpoint: __ENV.ENDPOINT, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
    export default function () {
      db.putItem({ TableName: 'T', Item: { id: 'a', products } });
      db.putItem({ TableName: 'T', Item: products[1] });
    }";
    assert_eq!(super::desk::play(script, &wire.url).said, [""; 0]);
    let asked = wire.asked();
    let list = json!({"L": [{"M": {"id": {"S": "p-1"}}}, {"M": {"id": {"S": "p-2"}}}]});
    assert_eq!(asked[0].body["Item"], json!({"id": {"S": "a"}, "products": list}));
    assert_eq!(asked[1].body["Item"], json!({"id": {"S": "p-2"}}));
}

/// As deep as DynamoDB keeps values, on what a deep script leaves of its stack.
#[test]
fn the_deepest_value_is_written_and_read_at_the_end_of_the_stack() {
    let answer =
        format!("{{\"Item\":{{\"v\":{}{{\"S\":\"x\"}}{}}}}}", r#"{"L":["#.repeat(32), "]}".repeat(32));
    let wire = Wire::answering(&[(200, &answer)]);
    let body = "
    let value = 'x';
    for (let i = 0; i < 32; i++) value = [value];
    const dive = (depth) => {
      if (depth > 0) return dive(depth - 1);
      db.putItem({ TableName: 'T', Item: { value } });
      return db.getItem({ TableName: 'T', Key: { id: 'a' } }).Item.v.flat(Infinity).join();
    };
    let limit = 1;
    try { (function measure() { limit++; measure(); })(); } catch {}
    console.log(dive(0), dive(Math.floor(limit * 0.9)));
    ";
    assert_eq!(say(body, &wire.url), "x x");
}

#[test]
fn what_is_no_answer_is_an_error() {
    for (answer, why) in [
        (
            r#"{"Item":{"a":{"X":"b"}}}"#,
            r#"invalid value: string "X", expected the type of a value, such as S or N"#,
        ),
        (
            r#"{"Item":{"a":{}}}"#,
            r#"invalid length 0, expected a value with its type, such as {"S": "text"}"#,
        ),
        (
            r#"{"Item":{"a":{"S":"x","N":"1"}}}"#,
            r#"invalid length 2, expected a value with its type, such as {"S": "text"}"#,
        ),
        (r#"{"Item":{"a":{"N":1.5}}}"#, "invalid type: floating point `1.5`, expected a number as text"),
        (
            r#"{"Item":{"a":{"N":"1e200"}}}"#,
            "'1e200' is out of range: DynamoDB keeps 38 digits from 1E-130 to 9.99E+125",
        ),
        (r#"{"Item":{"a":{"B":"?"}}}"#, r#"invalid value: string "?", expected bytes as base64"#),
        (r#"{"Item":{"a":{"NULL":false}}}"#, "invalid type: boolean `false`, expected true"),
        (r#"{"Items":{}}"#, "invalid type: map, expected a list of items"),
    ] {
        let wire = Wire::answering(&[(200, answer)]);
        let said =
            say("console.log(tell(() => db.getItem({ TableName: 'T', Key: { id: 'a' } })))", &wire.url);
        let said = said.split(" at line 1").next().unwrap();
        assert_eq!(said, format!("UnreadableAnswer: {why}"), "{answer}");
    }
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(100), "]".repeat(100));
    let wire = Wire::answering(&[(200, &deep)]);
    let said = say("console.log(tell(() => db.scan({ TableName: 'T' })))", &wire.url);
    assert!(said.starts_with("UnreadableAnswer: nested deeper than DynamoDB keeps values"), "{said}");
}
