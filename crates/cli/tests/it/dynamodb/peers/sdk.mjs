// What the AWS SDK for JavaScript makes of the practice endpoint, its own retries included.
import assert from 'node:assert/strict';
import {
  ConditionalCheckFailedException, CreateTableCommand, DeleteTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand,
  ProvisionedThroughputExceededException, QueryCommand, ThrottlingException, TransactWriteItemsCommand,
  TransactionCanceledException, TransactionConflictException, UpdateItemCommand, waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';

const [endpoint, accessKeyId, secretAccessKey] = process.argv.slice(-3);
const options = { endpoint, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey } };
const db = new DynamoDBClient({ ...options, maxAttempts: 1 });
const TableName = 'Parts';

await db.send(new CreateTableCommand({
  TableName,
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }, { AttributeName: 'line', AttributeType: 'N' }],
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }, { AttributeName: 'line', KeyType: 'RANGE' }],
  ProvisionedThroughput: { ReadCapacityUnits: 2, WriteCapacityUnits: 2 },
}));
await waitUntilTableExists({ client: db, maxWaitTime: 20, minDelay: 1 }, { TableName });

const Item = { id: { S: 'a' }, line: { N: '1' }, price: { N: '19.90' }, list: { L: [{ BOOL: true }, { NULL: true }] } };
const put = await db.send(new PutItemCommand({ TableName, Item, ReturnConsumedCapacity: 'TOTAL' }));
assert.equal(put.ConsumedCapacity.CapacityUnits, 1);
const got = await db.send(new GetItemCommand({ TableName, Key: { id: { S: 'a' }, line: { N: '1' } } }));
assert.deepEqual(got.Item, { ...Item, price: { N: '19.9' } });
const found = await db.send(new QueryCommand({
  TableName, KeyConditionExpression: 'id = :id AND line >= :one',
  ExpressionAttributeValues: { ':id': { S: 'a' }, ':one': { N: '1' } },
}));
assert.equal(found.Count, 1);

await assert.rejects(
  db.send(new PutItemCommand({ TableName, Item, ConditionExpression: 'attribute_not_exists(id)' })),
  ConditionalCheckFailedException,
);

// Both the table's own exception and the transaction's are typed, with their reasons.
const drain = async (command) => {
  for (let i = 0; i < 5000; i += 1) await db.send(command);
};
await assert.rejects(drain(new PutItemCommand({ TableName, Item })), (error) => {
  assert.ok(error instanceof ProvisionedThroughputExceededException, String(error));
  assert.equal(error.ThrottlingReasons[0].reason, 'TableWriteProvisionedThroughputExceeded');
  assert.equal(error.$metadata.httpStatusCode, 400);
  return true;
});
const transaction = new TransactWriteItemsCommand({
  TransactItems: [{ Put: { TableName, Item: { ...Item, line: { N: '2' } } } }, { Put: { TableName, Item } }],
});
await assert.rejects(drain(transaction), (error) => {
  assert.ok(error instanceof TransactionCanceledException, String(error));
  assert.ok(error.CancellationReasons.some((reason) => reason.Code === 'ProvisionedThroughputExceeded'));
  return true;
});

// Its retries get through: the bucket fills by two units a second.
const patient = new DynamoDBClient({ ...options, maxAttempts: 10 });
const late = await Promise.all(Array.from({ length: 6 }, () => patient.send(new PutItemCommand({ TableName, Item }))));
const attempts = late.map((answer) => answer.$metadata.attempts);
assert.ok(attempts.some((count) => count > 1), `they took ${attempts} attempts`);

// A hot item is throttled by its partition, and two transactions cannot hold an item at a time.
const parts = (name, more) => new CreateTableCommand({
  TableName: name, AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }], ...more,
});
const add = (name) => ({
  TableName: name, Key: { id: { S: 'hot' } }, UpdateExpression: 'ADD n :one', ExpressionAttributeValues: { ':one': { N: '1' } },
});
const together = async (count, work) => {
  const all = await Promise.allSettled(Array.from({ length: count }, work));
  return all.filter((one) => one.status === 'rejected').map((one) => one.reason);
};
for (const [name, more, type, reasons] of [
  ['WarmToo', { BillingMode: 'PAY_PER_REQUEST' }, ThrottlingException, (error) => error.throttlingReasons],
  ['PaidToo', { ProvisionedThroughput: { ReadCapacityUnits: 9000, WriteCapacityUnits: 9000 } },
    ProvisionedThroughputExceededException, (error) => error.ThrottlingReasons],
]) {
  await db.send(parts(name, more));
  await waitUntilTableExists({ client: db, maxWaitTime: 20, minDelay: 1 }, { TableName: name });
  await db.send(new PutItemCommand({ TableName: name, Item: { id: { S: 'hot' }, fill: { S: 'x'.repeat(100_000) } } }));
  const [error] = await together(240, () => db.send(new UpdateItemCommand(add(name))));
  assert.ok(error instanceof type, String(error));
  assert.equal(reasons(error)[0].reason, 'TableWriteKeyRangeThroughputExceeded');
  assert.ok(reasons(error)[0].resource.endsWith(`:table/${name}`));
}
const cold = add('WarmToo');
cold.Key = { id: { S: 'stock' } };
const buy = () => db.send(new TransactWriteItemsCommand({ TransactItems: [{ Update: cold }] }));
const [cancelled] = await together(100, buy);
assert.ok(cancelled instanceof TransactionCanceledException, String(cancelled));
assert.equal(cancelled.CancellationReasons[0].Code, 'TransactionConflict');
const refused = await together(200, (_, at) => (at % 2 ? buy() : db.send(new UpdateItemCommand(cold))));
assert.ok(refused.some((error) => error instanceof TransactionConflictException), String(refused));
await db.send(new DeleteTableCommand({ TableName }));
console.log('fine');
