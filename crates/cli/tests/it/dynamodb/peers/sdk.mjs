// What the AWS SDK for JavaScript makes of the practice endpoint, its own retries included.
import assert from 'node:assert/strict';
import {
  ConditionalCheckFailedException, CreateTableCommand, DeleteTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand,
  ProvisionedThroughputExceededException, QueryCommand, TransactWriteItemsCommand, TransactionCanceledException,
  waitUntilTableExists,
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
const late = await patient.send(new PutItemCommand({ TableName, Item }));
assert.ok(late.$metadata.attempts > 1, `it took ${late.$metadata.attempts} attempts`);
await db.send(new DeleteTableCommand({ TableName }));
console.log('fine');
