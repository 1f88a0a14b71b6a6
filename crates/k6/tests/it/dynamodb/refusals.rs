//! What is wrong with a request, a client or its place is said before anything is sent.

use super::desk::{load, say, script};
use super::wire::Wire;

/// Why a request is refused, and that nothing of it is sent.
fn refused(call: &str) -> String {
    let wire = Wire::empty();
    let said = say(&format!("console.log(tell(() => {call}))"), &wire.url);
    assert!(wire.asked().is_empty(), "{call}: {said}");
    said
}

#[test]
fn values_that_dynamodb_does_not_keep_are_told_by_their_place() {
    let put =
        |value: &str| refused(&format!("db.putItem({{ TableName: 'T', Item: {{ id: 'a', v: {value} }} }})"));
    let values = [
        "19.9",
        "[1, { price: 0.5 }]",
        "{ 'a': [2 ** 60] }",
        "NaN",
        "1n << 200n",
        "[undefined]",
        "() => 1",
        "new Date(0)",
        "new Map([[1, 2]])",
        "new Set()",
        "new Set(['a', 1])",
        "new Set([true])",
        "new Set([0.5])",
        "Symbol('x')",
        "'\\ud800'",
        "(() => { let v = 1; for (let i = 0; i < 33; i++) v = [v]; return v; })()",
        "(() => { const v = {}; v.v = v; return v; })()",
    ];
    insta::assert_snapshot!(values.map(put).join("\n"), @r#"
    TypeError: putItem: Item.v: 19.9 is a floating-point number, which is not exact: write new Decimal('19.9')
    TypeError: putItem: Item.v[1].price: 0.5 is a floating-point number, which is not exact: write new Decimal('0.5')
    TypeError: putItem: Item.v.a[0]: 1152921504606847000 is larger than JavaScript keeps exactly: write new Decimal('...') with its digits
    TypeError: putItem: Item.v: NaN is not a number that DynamoDB keeps
    TypeError: putItem: Item.v: '160693804425899027554196209234116260252220299378279283530137...' is out of range: DynamoDB keeps 38 digits from 1E-130 to 9.99E+125
    TypeError: putItem: Item.v[0]: a value that is undefined cannot be stored: leave it out or write null
    TypeError: putItem: Item.v: a value that is function cannot be stored: leave it out or write null
    TypeError: putItem: Item.v: an object of class Date cannot be stored: give a plain object or text
    TypeError: putItem: Item.v: an object of class Map cannot be stored: give a plain object or text
    TypeError: putItem: Item.v: DynamoDB has no empty sets: leave it out
    TypeError: putItem: Item.v[1]: a set holds texts, numbers or bytes, all of one type
    TypeError: putItem: Item.v: a set holds texts, numbers or bytes, all of one type
    TypeError: putItem: Item.v[0]: 0.5 is a floating-point number, which is not exact: write new Decimal('0.5')
    TypeError: putItem: Item.v: a value that is symbol cannot be stored: leave it out or write null
    TypeError: putItem: Item.v: a text with half of a surrogate pair, which is no Unicode
    TypeError: putItem: Item.v[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]: nested deeper than the 32 levels that DynamoDB keeps
    TypeError: putItem: Item.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v.v: nested deeper than the 32 levels that DynamoDB keeps
    "#);
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    let calls = [
        "db.getItem()",
        "db.getItem('Things')",
        "db.getItem({ Key: { id: 'a' } })",
        "db.getItem({})",
        "db.getItem({ TableName: 'T', Key: 'a' })",
        "db.query({ TableName: 'T', KeyConditions: {} })",
        "db.batchGet({ RequestItems: { T: { Keys: { id: 'a' } } } })",
        "db.batchGet({ RequestItems: [] })",
        "db.getItem({ TableName: 'T', Key: { id: 'a' } }, { tag: {} })",
        "db.getItem({ TableName: 'T', Key: { id: 'a' } }, 'x')",
        "db.getItem({ TableName: 'T', Key: { id: 'a' } }, { tags: { a: {} } })",
        "db.getItem({ TableName: 'T', get Key() { throw new RangeError('mine'); } })",
        "db.getItem.call({}, { TableName: 'T' })",
    ];
    insta::assert_snapshot!(calls.map(refused).join("\n"), @r#"
    TypeError: getItem takes an object such as { TableName: 'Products' }
    TypeError: getItem takes an object such as { TableName: 'Products' }
    TypeError: getItem: no table: give a TableName, or RequestItems by table in a batch
    TypeError: getItem: no table: give a TableName, or RequestItems by table in a batch
    TypeError: getItem: Key: must be an object with the values of attributes
    TypeError: query: KeyConditions: a legacy parameter: write KeyConditionExpression
    TypeError: batchGet: RequestItems.T.Keys: must be a list
    TypeError: batchGet: no table: give a TableName, or RequestItems by table in a batch
    TypeError: getItem does not know the param 'tag': it takes tags
    TypeError: the params of getItem are an object such as { tags: { page: 'home' } }
    TypeError: tag 'a' must be a string, a number or a boolean
    RangeError: mine
    TypeError: Error converting from js 'object' into type 'Client'
    "#);
}

#[test]
fn clients_that_make_no_sense_are_refused() {
    let clients = [
        "new Client('us-east-1')",
        "new Client({ regoin: 'us-east-1' })",
        "new Client({ region: 'here' })",
        "new Client({ endpoint: 'http://user:pass@127.0.0.1' })",
        "new Client({ attempts: 0 })",
        "new Client({ attempts: 1.5 })",
        "new Client({ retryBase: 'soon' })",
        "new Client({ timeout: -1 })",
        "new Client({ profile: 7 })",
        "new Client({ profile: 'a', credentials: keys })",
        "new Client({ credentials: { accessKeyId: 'a' } })",
        "new Client({ credentials: { accessKeyId: 'a', secretAccessKey: 'b', token: 'c' } })",
    ];
    insta::assert_snapshot!(clients.map(refused).join("\n"), @r#"
    TypeError: Client takes an object with region, endpoint, credentials, profile, attempts, retryBase, retryCap, timeout
    TypeError: Client does not know 'regoin': it takes region, endpoint, credentials, profile, attempts, retryBase, retryCap, timeout
    Error: `here` is not a region of AWS: write one such as us-east-1
    Error: the endpoint URL has a user name and a password, which DynamoDB does not take: write one such as http://127.0.0.1:8000
    TypeError: Client: attempts must be a whole number from 1 to 1000
    TypeError: Client: attempts must be a whole number from 1 to 1000
    TypeError: Client: retryBase must be a time such as '50ms', or milliseconds
    TypeError: Client: timeout must be a time such as '50ms', or milliseconds
    TypeError: Client: profile must be a text
    TypeError: Client takes credentials or a profile, not both
    TypeError: credentials: secretAccessKey must be given
    TypeError: credentials does not know 'token': it takes accessKeyId, secretAccessKey, sessionToken
    "#);
}

#[test]
fn clients_are_made_in_the_init_context_and_ask_later() {
    assert!(load(&script(""), &[]).is_ok());
    let early = script("")
        .replace("export default", "db.getItem({ TableName: 'T', Key: { id: 'a' } });\nexport default");
    let error = load(&early, &[]).err().unwrap();
    assert!(
        error.starts_with("Error: making DynamoDB requests in the init context is not supported"),
        "{error}"
    );
}

#[test]
fn modules_that_are_not_there_are_told() {
    let error = load("import x from 'flashcrowd/dynamo'; export default () => {}", &[]).err().unwrap();
    assert!(
        error.contains("unknown module 'flashcrowd/dynamo': did you mean 'flashcrowd/dynamodb'?"),
        "{error}"
    );
}

#[test]
fn the_environment_says_what_a_script_leaves_out() {
    let make = "import { Client } from 'flashcrowd/dynamodb'; new Client(); export default () => {}";
    assert!(load(make, &[("AWS_REGION", "eu-central-1")]).is_ok());
    let error = load(make, &[("AWS_REGION", "nowhere")]).err().unwrap();
    assert!(error.contains("`nowhere` is not a region of AWS"), "{error}");
    let error = load(make, &[("AWS_ENDPOINT_URL_DYNAMODB", "nowhere:x")]).err().unwrap();
    assert!(error.contains("the endpoint URL"), "{error}");
}
