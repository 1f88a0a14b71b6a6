//! Tables of somebody else are checked against the layout that maps them: what matches, and what does not.

use std::sync::Arc;

use flashcrowd_dynamodb::{Client, Decimal};
use serde_json::{Map, Value};

use crate::control::ask::Ask;
use crate::control::describe::look_up;
use crate::control::error::ControlError;
use crate::control::scan::scan;
use crate::shop::{Catalogue, Category, Layout, Mapping, OrderStyle, OwnTables, Product, Tables};
use flashcrowd_dynamodb_capacity::Description;

/// What came of checking a layout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// What was looked for, in the order of the layout.
    pub lines: Vec<CheckLine>,
}

/// One thing that a layout says, and what there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckLine {
    /// What it is of, such as `products.key`.
    pub what: &'static str,
    /// The name that the layout has for it.
    pub name: String,
    /// What there is, such as `text` or `in 100 of 100 items`.
    pub found: String,
    /// Whether it matches.
    pub matches: bool,
}

impl Checked {
    /// Whether everything matches.
    pub fn is_fine(&self) -> bool {
        self.lines.iter().all(|line| line.matches)
    }

    fn add(&mut self, what: &'static str, name: &str, found: impl Into<String>, matches: bool) {
        self.lines.push(CheckLine { what, name: name.to_owned(), found: found.into(), matches });
    }
}

/// The tables that a layout maps, with what is in them. Where something does not match, the tables stay unmapped.
///
/// Orders that are transactions need a stock.
pub async fn check_layout(
    client: &Client,
    layout: &Layout,
    orders: OrderStyle,
) -> Result<(Checked, Option<(Tables, Catalogue)>), ControlError> {
    on(client, layout, orders).await
}

pub(super) async fn on(
    asked: &impl Ask,
    layout: &Layout,
    style: OrderStyle,
) -> Result<(Checked, Option<(Tables, Catalogue)>), ControlError> {
    let mut checked = Checked::default();
    let tables = Tables::of_layout(layout);
    let [categories, products, customers, orders] = tables.all();
    let categories = table(asked, &mut checked, ("categories.table", categories)).await?;
    key(&mut checked, categories.as_ref(), ("categories.key", &layout.categories.key), None);
    let products = table(asked, &mut checked, ("products.table", products)).await?;
    let product = key(&mut checked, products.as_ref(), ("products.key", &layout.products.key), Some(None));
    index(&mut checked, products.as_ref(), layout);
    let customers = table(asked, &mut checked, ("customers.table", customers)).await?;
    let customer = key(&mut checked, customers.as_ref(), ("customers.key", &layout.customers.key), None);
    let orders = table(asked, &mut checked, ("orders.table", orders)).await?;
    let sort = layout.orders.sort.as_deref();
    let order = key(&mut checked, orders.as_ref(), ("orders.key", &layout.orders.key), Some(sort));
    let (Some(product), Some(customer), Some(order)) = (product, customer, order) else {
        return Ok((checked, None));
    };
    let sort = sort.and_then(|sort| orders.as_ref()?.kind_of(sort)).map_or(Mapping::Text, Mapping::of);
    if !checked.is_fine() {
        return Ok((checked, None));
    }
    let items = Items::read(asked, &tables, layout).await?;
    let category = items.check(&mut checked, layout, style);
    let own = OwnTables { layout: layout.clone(), product, category, customer, order, sort };
    let catalogue = items.catalogue(layout, style);
    let is_fine = checked.is_fine();
    Ok((checked, is_fine.then(|| (tables.mapped(own), catalogue))))
}

