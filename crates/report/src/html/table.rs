//! A table of the page: a caption, heads, rows of cells; where it is too wide it scrolls by itself.

use maud::{Markup, html};

/// A table; the first cell of each row is its head.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    /// What is in it.
    pub caption: String,
    /// The heads of the columns.
    pub heads: Vec<Head>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// The head of a column.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    /// What it says.
    pub text: String,
    /// Whether the column has numbers, which stand at the right.
    pub is_number: bool,
}

/// A row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    /// A class for its looks.
    pub class: &'static str,
    /// Its cells.
    pub cells: Vec<Markup>,
}

impl Head {
    /// The head of words.
    pub(crate) fn words(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_number: false }
    }

    /// The head of numbers.
    pub(crate) fn number(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_number: true }
    }
}

impl Row {
    /// A row of texts.
    pub(crate) fn of(cells: impl IntoIterator<Item = String>) -> Self {
        Self { class: "", cells: cells.into_iter().map(|text| html! { (text) }).collect() }
    }
}

impl Table {
    /// The table; where it is too wide it scrolls.
    pub(crate) fn render(&self) -> Markup {
        html! {
            div .scroll role="region" aria-label=(self.caption) tabindex="0" { (self.table(false)) }
        }
    }

    /// The table; where it is too wide each row becomes a card.
    pub(crate) fn render_cards(&self) -> Markup {
        self.table(true)
    }

    fn table(&self, cards: bool) -> Markup {
        let side = |at: usize| self.heads.get(at).is_some_and(|head| head.is_number).then_some("number");
        let label = |at: usize| self.heads.get(at).filter(|_| cards).map(|head| head.text.as_str());
        html! {
            table class=[cards.then_some("cards")] {
                caption .unseen { (self.caption) }
                thead { tr { @for (at, head) in self.heads.iter().enumerate() {
                    th scope="col" class=[side(at)] { (head.text) }
                } } }
                tbody { @for row in &self.rows {
                    tr class=[(!row.class.is_empty()).then_some(row.class)] {
                        @for (at, cell) in row.cells.iter().enumerate() {
                            @if at == 0 { th scope="row" class=[side(at)] { (cell) } }
                            @else { td class=[side(at)] data-head=[label(at)] { (cell) } }
                        }
                    }
                } }
            }
        }
    }
}
