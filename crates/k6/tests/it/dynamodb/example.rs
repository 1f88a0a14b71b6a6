//! The example sells what there is, for exactly what it costs.

use flashcrowd_dynamodb::Decimal;
use serde_json::{Value, json};

use super::desk::{ask, empty_desk, make_table, play_in};

const EXAMPLE: &str = include_str!("../../../../../examples/k6/prime-day-dynamodb.js");
const STOCK: u64 = 4;

#[test]
fn the_example_never_oversells_and_its_money_adds_up() {
    let desk = empty_desk();
    make_table(
        &desk,
        "Products",
        &["product_id", "category_id"],
        json!({
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{ "AttributeName": "product_id", "KeyType": "HASH" }],
            "GlobalSecondaryIndexes": [{
                "IndexName": "category-index",
                "KeySchema": [
                    { "AttributeName": "category_id", "KeyType": "HASH" }, { "AttributeName": "product_id", "KeyType": "RANGE" },
                ],
                "Projection": { "ProjectionType": "ALL" },
            }],
        }),
    );
    make_table(&desk, "Orders", &["order_id", "line"], json!({ "BillingMode": "PAY_PER_REQUEST" }));
    for (id, price) in [("p-00001", "19.90"), ("p-00002", "0.99"), ("p-00003", "1999.90")] {
        let item = json!({
            "product_id": { "S": id }, "category_id": { "S": "fan" }, "price": { "N": price },
            "stock": { "N": STOCK.to_string() },
        });
        ask(&desk, "PutItem", &json!({ "TableName": "Products", "Item": item }));
    }
    let client = "new Client({ endpoint: __ENV.ENDPOINT })";
    assert!(EXAMPLE.contains(client));
    let signed =
        "new Client({ endpoint: __ENV.ENDPOINT, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })";
    let url = desk.url();
    let env = [("ENDPOINT", url.as_str()), ("PRODUCTS", "3"), ("DURATION", "2s"), ("CUSTOMERS", "4")];
    let ran = play_in(&EXAMPLE.replace(client, signed), &env);
    assert_eq!(ran.said, [""; 0]);
    assert_eq!(ran.sum("dynamodb_errors"), 0.0);
    let sold = check_orders(&desk);
    assert_eq!(ran.sum("orders") as usize, sold.len());
    assert!(ran.sum("orders") > 0.0 && ran.sum("orders_sold_out") > 0.0);
    let mut left = 0;
    for product in items(&desk, "Products") {
        left += product["stock"]["N"].as_str().unwrap().parse::<u64>().unwrap();
    }
    assert_eq!(left + sold.iter().sum::<u64>(), 3 * STOCK);
}

fn items(desk: &flashcrowd_dynamodb_shop::RunningServer, table: &str) -> Vec<Value> {
    ask(desk, "Scan", &json!({ "TableName": table }))["Items"].as_array().unwrap().clone()
}

/// How many of a product each order has, once its money was checked.
fn check_orders(desk: &flashcrowd_dynamodb_shop::RunningServer) -> Vec<u64> {
    let number = |item: &Value, name: &str| item[name]["N"].as_str().unwrap().parse::<Decimal>().unwrap();
    let all = items(desk, "Orders");
    let (headers, lines): (Vec<_>, Vec<_>) = all.iter().partition(|item| item["line"]["S"] == "order");
    assert_eq!(headers.len(), lines.len());
    for header in headers {
        let line = lines.iter().find(|line| line["order_id"] == header["order_id"]).unwrap();
        let quantity = number(line, "quantity");
        let subtotal = number(line, "price") * &quantity;
        let rate = "100".parse::<Decimal>().unwrap() - &number(line, "discount");
        let total = (subtotal.clone() * &rate * &"0.01".parse().unwrap()).round(2);
        assert_eq!(number(header, "total"), total);
        assert_eq!(number(header, "subtotal"), subtotal);
        assert_eq!(number(header, "discount"), subtotal - &total);
        assert_eq!(number(line, "total"), total);
    }
    lines.iter().map(|line| number(line, "quantity").to_string().parse().unwrap()).collect()
}
