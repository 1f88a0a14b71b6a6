"""Tables as somebody else has made them: other names, numbers as keys, no index, no stock, orders without a sort key."""
import sys
import boto3

db = boto3.client(
    "dynamodb", endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s")


def table(name, key, kind):
    db.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": kind}])
    db.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})


for name, key, kind in [
    ("shop-items", "sku", "N"), ("shop-kinds", "kind", "S"), ("shop-users", "user", "S"), ("shop-orders", "id", "S"),
]:
    table(name, key, kind)
for sku in range(30):
    db.put_item(TableName="shop-items", Item={
        "sku": {"N": str(sku)}, "kind": {"S": f"kind-{sku % 3}"}, "amount": {"N": f"{sku + 1}.90"}})
for at in range(3):
    db.put_item(TableName="shop-kinds", Item={"kind": {"S": f"kind-{at}"}})
for at in range(5):
    db.put_item(TableName="shop-users", Item={"user": {"S": f"user-{at}"}})
