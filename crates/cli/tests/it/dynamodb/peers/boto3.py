"""What boto3 makes of the practice endpoint: tables, items, transactions, throttles in their documented shapes."""
import sys
import time
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

url, key, secret = sys.argv[1:4]


def client(key=key, secret=secret, token=None, region="us-east-1"):
    return boto3.client(
        "dynamodb", endpoint_url=url, region_name=region, aws_access_key_id=key, aws_secret_access_key=secret,
        aws_session_token=token, config=Config(retries={"total_max_attempts": 1}),
    )


def refused(code, work):
    try:
        work()
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400, error.response
        return error.response
    raise AssertionError(f"{code} was expected")


db = client()
db.create_table(
    TableName="Things",
    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "kind", "AttributeType": "S"}],
    KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    GlobalSecondaryIndexes=[{
        "IndexName": "by-kind", "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }],
    BillingMode="PAY_PER_REQUEST",
)
db.get_waiter("table_exists").wait(TableName="Things", WaiterConfig={"Delay": 1})
table = boto3.resource(
    "dynamodb", endpoint_url=url, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key=secret,
).Table("Things")

# Decimals of 38 digits come back as they went.
from decimal import Decimal
digits = Decimal("12345678901234567890123456789012345.678")
table.put_item(Item={"id": "a", "kind": "x", "price": digits, "tags": {"red", "blue"}, "raw": b"\x00\x01"})
item = table.get_item(Key={"id": "a"})["Item"]
assert item["price"] == digits and item["tags"] == {"red", "blue"} and item["raw"].value == b"\x00\x01", item

used = db.put_item(
    TableName="Things", Item={"id": {"S": "b"}, "kind": {"S": "x"}, "text": {"S": "t" * 1500}},
    ReturnConsumedCapacity="INDEXES",
)["ConsumedCapacity"]
assert used["TableName"] == "Things" and used["Table"]["CapacityUnits"] == 2.0, used
assert used["GlobalSecondaryIndexes"]["by-kind"]["CapacityUnits"] == 2.0 and used["CapacityUnits"] == 4.0, used
found = db.query(
    TableName="Things", IndexName="by-kind", KeyConditionExpression="kind = :k",
    ExpressionAttributeValues={":k": {"S": "x"}}, ReturnConsumedCapacity="TOTAL",
)
assert found["Count"] == 2 and found["ConsumedCapacity"]["CapacityUnits"] == 0.5, found

refused("ConditionalCheckFailedException", lambda: db.put_item(
    TableName="Things", Item={"id": {"S": "a"}}, ConditionExpression="attribute_not_exists(id)"))
refused("ResourceNotFoundException", lambda: db.get_item(TableName="Nothing", Key={"id": {"S": "a"}}))
refused("ValidationException", lambda: db.put_item(TableName="Things", Item={"id": {"S": "n"}, "n": {"N": "1" * 39}}))
cancelled = refused("TransactionCanceledException", lambda: db.transact_write_items(TransactItems=[
    {"Put": {"TableName": "Things", "Item": {"id": {"S": "c"}}}},
    {"Update": {
        "TableName": "Things", "Key": {"id": {"S": "a"}}, "UpdateExpression": "SET price = :p",
        "ConditionExpression": "attribute_not_exists(id)", "ExpressionAttributeValues": {":p": {"N": "1"}},
    }},
]))
assert [reason["Code"] for reason in cancelled["CancellationReasons"]] == ["None", "ConditionalCheckFailed"], cancelled
assert "Item" not in db.get_item(TableName="Things", Key={"id": {"S": "c"}})

# Two units a second, and the burst that is left: then it is throttled, in the documented shape.
db.update_table(
    TableName="Things", BillingMode="PROVISIONED", ProvisionedThroughput={"ReadCapacityUnits": 2, "WriteCapacityUnits": 2},
    GlobalSecondaryIndexUpdates=[{"Update": {
        "IndexName": "by-kind", "ProvisionedThroughput": {"ReadCapacityUnits": 2, "WriteCapacityUnits": 2}}}],
)
db.get_waiter("table_exists").wait(TableName="Things", WaiterConfig={"Delay": 1})


def drain(work):
    for _ in range(5000):
        work()


throttled = refused("ProvisionedThroughputExceededException", lambda: drain(
    lambda: db.get_item(TableName="Things", Key={"id": {"S": "a"}}, ConsistentRead=True)))
assert throttled["Error"]["Message"].startswith(
    "The level of configured provisioned throughput for the table was exceeded."), throttled
reason = throttled["ThrottlingReasons"][0]
assert reason["reason"] == "TableReadProvisionedThroughputExceeded", throttled
assert reason["resource"].startswith("arn:aws:dynamodb:us-east-1:") and reason["resource"].endswith(":table/Things"), reason
refused("ProvisionedThroughputExceededException", lambda: drain(
    lambda: db.put_item(TableName="Things", Item={"id": {"S": "a"}, "kind": {"S": "x"}})))
cancelled = refused("TransactionCanceledException", lambda: drain(lambda: db.transact_write_items(
    TransactItems=[{"Put": {"TableName": "Things", "Item": {"id": {"S": "z"}, "kind": {"S": "x"}}}}])))
assert cancelled["CancellationReasons"][0]["Code"] == "ProvisionedThroughputExceeded", cancelled

# One item takes what its partition serves and no more, whatever the table has: on demand in this shape, provisioned in that.
from concurrent.futures import ThreadPoolExecutor


def heat(name):
    """Updates one item of 100 KB, 100 units each, from several threads until somebody is refused."""
    db.put_item(TableName=name, Item={"id": {"S": "hot"}, "fill": {"S": "x" * 100_000}})

    def update(_):
        for _ in range(60):
            db.update_item(TableName=name, Key={"id": {"S": "hot"}}, UpdateExpression="ADD n :one",
                           ExpressionAttributeValues={":one": {"N": "1"}})

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(update, range(4)))


