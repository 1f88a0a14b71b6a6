//! Reading the catalogue out of the tables is how orders get real prices, also of tables that somebody else has filled.

use std::collections::BTreeSet;
use std::sync::Arc;

use flashcrowd_dynamodb::{Client, Decimal};
use serde::Deserialize;

use crate::control::ask::Ask;
use crate::control::describe::all;
use crate::control::error::ControlError;
use crate::control::form::forms;
use crate::control::scan::scan;
use crate::shop::{Catalogue, Category, Product, Tables};

/// The catalogue as it is in the tables: ids, categories, prices and stocks of the products, ids of the customers.
///
/// Tables of another form than the shop's, and items that lack something, are told all at once.
pub async fn read_catalogue(client: &Client, tables: &Tables) -> Result<Catalogue, ControlError> {
    on(client, tables).await
}

pub(super) async fn on(asked: &impl Ask, tables: &Tables) -> Result<Catalogue, ControlError> {
    let problems = form_problems(asked, tables).await?;
    if !problems.is_empty() {
        return Err(ControlError::Unfit(problems));
    }
    let attributes = ["product_id", "category_id", "name", "price", "stock"];
    let products: Vec<ProductItem> = scan(asked, &tables.products, &attributes).await?;
    let customers: Vec<CustomerItem> = scan(asked, &tables.customers, &["customer_id"]).await?;
    catalogue(tables, products, customers).map_err(ControlError::Unfit)
}

/// What is wrong with the keys and the indexes of the tables.
async fn form_problems(asked: &impl Ask, tables: &Tables) -> Result<Vec<String>, ControlError> {
    let mut problems = Vec::new();
    for (form, description) in forms(tables).iter().zip(all(asked, &tables.all()).await?) {
        if description.key != form.key {
            let (is, should) = (description.key.join(" + "), form.key.join(" + "));
            problems.push(format!("the key of {} is {is}, not {should}", form.table));
        }
        if let Some((index, key)) = form.index
            && !description.state.indexes.iter().any(|found| found.name == index)
        {
            problems.push(format!("{} has no index {index} by {}", form.table, key.join(" + ")));
        }
    }
    Ok(problems)
}

fn catalogue(
    tables: &Tables,
    products: Vec<ProductItem>,
    customers: Vec<CustomerItem>,
) -> Result<Catalogue, Vec<String>> {
    let mut problems = Problems::default();
    let mut found: Vec<Product> =
        products.into_iter().filter_map(|item| item.product(&tables.products, &mut problems)).collect();
    let mut customers: Vec<String> = customers.into_iter().map(|item| item.customer_id.s).collect();
    for (table, is_empty) in [
        (&tables.products, found.is_empty() && problems.0.is_empty()),
        (&tables.customers, customers.is_empty()),
    ] {
        if is_empty {
            problems.add(table, "no items, which setup fills in if it has made the table");
        }
    }
    if !problems.0.is_empty() {
        return Err(problems.told());
    }
    found.sort_by(|one, other| one.id.cmp(&other.id));
    customers.sort_unstable();
    let ids: BTreeSet<&str> = found.iter().map(|product| product.category.as_str()).collect();
    let categories = ids.into_iter().map(|id| Category { id: id.to_owned(), name: id.to_owned() }).collect();
    Ok(Catalogue { categories, products: found, customers })
}

#[derive(Deserialize)]
struct ProductItem {
    product_id: Text,
    category_id: Option<Attribute>,
    name: Option<Attribute>,
    price: Option<Attribute>,
    stock: Option<Attribute>,
}

#[derive(Deserialize)]
struct CustomerItem {
    customer_id: Text,
}

/// A text, of an attribute that is a key.
#[derive(Deserialize)]
struct Text {
    #[serde(rename = "S")]
    s: String,
}

/// An attribute that may be of any type.
#[derive(Deserialize)]
struct Attribute {
    #[serde(rename = "S")]
    s: Option<String>,
    #[serde(rename = "N")]
    n: Option<String>,
}

impl ProductItem {
    /// The product, if it lacks nothing.
    fn product(self, table: &Arc<str>, problems: &mut Problems) -> Option<Product> {
        let id = self.product_id.s;
        let text = |attribute: Option<Attribute>| attribute.and_then(|attribute| attribute.s);
        let number = |attribute: Option<Attribute>| attribute.and_then(|attribute| attribute.n);
        let category = text(self.category_id);
        let price = number(self.price).and_then(|price| price.parse::<Decimal>().ok());
        let stock = number(self.stock).and_then(|stock| stock.parse::<u64>().ok());
        for (what, is_there) in [
            ("text category_id", category.is_some()),
            ("number price", price.is_some()),
            ("whole number stock", stock.is_some()),
        ] {
            if !is_there {
                problems.add(table, &format!("items without a {what}, such as {id}"));
            }
        }
        let name = text(self.name).unwrap_or_else(|| id.clone());
        Some(Product { name, category: category?, price: price?, stock: stock?, id })
    }
}

/// What is wrong, each kind of it once.
#[derive(Default)]
struct Problems(Vec<(String, String)>);

impl Problems {
    fn add(&mut self, table: &str, problem: &str) {
        let kind = |problem: &str| problem.split(',').next().unwrap_or_default().to_owned();
        if !self.0.iter().any(|(of, known)| of == table && kind(known) == kind(problem)) {
            self.0.push((table.to_owned(), problem.to_owned()));
        }
    }

    fn told(self) -> Vec<String> {
        self.0.into_iter().map(|(table, problem)| format!("{table} has {problem}")).collect()
    }
}