async fn table(
    asked: &impl Ask,
    checked: &mut Checked,
    (what, name): (&'static str, &Arc<str>),
) -> Result<Option<Description>, ControlError> {
    let found = look_up(asked, name).await?;
    let status = found.as_ref().map_or("not there", |found| found.state.status.as_str());
    checked.add(what, name, status, found.as_ref().is_some_and(|found| found.state.is_active()));
    Ok(found)
}

/// What kind the partition key of a table is, if it is the one that the layout names; `sort` is its sort key, where it
/// matters whether there is one.
fn key(
    checked: &mut Checked,
    table: Option<&Description>,
    (what, name): (&'static str, &str),
    sort: Option<Option<&str>>,
) -> Option<Mapping> {
    let table = table?;
    let is = table.key.join(" + ");
    let matches = match sort {
        None => table.key.first().is_some_and(|key| key == name),
        Some(sort) => table.key.iter().map(String::as_str).eq(std::iter::once(name).chain(sort)),
    };
    let wanted = sort.flatten().map_or_else(|| name.to_owned(), |sort| format!("{name} + {sort}"));
    let kind = table.key.first().and_then(|key| table.kind_of(key)).unwrap_or("?");
    checked.add(
        what,
        &wanted,
        if matches { words(kind).to_owned() } else { format!("the key is {is}") },
        matches,
    );
    matches.then(|| Mapping::of(kind))
}

fn index(checked: &mut Checked, products: Option<&Description>, layout: &Layout) {
    let (Some(products), Some(name)) = (products, &layout.products.index) else { return };
    let category = &layout.products.category;
    let found = products.index_keys.iter().find(|(index, _)| index == name);
    match found {
        None => checked.add("products.index", name, "not there; without one, write null", false),
        Some((_, key)) if key.first() != Some(category) => {
            checked.add("products.index", name, format!("its key is {}", key.join(" + ")), false);
        }
        Some(_) => checked.add("products.index", name, format!("by {category}"), true),
    }
}

fn words(kind: &str) -> &'static str {
    match kind {
        "S" => "text",
        "N" => "number",
        _ => "bytes, which are not supported",
    }
}

/// What is in the tables of products and customers.
struct Items {
    products: Vec<Map<String, Value>>,
    customers: Vec<Map<String, Value>>,
}

impl Items {
    async fn read(asked: &impl Ask, tables: &Tables, layout: &Layout) -> Result<Self, ControlError> {
        let products = &layout.products;
        let mut attributes = vec![products.key.as_str(), &products.category, &products.price];
        attributes.extend(products.name.as_deref());
        attributes.extend(products.stock.as_deref());
        attributes.sort_unstable();
        attributes.dedup();
        Ok(Self {
            products: scan(asked, &tables.products, &attributes).await?,
            customers: scan(asked, &tables.customers, &[&layout.customers.key]).await?,
        })
    }

    /// Checks the attributes; of what kind the categories are.
    fn check(&self, checked: &mut Checked, layout: &Layout, style: OrderStyle) -> Mapping {
        let all = self.products.len();
        let mut attribute = |what, name: &str, fits: &dyn Fn(&Value) -> bool| {
            let found = self.products.iter().filter(|item| item.get(name).is_some_and(fits)).count();
            checked.add(what, name, format!("in {found} of {all} items"), found == all && all > 0);
        };
        let products = &layout.products;
        attribute("products.category", &products.category, &|value| text(value).is_some());
        attribute("products.price", &products.price, &|value| price(value).is_some());
        match (&products.stock, style) {
            (Some(stock), OrderStyle::Transaction) => {
                attribute("products.stock", stock, &|value| stock_of(value).is_some());
            }
            (None, OrderStyle::Transaction) => {
                checked.add(
                    "products.stock",
                    "null",
                    "orders without it are single puts: use --orders put",
                    false,
                );
            }
            (_, OrderStyle::Put) => {}
        }
        let customers = self.customers.len();
        checked.add("customers", &layout.customers.table, format!("{customers} items"), customers > 0);
        let first =
            self.products.first().and_then(|item| item.get(&products.category)?.as_object()?.keys().next());
        first.map_or(Mapping::Text, |kind| Mapping::of(kind))
    }

    fn catalogue(&self, layout: &Layout, style: OrderStyle) -> Catalogue {
        let names = &layout.products;
        let product = |item: &Map<String, Value>| {
            let id = text(item.get(&names.key)?)?;
            let name =
                names.name.as_ref().and_then(|name| text(item.get(name)?)).unwrap_or_else(|| id.clone());
            let stock = names.stock.as_ref().and_then(|stock| stock_of(item.get(stock)?));
            Some(Product {
                name,
                category: text(item.get(&names.category)?)?,
                price: price(item.get(&names.price)?)?,
                stock: if style == OrderStyle::Put { stock.unwrap_or(u64::MAX) } else { stock? },
                id,
            })
        };
        let mut products: Vec<Product> = self.products.iter().filter_map(product).collect();
        products.sort_by(|one, other| one.id.cmp(&other.id));
        let mut categories: Vec<&str> = products.iter().map(|product| product.category.as_str()).collect();
        categories.sort_unstable();
        categories.dedup();
        let categories =
            categories.into_iter().map(|id| Category { id: id.to_owned(), name: id.to_owned() }).collect();
        let customer = |item: &Map<String, Value>| text(item.get(&layout.customers.key)?);
        Catalogue { categories, products, customers: self.customers.iter().filter_map(customer).collect() }
    }
}

/// What stands in a text or a number.
fn text(value: &Value) -> Option<String> {
    Some(value.get("S").or_else(|| value.get("N"))?.as_str()?.to_owned())
}

fn price(value: &Value) -> Option<Decimal> {
    text(value)?.parse().ok()
}

fn stock_of(value: &Value) -> Option<u64> {
    value.get("N")?.as_str()?.parse().ok()
}
