//! The catalogue is what the shop sells: the same products at the same prices for the same number of them.

use flashcrowd_dynamodb::{Decimal, Item, Value, item_size};

/// What the shop sells, and to how many customers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    /// The categories.
    pub categories: Vec<Category>,
    /// The products.
    pub products: Vec<Product>,
    /// Ids of the customers.
    pub customers: Vec<String>,
}

/// A category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Its id, such as `air-conditioner`.
    pub id: String,
    /// Its name, such as `에어컨`.
    pub name: String,
}

/// A product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Its id, such as `p-00042`.
    pub id: String,
    /// The id of its category.
    pub category: String,
    /// Its name.
    pub name: String,
    /// What one costs.
    pub price: Decimal,
    /// How many there are at first.
    pub stock: u64,
}

const CATEGORIES: [(&str, &str); 10] = [
    ("air-conditioner", "에어컨"),
    ("heater", "난방기"),
    ("fan", "선풍기"),
    ("air-purifier", "공기청정기"),
    ("humidifier", "가습기"),
    ("dehumidifier", "제습기"),
    ("refrigerator", "냉장고"),
    ("washing-machine", "세탁기"),
    ("vacuum-cleaner", "청소기"),
    ("electric-blanket", "전기요"),
];

const CUSTOMERS: usize = 100;

/// Bytes of a product's item when it is new.
const ITEM_SIZE: u64 = 600;

/// What fills a product's item.
const DESCRIPTION: &str = "Prime Day deal with next-day delivery: quiet, energy-saving and easy to clean, with a remote \
                           control, a timer and two years of warranty. ";

impl Catalogue {
    /// A catalogue of so many products, each with that stock.
    pub fn new(products: usize, stock: u64) -> Self {
        let categories = CATEGORIES.map(|(id, name)| Category { id: id.to_owned(), name: name.to_owned() });
        let customers = (1..=CUSTOMERS).map(|number| format!("c-{number:05}")).collect();
        let products = (1..=products).map(|number| product(number, stock)).collect();
        Self { categories: categories.into(), products, customers }
    }

    /// The items of the table of categories.
    pub fn category_items(&self) -> Vec<Item> {
        let item = |category: &Category| {
            item([("category_id", category.id.as_str().into()), ("name", category.name.as_str().into())])
        };
        self.categories.iter().map(item).collect()
    }

    /// The items of the table of products, of about 600 bytes each.
    pub fn product_items(&self) -> Vec<Item> {
        self.products.iter().map(product_item).collect()
    }

    /// The items of the table of customers.
    pub fn customer_items(&self) -> Vec<Item> {
        let item = |id: &String| {
            let email = format!("{id}@example.com");
            item([
                ("customer_id", id.as_str().into()),
                ("name", format!("고객 {}", id.trim_start_matches("c-")).as_str().into()),
                ("email", email.as_str().into()),
                ("prime", Value::Bool(true)),
            ])
        };
        self.customers.iter().map(item).collect()
    }
}

fn product(number: usize, stock: u64) -> Product {
    let (category, name) = CATEGORIES[(number - 1) % CATEGORIES.len()];
    Product {
        id: format!("p-{number:05}"),
        category: category.to_owned(),
        name: format!("{name} {number:05}"),
        price: Decimal::from_cents(price_in_cents(number)),
        stock,
    }
}

/// From 9.90 to 1999.90, in no order that could be seen, but always the same.
fn price_in_cents(number: usize) -> i64 {
    const STEPS: u64 = 200;
    // The golden ratio of 2^64 scatters neighbours.
    let scattered = (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
    let step = i64::try_from(scattered % STEPS).unwrap_or_default();
    990 + step * 1_000
}

fn product_item(product: &Product) -> Item {
    let mut item = item([
        ("product_id", product.id.as_str().into()),
        ("category_id", product.category.as_str().into()),
        ("name", product.name.as_str().into()),
        ("price", product.price.clone().into()),
        ("stock", Decimal::from(product.stock).into()),
    ]);
    let taken = item_size(&item) + "description".len() as u64;
    let room = usize::try_from(ITEM_SIZE.saturating_sub(taken)).unwrap_or_default();
    let description: String = DESCRIPTION.chars().cycle().take(room).collect();
    item.insert("description".to_owned(), Value::S(description));
    item
}

fn item<const N: usize>(attributes: [(&str, Value); N]) -> Item {
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn it_is_the_same_every_time() {
        let catalogue = Catalogue::new(100, 1_000);
        assert_eq!(catalogue, Catalogue::new(100, 1_000));
        assert_eq!(catalogue.products[..42], Catalogue::new(42, 1_000).products[..]);
        assert_eq!((catalogue.categories.len(), catalogue.customers.len()), (10, 100));
        let first = &catalogue.products[0];
        assert_eq!(
            (first.id.as_str(), first.category.as_str(), first.stock),
            ("p-00001", "air-conditioner", 1_000)
        );
        insta::assert_snapshot!(
            catalogue.products[..5].iter().map(|product| product.price.money()).collect::<Vec<_>>().join(" "),
            @"849.90 1219.90 69.90 429.90 799.90"
        );
    }

    #[test]
    fn products_and_their_prices_differ() {
        let catalogue = Catalogue::new(1_000, 1);
        let ids: BTreeSet<_> = catalogue.products.iter().map(|product| &product.id).collect();
        let prices: BTreeSet<_> = catalogue.products.iter().map(|product| &product.price).collect();
        assert!(ids.len() == 1_000 && prices.len() > 150, "{}", prices.len());
        assert!(**prices.first().unwrap() >= Decimal::from_cents(990));
        assert!(**prices.last().unwrap() <= Decimal::from_cents(199_990));
        for category in &catalogue.categories {
            let of_it = catalogue.products.iter().filter(|product| product.category == category.id).count();
            assert_eq!(of_it, 100);
        }
    }

    #[test]
    fn a_hundred_products_are_15_pages_of_4_kb() {
        for stock in [0, 9, 1_000_000_000] {
            let items = Catalogue::new(100, stock).product_items();
            let sizes: Vec<u64> = items.iter().map(item_size).collect();
            assert!(sizes.iter().all(|size| *size == ITEM_SIZE), "{sizes:?}");
            assert_eq!(sizes.iter().sum::<u64>().div_ceil(4_096), 15);
        }
    }

    #[test]
    fn items_have_the_keys_of_their_tables() {
        let catalogue = Catalogue::new(20, 7);
        let product = &catalogue.product_items()[11];
        assert_eq!(product["product_id"].as_s(), Some("p-00012"));
        assert_eq!(product["category_id"].as_s(), Some("heater"));
        assert_eq!(product["stock"].as_n(), Some(&7.into()));
        assert_eq!(product["price"].as_n(), Some(&catalogue.products[11].price));
        assert_eq!(catalogue.category_items()[1]["category_id"].as_s(), Some("heater"));
        assert_eq!(catalogue.customer_items()[99]["customer_id"].as_s(), Some("c-00100"));
    }
}
