//! Requests are the JSON bodies of what the shop's customers ask, written straight into a buffer.

use bytes::Bytes;
use flashcrowd_dynamodb::{Decimal, Fault, FaultKind, Item};
use serde::Serialize;

use super::order::{Line, Order};
use super::own_requests::OwnRequests;
use super::tables::{CATEGORY_INDEX, Tables};

/// Writes requests.
#[derive(Debug)]
pub(crate) struct Requests {
    tables: Tables,
    consistent: bool,
    buffer: Vec<u8>,
    /// Where the tables are somebody else's.
    own: Option<OwnRequests>,
}

impl Requests {
    /// The position of the order itself among the actions of [`Requests::transaction`].
    pub(crate) const HEADER_ACTION: usize = 0;

    /// Requests for these tables, whose reads are strongly consistent where that is possible and wanted.
    pub(crate) fn new(tables: Tables, consistent: bool) -> Self {
        let own = tables.own().map(|own| OwnRequests::new(own.clone(), consistent));
        Self { tables, consistent, buffer: Vec::with_capacity(2_048), own }
    }

    /// A page of all products, of at most so many items, that begins after a key.
    pub(crate) fn scan(&mut self, limit: u32, start: Option<&Item>) -> Result<Bytes, Fault> {
        if let Some(own) = &self.own {
            return Ok(own.scan(limit, start, None));
        }
        let scan = Scan {
            table_name: &self.tables.products,
            limit,
            consistent_read: self.consistent,
            exclusive_start_key: start,
            return_consumed_capacity: INDEXES,
        };
        write(&mut self.buffer, &scan)
    }

    /// A page of all products of which only those of a category are told: for tables without an index by category.
    pub(crate) fn filtered(
        &mut self,
        category: &str,
        limit: u32,
        start: Option<&Item>,
    ) -> Result<Bytes, Fault> {
        match &self.own {
            Some(own) => Ok(own.scan(limit, start, Some(category))),
            None => self.scan(limit, start),
        }
    }

    /// The products of a category, at most so many.
    pub(crate) fn query(&mut self, category: &str, limit: u32) -> Result<Bytes, Fault> {
        if let Some(own) = &self.own {
            return Ok(own.query(category, limit));
        }
        let query = Query {
            table_name: &self.tables.products,
            index_name: CATEGORY_INDEX,
            key_condition_expression: "category_id = :category",
            expression_attribute_values: CategoryValue { category: text(category) },
            limit,
            return_consumed_capacity: INDEXES,
        };
        write(&mut self.buffer, &query)
    }

    /// One product.
    pub(crate) fn get(&mut self, product: &str) -> Result<Bytes, Fault> {
        if let Some(own) = &self.own {
            return Ok(own.get(product));
        }
        let get = Get {
            table_name: &self.tables.products,
            key: ProductKey { product_id: text(product) },
            consistent_read: self.consistent,
            return_consumed_capacity: INDEXES,
        };
        write(&mut self.buffer, &get)
    }

    /// A plain put of a whole order.
    pub(crate) fn put(&mut self, order: &Order) -> Result<Bytes, Fault> {
        if let Some(own) = &self.own {
            return own.put(order);
        }
        let lines = order.lines.iter().map(|line| Map { map: LineItem::within(line) });
        let put = Put {
            table_name: &self.tables.orders,
            item: OrderItem::new(order, Some(List { list: lines.collect() })),
            condition_expression: None,
            return_consumed_capacity: Some(INDEXES),
        };
        write(&mut self.buffer, &put)
    }

    /// An order, its lines and their stock in one transaction. The order must not be there yet: so it is not written twice
    /// even by a service that forgets the request's token.
    pub(crate) fn transaction(&mut self, order: &Order) -> Result<Bytes, Fault> {
        if let Some(own) = &self.own {
            return own.transaction(order);
        }
        let mut transact_items = Vec::with_capacity(1 + 2 * order.lines.len());
        transact_items.push(Action::PutOrder(Put {
            table_name: &self.tables.orders,
            item: OrderItem::new(order, None),
            condition_expression: Some("attribute_not_exists(order_id)"),
            return_consumed_capacity: None,
        }));
        transact_items.extend(order.lines.iter().enumerate().map(|(at, line)| {
            Action::PutLine(Put {
                table_name: &self.tables.orders,
                item: LineItem::of(order, at, line),
                condition_expression: None,
                return_consumed_capacity: None,
            })
        }));
        transact_items.extend(order.lines.iter().map(|line| {
            Action::Update(Update {
                table_name: &self.tables.products,
                key: ProductKey { product_id: text(&line.product) },
                update_expression: "SET stock = stock - :quantity",
                condition_expression: "stock >= :quantity",
                expression_attribute_values: QuantityValue { quantity: number(line.quantity) },
            })
        }));
        let transaction = Transaction {
            transact_items,
            client_request_token: &order.id,
            return_consumed_capacity: INDEXES,
        };
        write(&mut self.buffer, &transaction)
    }
}

