//! Control does what was asked, once or again, and to nobody else's tables.

use flashcrowd_dynamodb::Client;
use flashcrowd_prime_day::control::{
    ControlError, Mode, Progress, Step, describe, knows_transactions, read_catalogue, setup, switch, teardown,
};
use flashcrowd_prime_day::{CATEGORY_INDEX, Catalogue};
use flashcrowd_text::Lang;
use serde_json::json;
use tokio::task::LocalSet;

use crate::practice::{Practice, quiet};

const SMALL: Mode = Mode::Provisioned { read: 2, write: 2 };

fn play<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, work)
}

async fn set_up(practice: &Practice, mode: Mode) {
    setup(&practice.client, &practice.tables, &practice.catalogue, mode, &mut quiet).await.unwrap();
}

fn foreign(practice: &Practice, name: &str) {
    practice.ask(
        "CreateTable",
        &json!({
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        }),
    );
}

#[test]
fn setup_makes_tables_that_are_full_and_in_their_mode() {
    play(async {
        let practice = Practice::open("dev-");
        let mut told = Vec::new();
        let mut tell = |progress: Progress| {
            told.push(format!("{} {}/{}", progress.step.text(Lang::En), progress.done, progress.of))
        };
        let done =
            setup(&practice.client, &practice.tables, &practice.catalogue, SMALL, &mut tell).await.unwrap();
        assert_eq!(done.created, ["dev-Categories", "dev-Products", "dev-Customers", "dev-Orders"]);
        assert_eq!((done.kept.len(), done.items), (0, 10 + 60 + 100));
        assert!(told.contains(&"filling dev-Products 60/60".to_owned()), "{told:?}");
        let states = describe(&practice.client, &practice.tables).await.unwrap();
        assert!(states.iter().all(|state| state.is_active() && state.is_all(SMALL)), "{states:?}");
        assert_eq!(states[1].indexes[0].name, CATEGORY_INDEX);
        let read = read_catalogue(&practice.client, &practice.tables).await.unwrap();
        assert_eq!((&read.products.len(), &read.customers), (&60, &practice.catalogue.customers));
        for (read, seeded) in read.products.iter().zip(&practice.catalogue.products) {
            assert_eq!((&read.id, &read.category, &read.name), (&seeded.id, &seeded.category, &seeded.name));
            assert_eq!((&read.price, read.stock), (&seeded.price, seeded.stock));
        }
        assert!(knows_transactions(&practice.client, &practice.tables).await.unwrap());
    });
}

#[test]
fn a_second_setup_writes_only_what_is_missing() {
    play(async {
        let practice = Practice::open("");
        set_up(&practice, Mode::OnDemand).await;
        let writes = practice.served("BatchWriteItem");
        practice.ask(
            "UpdateItem",
            &json!({
                "TableName": "Products", "Key": {"product_id": {"S": "p-00001"}},
                "UpdateExpression": "SET stock = :s", "ExpressionAttributeValues": {":s": {"N": "7"}},
            }),
        );
        let again =
            setup(&practice.client, &practice.tables, &practice.catalogue, Mode::OnDemand, &mut quiet)
                .await
                .unwrap();
        assert_eq!((again.created.len(), again.kept.len(), again.items), (0, 4, 0));
        assert_eq!(practice.served("BatchWriteItem"), writes);
        for id in ["p-00007", "p-00060"] {
            practice.ask("DeleteItem", &json!({"TableName": "Products", "Key": {"product_id": {"S": id}}}));
        }
        let more = Catalogue::new(70, 1_000);
        let again = setup(&practice.client, &practice.tables, &more, SMALL, &mut quiet).await.unwrap();
        assert_eq!(again.items, 12);
        let read = read_catalogue(&practice.client, &practice.tables).await.unwrap();
        assert_eq!((read.products.len(), read.products[0].stock), (70, 7));
        // Tables that were finished keep their mode; that of a new one is as asked.
        practice.ask("DeleteTable", &json!({"TableName": "Categories"}));
        let again = setup(&practice.client, &practice.tables, &more, SMALL, &mut quiet).await.unwrap();
        assert_eq!((again.created, again.kept.len(), again.items), (vec!["Categories".to_owned()], 3, 10));
        let states = describe(&practice.client, &practice.tables).await.unwrap();
        let modes: Vec<Mode> = states.iter().map(|state| state.mode).collect();
        assert_eq!(modes, [SMALL, Mode::OnDemand, Mode::OnDemand, Mode::OnDemand]);
    });
}

