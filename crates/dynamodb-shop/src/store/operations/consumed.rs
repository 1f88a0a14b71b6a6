//! Consumed capacity is always asked of the engine; the caller sees what he asked for.

use std::mem;

use dynoxide::types::ConsumedCapacity;

/// What a caller wants to know of the capacity consumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Nothing.
    Nothing,
    /// The sum.
    Total,
    /// The sum, the table's and each index's.
    Indexes,
    /// Something that does not exist; the engine will say so.
    Nonsense,
}

impl Asked {
    /// What a request asks for; the request asks for everything from now on.
    pub fn of(mode: &mut Option<String>) -> Self {
        let asked = match mode.as_deref() {
            None | Some("NONE") => Self::Nothing,
            Some("TOTAL") => Self::Total,
            Some("INDEXES") => return Self::Indexes,
            Some(_) => return Self::Nonsense,
        };
        *mode = Some("INDEXES".to_owned());
        asked
    }

    /// Leaves what was asked for.
    pub fn shape(self, consumed: &mut Option<ConsumedCapacity>) {
        match self {
            Self::Nothing => *consumed = None,
            Self::Total => consumed.iter_mut().for_each(total),
            Self::Indexes | Self::Nonsense => {}
        }
    }

    /// Leaves what was asked for, of several tables.
    pub fn shape_all(self, consumed: &mut Option<Vec<ConsumedCapacity>>) {
        match self {
            Self::Nothing => *consumed = None,
            Self::Total => consumed.iter_mut().flatten().for_each(total),
            Self::Indexes | Self::Nonsense => {}
        }
    }
}

fn total(consumed: &mut ConsumedCapacity) {
    *consumed = ConsumedCapacity {
        table_name: mem::take(&mut consumed.table_name),
        capacity_units: consumed.capacity_units,
        read_capacity_units: consumed.read_capacity_units,
        write_capacity_units: consumed.write_capacity_units,
        ..ConsumedCapacity::default()
    };
}
