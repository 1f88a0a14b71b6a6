//! Calls against the practice endpoint, and the errors that scripts catch.

use crate::harness::{desk, iterate, play, say};
use crate::wire::Wire;

#[test]
fn all_operations_work() {
    let desk = desk(None);
    let body = r"
    const TableName = 'Things';
    db.putItem({ TableName, Item: { id: 'a', stock: 5 } });
    const updated = db.updateItem({
      TableName, Key: { id: 'a' }, UpdateExpression: 'SET stock = stock - :q', ConditionExpression: 'stock >= :q',
      ExpressionAttributeValues: { ':q': 2 }, ReturnValues: 'ALL_NEW',
    });
    console.log('updated', updated.Attributes.stock, updated.ConsumedCapacity.CapacityUnits);
    db.batchWrite({ RequestItems: { [TableName]: [1, 2].map((n) => ({ PutRequest: { Item: { id: `b-${n}`, n } } })) } });
    const batch = db.batchGet({ RequestItems: { [TableName]: { Keys: [{ id: 'b-1' }] } } });
    console.log('batch', batch.Responses.Things.map((item) => item.n));
    db.transactWrite({ TransactItems: [
      { Put: { TableName, Item: { id: 'o', total: new Decimal('39.80') } } },
      { Update: { TableName, Key: { id: 'a' }, UpdateExpression: 'SET stock = stock - :q', ExpressionAttributeValues: { ':q': 1 } } },
    ] });
    const both = db.transactGet({ TransactItems: ['a', 'o'].map((id) => ({ Get: { TableName, Key: { id } } })) });
    console.log('both', both.Responses[0].Item.stock, both.Responses[1].Item.total);
    console.log('query', db.query({
      TableName, KeyConditionExpression: 'id = :id', ExpressionAttributeValues: { ':id': 'o' },
    }).Count);
    let pages = 0, items = 0, page = {};
    do {
      page = db.scan({ TableName, Limit: 3, ExclusiveStartKey: page.LastEvaluatedKey });
      pages++;
      items += page.Items.length;
    } while (page.LastEvaluatedKey);
    console.log('scan', pages, items);
    db.deleteItem({ TableName, Key: { id: 'a' } });
    console.log('gone', db.getItem({ TableName, Key: { id: 'a' } }).Item);
    ";
    insta::assert_snapshot!(say(body, &desk.url()), @r#"
    updated Decimal(3) 1
    batch [ Decimal(1) ]
    both Decimal(2) Decimal(39.8)
    query 1
    scan 2 4
    gone undefined
    "#);
}

#[test]
fn errors_can_be_caught_and_say_everything() {
    let desk = desk(None);
    let body = r"
    const failed = (f) => {
      try { f(); } catch (e) {
        const { name, kind, attempts, reasons, cancellations } = e;
        console.log(name, kind, attempts, JSON.stringify(reasons), JSON.stringify(cancellations), e instanceof Error, e.message);
      }
    };
    db.putItem({ TableName: 'Things', Item: { id: 'a' } });
    failed(() => db.putItem({ TableName: 'Things', Item: { id: 'a' }, ConditionExpression: 'attribute_not_exists(id)' }));
    failed(() => db.getItem({ TableName: 'Nothing', Key: { id: 'a' } }));
    failed(() => db.getItem({ TableName: 'Things', Key: { id: 7 } }));
    failed(() => db.transactWrite({ TransactItems: [
      { Put: { TableName: 'Things', Item: { id: 'c' } } },
      { ConditionCheck: { TableName: 'Things', Key: { id: 'b' }, ConditionExpression: 'attribute_exists(id)' } },
    ] }));
    ";
    let ran = iterate(body, &desk.url());
    insta::assert_snapshot!(ran.said.join("\n"), @r#"
    ConditionalCheckFailedException conditional 1 [] [] true The conditional request failed
    ResourceNotFoundException notFound 1 [] [] true Requested resource not found
    ValidationException invalid 1 [] [] true The provided key element does not match the schema
    TransactionCanceledException conditional 1 [] [{"code":"None"},{"code":"ConditionalCheckFailed","message":"The conditional request failed"}] true Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]
    "#);
    assert_eq!(ran.sum("dynamodb_condition_failed"), 2.0);
    assert_eq!(ran.sum("dynamodb_errors"), 2.0);
    // A condition that is not met is an answer.
    assert_eq!(ran.sum("dynamodb_failed"), 2.0);
}

#[test]
fn nobody_there_is_an_error_of_the_network() {
    let body = "try { db.scan({ TableName: 'T' }); } catch (e) { console.log(e.name, e.kind, e.attempts); }";
    let ran = iterate(body, "http://127.0.0.1:1");
    assert_eq!(ran.said, ["1212 network 3"]);
    assert_eq!((ran.sum("dynamodb_attempts"), ran.sum("http_req_failed")), (3.0, 3.0));
}

#[test]
fn an_error_that_nobody_catches_ends_the_iteration() {
    let ran = iterate("db.getItem({ TableName: 'T', Key: { id: 'a' } });", "http://127.0.0.1:1");
    assert!(ran.said[0].starts_with("1212: "), "{:?}", ran.said);
    assert!(ran.said[1].contains("script.js:"), "{:?}", ran.said);
}

#[test]
fn all_virtual_users_sign_as_the_script_says() {
    let wire = Wire::empty();
    let script = "
    import { Client } from 'flashcrowd/dynamodb';
    export const options = { vus: 4, iterations: 8 };
    const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'session' };
    const db = new Client({ region: 'ap-northeast-2', endpoint: __ENV.ENDPOINT, credentials });
    export default function () { db.getItem({ TableName: 'T', Key: { id: 'a' } }); }";
    assert_eq!(play(script, &wire.url).said, [""; 0]);
    let asked = wire.asked();
    assert_eq!(asked.len(), 8);
    for one in &asked {
        let headers = one.headers.to_ascii_lowercase();
        assert!(headers.contains("credential=akidexample/") && headers.contains("/ap-northeast-2/dynamodb/"));
        assert!(headers.contains("x-amz-security-token: session") && !headers.contains("secret"));
    }
}