#[test]
fn a_setup_that_was_cut_short_is_completed() {
    play(async {
        let practice = Practice::open("");
        let mut events = 0;
        // Each run is dropped a little later than the one before, until one gets through.
        let done = loop {
            events += 1;
            let mut seen = 0;
            let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
            let mut stop = Some(stop);
            let mut progress = |_| {
                seen += 1;
                if seen == events {
                    drop(stop.take());
                }
            };
            let work = setup(&practice.client, &practice.tables, &practice.catalogue, SMALL, &mut progress);
            tokio::select! {
                biased;
                done = work => break done.unwrap(),
                _ = stopped => {}
            }
        };
        assert!(events > 5, "{events}");
        assert_eq!(done.created.len() + done.kept.len(), 4);
        let states = describe(&practice.client, &practice.tables).await.unwrap();
        assert!(states.iter().all(|state| state.is_active() && state.is_all(SMALL)), "{states:?}");
        let read = read_catalogue(&practice.client, &practice.tables).await.unwrap();
        assert_eq!((read.products.len(), read.customers.len()), (60, 100));
        let count = practice.ask("Scan", &json!({"TableName": "Categories", "Select": "COUNT"}));
        assert_eq!(count["Count"], 10);
    });
}

#[test]
fn tables_of_others_are_left_alone() {
    play(async {
        let practice = Practice::open("");
        foreign(&practice, "Orders");
        foreign(&practice, "Customers");
        let error = setup(&practice.client, &practice.tables, &practice.catalogue, SMALL, &mut quiet)
            .await
            .unwrap_err();
        assert_eq!(error, ControlError::Foreign(vec!["Customers".into(), "Orders".into()]));
        insta::assert_snapshot!(error, @"not made by 'flashcrowd dynamodb setup', and left as they are: Customers, Orders; choose another --table-prefix");
        assert_eq!(practice.ask("ListTables", &json!({}))["TableNames"], json!(["Customers", "Orders"]));
        assert!(teardown(&practice.client, &practice.tables, &mut quiet).await.unwrap().is_empty());
        assert_eq!(practice.ask("ListTables", &json!({}))["TableNames"], json!(["Customers", "Orders"]));
    });
}

#[test]
fn teardown_removes_what_setup_made_and_nothing_else() {
    play(async {
        let practice = Practice::open("");
        set_up(&practice, SMALL).await;
        foreign(&practice, "Invoices");
        practice.ask("DeleteTable", &json!({"TableName": "Orders"}));
        let error = loop {
            match describe(&practice.client, &practice.tables).await {
                Err(error) => break error,
                Ok(_) => tokio::time::sleep(std::time::Duration::from_millis(5)).await,
            }
        };
        insta::assert_snapshot!(error, @"missing tables: Orders; make them with 'flashcrowd dynamodb setup' and the same --region and --endpoint-url");
        foreign(&practice, "Orders");
        let mut told = Vec::new();
        let removed = teardown(&practice.client, &practice.tables, &mut |progress| told.push(progress.step))
            .await
            .unwrap();
        assert_eq!(removed, ["Categories", "Products", "Customers"]);
        assert_eq!(told[0], Step::Delete("Categories".to_owned()));
        assert_eq!(practice.ask("ListTables", &json!({}))["TableNames"], json!(["Invoices", "Orders"]));
        assert!(teardown(&practice.client, &practice.tables, &mut quiet).await.unwrap().is_empty());
    });
}

async fn switched(client: &Client, practice: &Practice, mode: Mode) -> Result<Vec<String>, ControlError> {
    switch(client, &practice.tables, mode, &mut quiet).await
}