for name, billing, code, listed in [
    ("Warm", {"BillingMode": "PAY_PER_REQUEST"}, "ThrottlingException", "throttlingReasons"),
    ("Paid", {"ProvisionedThroughput": {"ReadCapacityUnits": 9000, "WriteCapacityUnits": 9000}},
     "ProvisionedThroughputExceededException", "ThrottlingReasons"),
]:
    db.create_table(
        TableName=name, AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], **billing)
    db.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    hot = refused(code, lambda: heat(name))
    assert hot[listed][0]["reason"] == "TableWriteKeyRangeThroughputExceeded", hot
    assert hot[listed][0]["resource"].endswith(f":table/{name}"), hot

# Two transactions cannot hold an item at a time, nor can a single write take it from one: each in its documented shape.


STOCK = {"TableName": "Warm", "Key": {"id": {"S": "stock"}}, "UpdateExpression": "ADD n :one",
         "ExpressionAttributeValues": {":one": {"N": "1"}}}


def buy():
    db.transact_write_items(TransactItems=[{"Update": STOCK}])


def touch():
    db.update_item(**STOCK)


def met(code, work):
    """The first conflict with this code of two who do `work` while two others buy; what else is refused is tried again."""
    found, others, end = [], set(), time.monotonic() + 60

    def go_on(work, code):
        while not found and time.monotonic() < end:
            try:
                work()
            except ClientError as error:
                if error.response["Error"]["Code"] == code and "TransactionConflict" in str(error):
                    found.append(error.response)
                else:
                    others.add(str(error))

    with ThreadPoolExecutor(4) as threads:
        for job in [threads.submit(go_on, *job) for job in [(buy, None), (work, code)] * 2]:
            job.result()
    assert found, f"{code} was expected, not {others}"
    assert found[0]["ResponseMetadata"]["HTTPStatusCode"] == 400, found[0]
    return found[0]


cancelled = met("TransactionCanceledException", buy)
assert cancelled["CancellationReasons"][0]["Code"] == "TransactionConflict", cancelled
assert "TransactionConflict" in cancelled["Error"]["Message"], cancelled
met("TransactionConflictException", touch)

# Who may come in.
assert "security token" in refused("UnrecognizedClientException", lambda: client(key="AKIASTRANGER").list_tables())[
    "Error"]["Message"]
assert "signature" in refused("InvalidSignatureException", lambda: client(secret="wrong").list_tables())["Error"]["Message"]
assert "region" in refused("InvalidSignatureException", lambda: client(region="eu-west-1").list_tables())["Error"]["Message"]
db.delete_table(TableName="Things")
print("fine")