/// Only what is consumed of indexes apart tells what the table itself consumed.
const INDEXES: &str = "INDEXES";

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Scan<'a> {
    table_name: &'a str,
    limit: u32,
    #[serde(skip_serializing_if = "is_off")]
    consistent_read: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    exclusive_start_key: Option<&'a Item>,
    return_consumed_capacity: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Query<'a> {
    table_name: &'a str,
    index_name: &'static str,
    key_condition_expression: &'static str,
    expression_attribute_values: CategoryValue<'a>,
    limit: u32,
    return_consumed_capacity: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Get<'a> {
    table_name: &'a str,
    key: ProductKey<'a>,
    #[serde(skip_serializing_if = "is_off")]
    consistent_read: bool,
    return_consumed_capacity: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Put<'a, T> {
    table_name: &'a str,
    item: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition_expression: Option<&'static str>,
    /// None in a transaction, which has its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    return_consumed_capacity: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Transaction<'a> {
    transact_items: Vec<Action<'a>>,
    client_request_token: &'a str,
    return_consumed_capacity: &'static str,
}

#[derive(Serialize)]
enum Action<'a> {
    #[serde(rename = "Put")]
    PutOrder(Put<'a, OrderItem<'a>>),
    #[serde(rename = "Put")]
    PutLine(Put<'a, LineItem<'a>>),
    Update(Update<'a>),
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Update<'a> {
    table_name: &'a str,
    key: ProductKey<'a>,
    update_expression: &'static str,
    condition_expression: &'static str,
    expression_attribute_values: QuantityValue,
}

#[derive(Serialize)]
struct ProductKey<'a> {
    product_id: Text<'a>,
}

#[derive(Serialize)]
struct CategoryValue<'a> {
    #[serde(rename = ":category")]
    category: Text<'a>,
}

#[derive(Serialize)]
struct QuantityValue {
    #[serde(rename = ":quantity")]
    quantity: Number<Decimal>,
}

/// An order itself, with its lines inside if they are not items of their own.
#[derive(Serialize)]
struct OrderItem<'a> {
    order_id: Text<'a>,
    line: Text<'static>,
    customer_id: Text<'a>,
    ordered_at: Text<'a>,
    delivery: Text<'a>,
    status: Text<'static>,
    subtotal: Number<Decimal>,
    discount: Number<Decimal>,
    total: Number<&'a Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<List<Map<LineItem<'a>>>>,
}

impl<'a> OrderItem<'a> {
    fn new(order: &'a Order, lines: Option<List<Map<LineItem<'a>>>>) -> Self {
        let subtotal = order.subtotal();
        Self {
            order_id: text(&order.id),
            line: text("order"),
            customer_id: text(&order.customer),
            ordered_at: text(&order.ordered_at),
            delivery: text(&order.delivery),
            status: text("PLACED"),
            discount: Number { number: subtotal.clone() - &order.total },
            subtotal: Number { number: subtotal },
            total: Number { number: &order.total },
            lines,
        }
    }
}

/// A line of an order, with its keys if it is an item of its own.
#[derive(Serialize)]
struct LineItem<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<LineKey>,
    product_id: Text<'a>,
    quantity: Number<Decimal>,
    price: Number<&'a Decimal>,
    discount: Number<Decimal>,
    total: Number<&'a Decimal>,
}

impl<'a> LineItem<'a> {
    fn within(line: &'a Line) -> Self {
        Self {
            order_id: None,
            line: None,
            product_id: text(&line.product),
            quantity: number(line.quantity),
            price: Number { number: &line.price },
            discount: number(line.discount),
            total: Number { number: &line.total },
        }
    }

