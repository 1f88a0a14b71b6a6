//! The API is what customers can do in the shop: one function for each call.

use bytes::Bytes;
use http::Request;
use http::header::AUTHORIZATION;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::handler::RequestHandler;
use crate::reply::{Refusal, Reply, Status};
use crate::route::Call;
use crate::state::account::{Account, Change, Refused};
use crate::state::queue::{Position, Queue};
use crate::state::servers::Sold;
use crate::state::store::Product;

/// The largest amount of money in one request.
const MOST_MONEY: i64 = 1_000_000_000_000;

/// The most products in one order.
const MOST_LINES: usize = 100;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BalanceView {
    user_id: u64,
    balance: i64,
}

#[derive(Serialize)]
struct ProductView {
    id: u64,
    name: String,
    price: u64,
    stock: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InventoryView {
    product_id: u64,
    stock: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PurchaseView {
    product_id: u64,
    quantity: u32,
    stock: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OrderView {
    order_id: u64,
    user_id: u64,
    total_amount: i64,
    balance: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PositionView {
    booth_id: u64,
    position: usize,
    waiting: usize,
}

#[derive(Deserialize)]
struct Recharge {
    amount: i64,
}

#[derive(Deserialize)]
struct LogIn {
    username: String,
    password: String,
}

#[derive(Deserialize)]
struct Purchase {
    #[serde(default = "one")]
    quantity: u32,
}

impl Default for Purchase {
    fn default() -> Self {
        Self { quantity: one() }
    }
}

/// How many items who does not say a number wants.
fn one() -> u32 {
    1
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    user_id: u64,
    total_amount: i64,
    products: Vec<OrderLine>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderLine {
    product_id: u64,
    quantity: u32,
}

impl RequestHandler {
    /// Does what a customer asks for.
    pub(crate) async fn call(&self, call: Call, request: &Request<Bytes>) -> Result<Reply, Refusal> {
        match call {
            Call::Balance { user } => self.balance(user).await,
            Call::Recharge { user } => self.recharge(user, &parse(request)?).await,
            Call::Product { product } => self.product(product).await,
            Call::Order => self.order(parse(request)?).await,
            Call::Join { booth } => self.join(booth, &self.customer(request)?).await,
            Call::Position { booth } => self.position(booth, &self.customer(request)?).await,
            Call::Leave { booth } => self.leave(booth, &self.customer(request)?).await,
            Call::LogIn => self.log_in(&parse(request)?).await,
            Call::Inventory { product } => self.inventory(product).await,
            Call::Purchase { product } => {
                let purchase = if request.body().is_empty() { Purchase::default() } else { parse(request)? };
                self.purchase(product, &purchase).await
            }
            Call::Health => Ok(Reply::json(&json!({ "status": "up" }))),
        }
    }

    async fn balance(&self, user_id: u64) -> Result<Reply, Refusal> {
        let user = self.find_user(user_id)?;
        let balance = self.state.read(user).await.map_err(unavailable)?;
        Ok(Reply::json(&BalanceView { user_id, balance }))
    }

    async fn recharge(&self, user_id: u64, recharge: &Recharge) -> Result<Reply, Refusal> {
        let user = self.find_user(user_id)?;
        check_money("amount", recharge.amount, 1)?;
        let change = [Change { account: user, delta: recharge.amount }];
        let sold = self.apply(&change).await.map_err(unavailable)?;
        Ok(Reply::json(&BalanceView { user_id, balance: sold.value }))
    }

    async fn product(&self, id: u64) -> Result<Reply, Refusal> {
        let product = self.find_product(id)?;
        let stock = self.state.read(&product.stock).await.map_err(unavailable)?;
        let (name, price) = (format!("Product {id}"), product.price());
        Ok(Reply::json(&ProductView { id, name, price, stock }))
    }

    async fn order(&self, order: Order) -> Result<Reply, Refusal> {
        let user = self.find_user(order.user_id)?;
        check_money("totalAmount", order.total_amount, 0)?;
        let lines = self.order_lines(order.products)?;
        let mut changes: Vec<_> = lines.iter().map(|&(product, quantity)| take(product, quantity)).collect();
        changes.push(Change { account: user, delta: -order.total_amount });
        let sold = self.apply(&changes).await.map_err(|refused| match refused {
            Refused::Short(place) => match lines.get(place) {
                Some((product, _)) => sold_out(product),
                None => Refusal::new(Status::PaymentRequired, "the balance is too low"),
            },
            other => unavailable(other),
        })?;
        let (user_id, total_amount) = (order.user_id, order.total_amount);
        Ok(Reply::json(&OrderView { order_id: sold.order, user_id, total_amount, balance: sold.value }))
    }

    /// The products of an order by ascending number, each once, however often it was named.
    fn order_lines(&self, mut lines: Vec<OrderLine>) -> Result<Vec<(&Product, u32)>, Refusal> {
        if lines.is_empty() || lines.len() > MOST_LINES {
            return Err(Refusal::bad_request(format!("products must have 1 to {MOST_LINES} entries")));
        }
        lines.sort_by_key(|line| line.product_id);
        let mut merged: Vec<(&Product, u32)> = Vec::with_capacity(lines.len());
        for OrderLine { product_id, quantity } in lines {
            check_quantity(quantity)?;
            match merged.last_mut() {
                Some((product, total)) if product.id == product_id => *total = total.saturating_add(quantity),
                _ => merged.push((self.find_product(product_id)?, quantity)),
            }
        }
        Ok(merged)
    }

    async fn inventory(&self, product_id: u64) -> Result<Reply, Refusal> {
        let product = self.find_product(product_id)?;
        let stock = self.state.read(&product.stock).await.map_err(unavailable)?;
        Ok(Reply::json(&InventoryView { product_id, stock }))
    }

    async fn purchase(&self, product_id: u64, purchase: &Purchase) -> Result<Reply, Refusal> {
        let product = self.find_product(product_id)?;
        let quantity = purchase.quantity;
        check_quantity(quantity)?;
        let sold = self.apply(&[take(product, quantity)]).await.map_err(|refused| match refused {
            Refused::Short(_) => sold_out(product),
            other => unavailable(other),
        })?;
        Ok(Reply::json(&PurchaseView { product_id, quantity, stock: sold.value }))
    }

    async fn join(&self, booth_id: u64, customer: &str) -> Result<Reply, Refusal> {
        let queue = self.find_queue(booth_id)?;
        self.state.database.write().await;
        Ok(Reply::json(&PositionView::new(booth_id, queue.join(customer))))
    }

    async fn position(&self, booth_id: u64, customer: &str) -> Result<Reply, Refusal> {
        let queue = self.find_queue(booth_id)?;
        self.state.database.read().await;
        let position = queue.position(customer).ok_or_else(|| {
            Refusal::new(
                Status::NotFound,
                format!("{customer} does not stand in the queue of booth {booth_id}"),
            )
        })?;
        Ok(Reply::json(&PositionView::new(booth_id, position)))
    }

    async fn leave(&self, booth_id: u64, customer: &str) -> Result<Reply, Refusal> {
        let queue = self.find_queue(booth_id)?;
        self.state.database.write().await;
        Ok(Reply::json(&json!({ "boothId": booth_id, "left": queue.leave(customer) })))
    }

    /// Any name and password will do, as long as there are some.
    async fn log_in(&self, who: &LogIn) -> Result<Reply, Refusal> {
        if who.username.is_empty() || who.password.is_empty() {
            return Err(Refusal::new(Status::Unauthorized, "username and password must not be empty"));
        }
        self.state.database.read().await;
        let token = self.state.key.log_in(&who.username);
        Ok(Reply::json(&json!({ "access_token": token, "token_type": "bearer" })))
    }

    async fn apply(&self, changes: &[Change<'_>]) -> Result<Sold, Refused> {
        self.state.sell(self.worker, changes).await
    }

    fn customer(&self, request: &Request<Bytes>) -> Result<String, Refusal> {
        let authorization = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let customer = self.state.key.subject(authorization);
        customer.map_err(|error| Refusal::new(Status::Unauthorized, error.to_string()))
    }

    fn find_product(&self, id: u64) -> Result<&Product, Refusal> {
        self.state.store.product(id).ok_or_else(|| Refusal::not_found("product", id))
    }

    fn find_user(&self, id: u64) -> Result<&Account, Refusal> {
        self.state.store.user(id).ok_or_else(|| Refusal::not_found("user", id))
    }

    fn find_queue(&self, booth: u64) -> Result<&Queue, Refusal> {
        self.state.store.booth(booth).ok_or_else(|| Refusal::not_found("booth", booth))
    }
}

impl PositionView {
    fn new(booth_id: u64, Position { position, waiting }: Position) -> Self {
        Self { booth_id, position, waiting }
    }
}

fn parse<T: DeserializeOwned>(request: &Request<Bytes>) -> Result<T, Refusal> {
    serde_json::from_slice(request.body())
        .map_err(|error| Refusal::bad_request(format!("the body is not the JSON expected here: {error}")))
}

fn check_money(field: &str, amount: i64, least: i64) -> Result<(), Refusal> {
    if (least..=MOST_MONEY).contains(&amount) {
        return Ok(());
    }
    Err(Refusal::bad_request(format!("{field} is {amount}: use {least} to {MOST_MONEY}")))
}

fn check_quantity(quantity: u32) -> Result<(), Refusal> {
    if quantity > 0 { Ok(()) } else { Err(Refusal::bad_request("quantity is 0: use 1 or more")) }
}

fn take(product: &Product, quantity: u32) -> Change<'_> {
    Change { account: &product.stock, delta: -i64::from(quantity) }
}

fn sold_out(product: &Product) -> Refusal {
    Refusal::new(Status::Conflict, format!("product {} is out of stock", product.id))
}

/// What is not the customer's fault.
fn unavailable(refused: Refused) -> Refusal {
    let why = match refused {
        // There is always enough for adding money.
        Refused::Busy | Refused::Short(_) => "timed out waiting for the lock",
        Refused::NoConnection => "timed out waiting for a connection of the pool",
        Refused::Failed(why) => return Refusal::new(Status::Unavailable, why),
    };
    Refusal::new(Status::Unavailable, why)
}