#[test]
fn nobody_to_sign_is_an_error_that_says_where_was_looked() {
    let script = "
    import { Client } from 'flashcrowd/dynamodb';
    const db = new Client({ region: 'us-east-1', profile: 'flashcrowd-has-no-such-profile' });
    export default function () {
      try { db.scan({ TableName: 'T' }); } catch (e) { console.log(e.name, e.kind, e.attempts, e.message); }
    }";
    let ran = play(script, "");
    assert!(ran.said[0].starts_with("CredentialsError denied 0 "), "{:?}", ran.said);
    assert!(ran.said[0].contains("flashcrowd-has-no-such-profile"), "{:?}", ran.said);
    assert_eq!((ran.sum("dynamodb_calls"), ran.sum("dynamodb_failed")), (0.0, 1.0));
}

#[test]
fn setup_can_ask_too_and_hands_decimals_on_as_text() {
    let desk = desk(None);
    let script = "
    import { Client, Decimal } from 'flashcrowd/dynamodb';
    const db = new Client({ endpoint: __ENV.ENDPOINT, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
    export function setup() {
      db.putItem({ TableName: 'Things', Item: { id: 'a', price: new Decimal('19.90') } });
      return db.getItem({ TableName: 'Things', Key: { id: 'a' } }).Item;
    }
    export default function (item) { console.log(`${new Decimal(item.price).times(2)}`); }";
    assert_eq!(play(script, &desk.url()).said, ["39.8"]);
}

#[test]
fn what_is_interrupted_ends_at_once() {
    let throttle = r#"{"__type":"x#ProvisionedThroughputExceededException","message":"slow down"}"#;
    let wire = Wire::answering(&[(400, throttle)]);
    let script = "
    import { Client } from 'flashcrowd/dynamodb';
    export const options = { scenarios: { a: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s' } } };
    const db = new Client({ endpoint: __ENV.ENDPOINT, credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      attempts: 1000, retryBase: '1h', retryCap: '1h' });
    export default function () {
      try { db.scan({ TableName: 'T' }); } catch { console.log('caught'); } finally { console.log('finally'); }
    }";
    let ran = play(script, &wire.url);
    assert_eq!(ran.said, [""; 0]);
    assert!(ran.results.seconds < 30.0, "{}", ran.results.seconds);
}