    fn of(order: &'a Order, at: usize, line: &'a Line) -> Self {
        let key = LineKey { text: format!("line#{}", at + 1) };
        Self { order_id: Some(text(&order.id)), line: Some(key), ..Self::within(line) }
    }
}

#[derive(Serialize)]
struct LineKey {
    #[serde(rename = "S")]
    text: String,
}

#[derive(Serialize)]
struct Text<'a> {
    #[serde(rename = "S")]
    text: &'a str,
}

#[derive(Serialize)]
struct Number<T> {
    #[serde(rename = "N")]
    number: T,
}

#[derive(Serialize)]
struct List<T> {
    #[serde(rename = "L")]
    list: Vec<T>,
}

#[derive(Serialize)]
struct Map<T> {
    #[serde(rename = "M")]
    map: T,
}

fn text(text: &str) -> Text<'_> {
    Text { text }
}

fn number(number: u64) -> Number<Decimal> {
    Number { number: number.into() }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_off(flag: &bool) -> bool {
    !flag
}

/// The only thing that cannot be written is an amount that DynamoDB does not keep, such as of a price of 38 digits.
fn write(buffer: &mut Vec<u8>, request: &impl Serialize) -> Result<Bytes, Fault> {
    buffer.clear();
    serde_json::to_writer(&mut *buffer, request)
        .map_err(|error| Fault::new(FaultKind::Invalid, "UnwritableRequest", error.to_string()))?;
    Ok(Bytes::copy_from_slice(buffer))
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::Product;
    use super::*;

    fn order() -> Order {
        let product = |id: &str, cents| Product {
            id: id.into(),
            category: "fan".into(),
            name: "n".into(),
            price: Decimal::from_cents(cents),
            stock: 1,
        };
        let lines =
            vec![Line::new(&product("p-00001", 1_990), 2, 50), Line::new(&product("p-\"2\"", 995), 1, 10)];
        Order {
            id: "d3b07384-d113-4ec5-a6d4-6f1c2b7d1a10".into(),
            customer: "c-00001".into(),
            total: lines.iter().map(|line| &line.total).sum(),
            lines,
            ordered_at: "2026-11-20T09:00:00Z".into(),
            delivery: "2026-11-21".into(),
        }
    }

    fn requests(consistent: bool) -> Requests {
        Requests::new(Tables::new("t-"), consistent)
    }

    fn plain(body: Result<Bytes, Fault>) -> String {
        String::from_utf8(body.unwrap().to_vec()).unwrap()
    }

    #[test]
    fn reads() {
        let (mut weak, mut strong) = (requests(false), requests(true));
        let start: Item = [("product_id".to_owned(), "p-\"1\"".into())].into_iter().collect();
        let reads = [
            weak.get("p-00001"),
            strong.get("p-\"1\""),
            weak.scan(25, None),
            strong.scan(25, Some(&start)),
            weak.query("fan", 20),
            strong.query("fan", 20),
        ];
        insta::assert_snapshot!(reads.map(plain).join("\n"), @r#"
        {"TableName":"t-Products","Key":{"product_id":{"S":"p-00001"}},"ReturnConsumedCapacity":"INDEXES"}
        {"TableName":"t-Products","Key":{"product_id":{"S":"p-\"1\""}},"ConsistentRead":true,"ReturnConsumedCapacity":"INDEXES"}
        {"TableName":"t-Products","Limit":25,"ReturnConsumedCapacity":"INDEXES"}
        {"TableName":"t-Products","Limit":25,"ConsistentRead":true,"ExclusiveStartKey":{"product_id":{"S":"p-\"1\""}},"ReturnConsumedCapacity":"INDEXES"}
        {"TableName":"t-Products","IndexName":"category-index","KeyConditionExpression":"category_id = :category","ExpressionAttributeValues":{":category":{"S":"fan"}},"Limit":20,"ReturnConsumedCapacity":"INDEXES"}
        {"TableName":"t-Products","IndexName":"category-index","KeyConditionExpression":"category_id = :category","ExpressionAttributeValues":{":category":{"S":"fan"}},"Limit":20,"ReturnConsumedCapacity":"INDEXES"}
        "#);
    }

    #[test]
    fn a_plain_put() {
        insta::assert_snapshot!(plain(requests(false).put(&order())).replace("{\"M\"", "\n{\"M\""), @r#"
        {"TableName":"t-Orders","Item":{"order_id":{"S":"d3b07384-d113-4ec5-a6d4-6f1c2b7d1a10"},"line":{"S":"order"},"customer_id":{"S":"c-00001"},"ordered_at":{"S":"2026-11-20T09:00:00Z"},"delivery":{"S":"2026-11-21"},"status":{"S":"PLACED"},"subtotal":{"N":"49.75"},"discount":{"N":"20.89"},"total":{"N":"28.86"},"lines":{"L":[
        {"M":{"product_id":{"S":"p-00001"},"quantity":{"N":"2"},"price":{"N":"19.9"},"discount":{"N":"50"},"total":{"N":"19.9"}}},
        {"M":{"product_id":{"S":"p-\"2\""},"quantity":{"N":"1"},"price":{"N":"9.95"},"discount":{"N":"10"},"total":{"N":"8.96"}}}]}},"ReturnConsumedCapacity":"INDEXES"}
        "#);
    }

    #[test]
    fn a_transaction() {
        let body = plain(requests(false).transaction(&order()));
        let lines = ["{\"Put\"", "{\"Update\"", "],\"Client"]
            .iter()
            .fold(body, |body, start| body.replace(start, &format!("\n{start}")));
        insta::assert_snapshot!(lines, @r#"
        {"TransactItems":[
        {"Put":{"TableName":"t-Orders","Item":{"order_id":{"S":"d3b07384-d113-4ec5-a6d4-6f1c2b7d1a10"},"line":{"S":"order"},"customer_id":{"S":"c-00001"},"ordered_at":{"S":"2026-11-20T09:00:00Z"},"delivery":{"S":"2026-11-21"},"status":{"S":"PLACED"},"subtotal":{"N":"49.75"},"discount":{"N":"20.89"},"total":{"N":"28.86"}},"ConditionExpression":"attribute_not_exists(order_id)"}},
        {"Put":{"TableName":"t-Orders","Item":{"order_id":{"S":"d3b07384-d113-4ec5-a6d4-6f1c2b7d1a10"},"line":{"S":"line#1"},"product_id":{"S":"p-00001"},"quantity":{"N":"2"},"price":{"N":"19.9"},"discount":{"N":"50"},"total":{"N":"19.9"}}}},
        {"Put":{"TableName":"t-Orders","Item":{"order_id":{"S":"d3b07384-d113-4ec5-a6d4-6f1c2b7d1a10"},"line":{"S":"line#2"},"product_id":{"S":"p-\"2\""},"quantity":{"N":"1"},"price":{"N":"9.95"},"discount":{"N":"10"},"total":{"N":"8.96"}}}},
        {"Update":{"TableName":"t-Products","Key":{"product_id":{"S":"p-00001"}},"UpdateExpression":"SET stock = stock - :quantity","ConditionExpression":"stock >= :quantity","ExpressionAttributeValues":{":quantity":{"N":"2"}}}},
        {"Update":{"TableName":"t-Products","Key":{"product_id":{"S":"p-\"2\""}},"UpdateExpression":"SET stock = stock - :quantity","ConditionExpression":"stock >= :quantity","ExpressionAttributeValues":{":quantity":{"N":"1"}}}}
        ],"ClientRequestToken":"d3b07384-d113-4ec5-a6d4-6f1c2b7d1a10","ReturnConsumedCapacity":"INDEXES"}
        "#);
    }

    #[test]
    fn the_header_is_where_it_is_said_to_be() {
        let body: serde_json::Value =
            serde_json::from_slice(&requests(false).transaction(&order()).unwrap()).unwrap();
        let header = &body["TransactItems"][Requests::HEADER_ACTION]["Put"];
        assert_eq!(header["Item"]["line"]["S"], "order");
        assert_eq!(header["ConditionExpression"], "attribute_not_exists(order_id)");
    }

    #[test]
    fn an_amount_that_cannot_be_kept_is_an_error() {
        let mut order = order();
        order.lines[0].price = "12345678901234567890123456789012345678".parse().unwrap();
        order.lines[0].total = order.lines[0].price.clone() * &order.lines[0].price;
        let fault = requests(false).put(&order).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Invalid);
        assert!(fault.message.contains("out of range"), "{fault}");
    }
}
