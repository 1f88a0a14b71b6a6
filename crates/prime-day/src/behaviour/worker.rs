//! A worker is what the customers of one thread share: names, buffers, chance, and where samples go.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use fastrand::Rng;
use flashcrowd_dynamodb::{Call, Fault, Item, KeyWatch, Meter, Operation, wall_now};
use flashcrowd_engine::{ActiveScenario, WorkerContext};
use flashcrowd_http::WorkerClient;

use super::shop_behaviour::ShopBehaviour;
use crate::shop::{Order, OrderIds, OrderStyle, Pattern, Product, Requests, Workload};

/// What the customers of one thread share.
pub(super) struct Worker {
    pub(super) behaviour: Arc<ShopBehaviour>,
    pub(super) http: Rc<WorkerClient>,
    context: Rc<WorkerContext>,
    rng: RefCell<Rng>,
    ids: OrderIds,
    requests: RefCell<Requests>,
    scan: Kind,
    query: Kind,
    get: Kind,
    order: Kind,
    meters: RefCell<Vec<Option<Rc<Meter>>>>,
    keys: Rc<KeyWatch>,
}

/// What all calls of one kind have in common.
struct Kind {
    operation: Operation,
    table: Arc<str>,
    name: Rc<str>,
}

impl Kind {
    fn call(&self, body: Bytes) -> Call {
        Call { operation: self.operation, table: self.table.clone(), name: self.name.clone(), body }
    }
}

impl Worker {
    /// What the customers of a thread share.
    pub(super) fn new(behaviour: Arc<ShopBehaviour>, context: Rc<WorkerContext>) -> Rc<Self> {
        let workload = &behaviour.workload;
        let kind = |operation, table: &Arc<str>, name: String| Kind {
            operation,
            table: table.clone(),
            name: name.into(),
        };
        let (products, orders) = (&workload.tables.products, &workload.tables.orders);
        let order = match workload.orders {
            OrderStyle::Transaction => {
                kind(Operation::TransactWriteItems, orders, format!("TransactWriteItems {orders}"))
            }
            OrderStyle::Put => kind(Operation::PutItem, orders, format!("PutItem {orders}")),
        };
        Rc::new(Self {
            http: WorkerClient::new(behaviour.settings.http.clone()),
            context,
            rng: RefCell::new(Rng::new()),
            ids: OrderIds::default(),
            requests: RefCell::new(Requests::new(workload.tables.clone(), workload.consistent)),
            scan: kind(Operation::Scan, products, format!("Scan {products}")),
            query: match workload.tables.category_index() {
                Some(index) => kind(Operation::Query, products, format!("Query {products}/{index}")),
                None => kind(Operation::Scan, products, format!("Scan {products} by category")),
            },
            get: kind(Operation::GetItem, products, format!("GetItem {products}")),
            order,
            meters: RefCell::default(),
            keys: Rc::new(KeyWatch::new(behaviour.settings.keys.clone())),
            behaviour,
        })
    }

    pub(super) fn workload(&self) -> &Workload {
        &self.behaviour.workload
    }

    /// What a customer looks at next.
    pub(super) fn draw_pattern(&self) -> Pattern {
        self.workload().patterns.draw(&mut self.rng.borrow_mut())
    }

    /// Whether a customer that does both looks at something next.
    pub(super) fn draw_look(&self) -> bool {
        self.workload().is_look(&mut self.rng.borrow_mut())
    }

    /// A product that a customer looks at; none if there are none.
    pub(super) fn draw_product(&self) -> Option<&Product> {
        let drawn = self.workload().popularity.draw(&mut self.rng.borrow_mut());
        self.workload().catalogue.products.get(drawn)
    }

    /// What a customer orders; none if there is nothing to order.
    pub(super) fn draw_order(&self) -> Option<Order> {
        let (workload, rng) = (self.workload(), &mut self.rng.borrow_mut());
        Order::draw(&workload.catalogue, &workload.popularity, rng, self.ids.next(), wall_now())
    }

    /// The call for the page of all products that begins after a key.
    pub(super) fn scan(&self, start: Option<&Item>) -> Result<Call, Fault> {
        Ok(self.scan.call(self.requests.borrow_mut().scan(self.workload().scan_limit, start)?))
    }

    /// The call for the products of a category.
    pub(super) fn query(&self, category: &str) -> Result<Call, Fault> {
        Ok(self.query.call(self.requests.borrow_mut().query(category, self.workload().query_limit)?))
    }

    /// Whether products of a category are found by scanning all of them.
    pub(super) fn filters(&self) -> bool {
        self.workload().tables.category_index().is_none()
    }

    /// The call for a page of all products, of which only those of a category are told.
    pub(super) fn filtered(&self, category: &str, start: Option<&Item>) -> Result<Call, Fault> {
        let limit = self.workload().scan_limit;
        Ok(self.query.call(self.requests.borrow_mut().filtered(category, limit, start)?))
    }

    /// The call for a product.
    pub(super) fn get(&self, product: &str) -> Result<Call, Fault> {
        Ok(self.get.call(self.requests.borrow_mut().get(product)?))
    }

    /// The call that writes an order.
    pub(super) fn order(&self, order: &Order) -> Result<Call, Fault> {
        let mut requests = self.requests.borrow_mut();
        let body = match self.workload().orders {
            OrderStyle::Transaction => requests.transaction(order)?,
            OrderStyle::Put => requests.put(order)?,
        };
        Ok(self.order.call(body))
    }

    /// Where the samples of a scenario go.
    pub(super) fn meter(&self, scenario: &ActiveScenario) -> Rc<Meter> {
        let mut meters = self.meters.borrow_mut();
        if meters.len() <= scenario.index {
            meters.resize(scenario.index + 1, None);
        }
        let settings = &self.behaviour.settings;
        let new = || {
            let (shard, tags) = (self.context.shard.clone(), scenario.tags.clone());
            let meter = Meter::new(shard, settings.measures, settings.system_tags.clone(), tags);
            Rc::new(meter.watching(self.keys.clone()))
        };
        meters[scenario.index].get_or_insert_with(new).clone()
    }
}