#[test]
fn a_switch_changes_tables_and_indexes_that_are_not_yet_so() {
    play(async {
        let practice = Practice::open("");
        set_up(&practice, Mode::OnDemand).await;
        let client = &practice.client;
        assert!(switched(client, &practice, Mode::OnDemand).await.unwrap().is_empty());
        assert_eq!(switched(client, &practice, SMALL).await.unwrap().len(), 4);
        assert!(switched(client, &practice, SMALL).await.unwrap().is_empty());
        let throughput = json!({"ReadCapacityUnits": 9, "WriteCapacityUnits": 2});
        let update = json!({"Update": {"IndexName": CATEGORY_INDEX, "ProvisionedThroughput": throughput}});
        practice
            .ask("UpdateTable", &json!({"TableName": "Products", "GlobalSecondaryIndexUpdates": [update]}));
        // The table is still being changed when the switch begins.
        assert_eq!(switched(client, &practice, SMALL).await.unwrap(), ["Products"]);
        let states = describe(client, &practice.tables).await.unwrap();
        assert!(states.iter().all(|state| state.is_active() && state.is_all(SMALL)), "{states:?}");
        assert_eq!(switched(client, &practice, Mode::OnDemand).await.unwrap().len(), 4);
    });
}

#[test]
fn refusals_are_explained_for_all_tables() {
    play(async {
        let practice = Practice::open("");
        set_up(&practice, Mode::OnDemand).await;
        for _ in 0..4 {
            switched(&practice.client, &practice, SMALL).await.unwrap();
            switched(&practice.client, &practice, Mode::OnDemand).await.unwrap();
        }
        switched(&practice.client, &practice, Mode::Provisioned { read: 9, write: 9 }).await.unwrap();
        let error = switched(&practice.client, &practice, Mode::OnDemand).await.unwrap_err();
        let ControlError::Several(errors) = &error else { panic!("{error}") };
        assert_eq!(errors.len(), 4);
        for error in errors {
            let text = error.to_string();
            assert!(
                text.contains("LimitExceededException") && text.contains("four times in 24 hours"),
                "{text}"
            );
        }
        for read in (4..9).rev() {
            let error =
                match switched(&practice.client, &practice, Mode::Provisioned { read, write: 9 }).await {
                    Ok(_) => continue,
                    Err(error) => error.to_string(),
                };
            assert!(error.contains("today it was decreased 4 times"), "{error}");
            assert_eq!(read, 4);
        }
    });
}

#[test]
fn tables_of_another_form_are_told_what_they_lack() {
    play(async {
        let practice = Practice::open("");
        foreign(&practice, "Categories");
        foreign(&practice, "Products");
        let error = read_catalogue(&practice.client, &practice.tables).await.unwrap_err();
        assert_eq!(error, ControlError::Missing(vec!["Customers".into(), "Orders".into()]));
        foreign(&practice, "Customers");
        foreign(&practice, "Orders");
        let error = read_catalogue(&practice.client, &practice.tables).await.unwrap_err();
        insta::assert_snapshot!(error, @"the tables are not of the shop's form: the key of Categories is id, not category_id; the key of Products is id, not product_id; Products has no index category-index by category_id + product_id; the key of Customers is id, not customer_id; the key of Orders is id, not order_id + line; make some that are with 'flashcrowd dynamodb setup --table-prefix NAME'");
    });
}

#[test]
fn items_of_another_form_are_told_what_they_lack() {
    play(async {
        let practice = Practice::open("");
        let nothing = Catalogue { customers: Vec::new(), ..Catalogue::new(0, 1) };
        setup(&practice.client, &practice.tables, &nothing, Mode::OnDemand, &mut quiet).await.unwrap();
        let error = read_catalogue(&practice.client, &practice.tables).await.unwrap_err();
        insta::assert_snapshot!(error, @"the tables are not of the shop's form: Products has no items, which setup fills in if it has made the table; Customers has no items, which setup fills in if it has made the table; make some that are with 'flashcrowd dynamodb setup --table-prefix NAME'");
        for item in [
            json!({"product_id": {"S": "a"}, "category_id": {"S": "x"}, "price": {"S": "1"}, "stock": {"N": "1"}}),
            json!({"product_id": {"S": "b"}, "price": {"N": "1"}, "stock": {"N": "1.5"}}),
            json!({"product_id": {"S": "c"}, "price": {"N": "1"}}),
        ] {
            practice.ask("PutItem", &json!({"TableName": "Products", "Item": item}));
        }
        let error = read_catalogue(&practice.client, &practice.tables).await.unwrap_err();
        insta::assert_snapshot!(error, @"the tables are not of the shop's form: Products has items without a number price, such as a; Products has items without a text category_id, such as b; Products has items without a whole number stock, such as b; Customers has no items, which setup fills in if it has made the table; make some that are with 'flashcrowd dynamodb setup --table-prefix NAME'");
    });
}
