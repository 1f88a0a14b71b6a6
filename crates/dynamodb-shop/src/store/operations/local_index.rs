//! A local index that holds only some attributes has the others fetched from its table: each item is a read of its own.

use std::collections::HashMap;

use dynoxide::actions::get_item::GetItemRequest;
use dynoxide::actions::query::{QueryRequest, QueryResponse};
use dynoxide::types::{CapacityDetail, item_size, read_capacity_units_with_consistency};
use dynoxide::{AttributeValue, Item};

use crate::store::capacity::index::Shape;
use crate::store::capacity::update::{mentions, paths};
use crate::store::core::Core;
use crate::store::refusal::Refusal;

const ALL: &str = "ALL_ATTRIBUTES";

/// Carries out a query. One of a local index that asks for more than that holds is answered from the table, and pays for
/// the index's entries together and for each item that is fetched apart, rounded up one by one.
pub fn query(core: &Core, table: &str, mut request: QueryRequest) -> Result<QueryResponse, Refusal> {
    let projection = match fetched(core, table, &request) {
        None => return Ok(core.engine.query(request)?),
        Some(Fetched::All) => None,
        Some(Fetched::Some) => request.projection_expression.take(),
    };
    let names = request.expression_attribute_names.clone();
    request.select = Some(ALL.to_owned());
    if projection.is_some() {
        let filter = request.filter_expression.as_deref().unwrap_or_default();
        let condition = request.key_condition_expression.as_deref().unwrap_or_default();
        let used = |name: &String| mentions(condition, name) || mentions(filter, name);
        keep(&mut request.expression_attribute_names, used);
    }
    let consistent = request.consistent_read.unwrap_or_default();
    let whole = unfiltered(&request);
    let mut response = core.engine.query(request)?;
    let sizes = evaluated(core, whole, response.scanned_count)?;
    let units = sizes.into_iter().map(|size| read_capacity_units_with_consistency(size, consistent)).sum();
    if let Some(used) = &mut response.consumed_capacity {
        let before = used.table.as_ref().map_or(0.0, |table| table.capacity_units);
        used.capacity_units += units - before;
        used.table = Some(CapacityDetail { capacity_units: units, ..CapacityDetail::default() });
    }
    if let (Some(projection), Some(items)) = (projection, &mut response.items) {
        for item in items {
            *item = projected(core, table, item, (&projection, names.as_ref()))?;
        }
    }
    Ok(response)
}

/// What of the items has to be fetched.
enum Fetched {
    All,
    Some,
}

fn fetched(core: &Core, table: &str, request: &QueryRequest) -> Option<Fetched> {
    let known = core.tables.get(table)?;
    let (_, shape) = known.locals.iter().find(|(name, _)| Some(name) == request.index_name.as_ref())?;
    let names = request.expression_attribute_names.as_ref();
    let holds = |path: &str| {
        let name = names.and_then(|names| names.get(path)).map_or(path, String::as_str);
        Shape::holds(shape, name, &known.keys)
    };
    match (request.select.as_deref(), &request.projection_expression) {
        (Some(ALL), _) if !shape.holds_all() => Some(Fetched::All),
        (Some("COUNT"), _) | (_, None) => None,
        (_, Some(projection)) => (!paths(projection).all(holds)).then_some(Fetched::Some),
    }
}

/// The same query of all items that it looks at.
fn unfiltered(request: &QueryRequest) -> QueryRequest {
    let condition = request.key_condition_expression.clone();
    let used = |name: &String| condition.as_deref().is_some_and(|condition| mentions(condition, name));
    let mut names = request.expression_attribute_names.clone();
    let mut values = request.expression_attribute_values.clone();
    keep(&mut names, used);
    keep(&mut values, used);
    QueryRequest {
        table_name: request.table_name.clone(),
        index_name: request.index_name.clone(),
        key_condition_expression: condition,
        expression_attribute_names: names,
        expression_attribute_values: values,
        scan_index_forward: request.scan_index_forward,
        exclusive_start_key: request.exclusive_start_key.clone(),
        exclusive_start_key_raw: request.exclusive_start_key_raw.clone(),
        key_conditions: request.key_conditions.clone(),
        select: Some(ALL.to_owned()),
        ..QueryRequest::default()
    }
}

/// The sizes of the first so many items.
fn evaluated(core: &Core, whole: QueryRequest, count: usize) -> Result<Vec<usize>, Refusal> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let response = core.engine.query(QueryRequest { limit: Some(count), ..whole })?;
    Ok(response.items.iter().flatten().map(item_size).collect())
}

/// What a projection leaves of an item, in the engine's own reading of it.
fn projected(
    core: &Core,
    table: &str,
    item: &Item,
    (projection, names): (&str, Option<&HashMap<String, String>>),
) -> Result<Item, Refusal> {
    let keys = core.tables.get(table).map_or(&[][..], |known| &known.keys);
    let part = |name: &String| Some((name.clone(), item.get(name)?.clone()));
    let mut names = names.cloned();
    keep(&mut names, |name| mentions(projection, name));
    let request = GetItemRequest {
        table_name: table.to_owned(),
        key: keys.iter().filter_map(part).collect::<HashMap<String, AttributeValue>>(),
        projection_expression: Some(projection.to_owned()),
        expression_attribute_names: names,
        ..GetItemRequest::default()
    };
    Ok(core.engine.get_item(request)?.item.unwrap_or_default())
}

/// Keeps the names or values that are used; the engine refuses those that are not.
fn keep<V>(named: &mut Option<HashMap<String, V>>, is_used: impl Fn(&String) -> bool) {
    if let Some(all) = named {
        all.retain(|name, _| is_used(name));
        if all.is_empty() {
            *named = None;
        }
    }
}
