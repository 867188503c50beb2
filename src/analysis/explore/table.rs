//! The symbols that short stories are made of, as a table. Pure.

use crate::analysis::story::Symbol;

/// A line for each symbol.
pub(crate) fn symbols_text() -> String {
    let name = |symbol: &Symbol| symbol.to_string();
    let width = Symbol::ALL.iter().map(|symbol| name(symbol).len()).max().unwrap_or(0);
    let line = |symbol: &Symbol| format!("{:width$}  {}\n", name(symbol), symbol.docs());
    Symbol::ALL.iter().map(line).collect()
}

/// The table in `docs/exploring.md`.
pub(crate) fn symbols_markdown() -> String {
    let line = |symbol: &Symbol| format!("| `{symbol}` | {} |\n", symbol.docs());
    let lines: String = Symbol::ALL.iter().map(line).collect();
    format!("| symbol | what it does |\n|---|---|\n{lines}")
}

#[cfg(test)]
mod tests {
    use super::symbols_markdown;

    #[test]
    fn the_document_has_the_table_of_the_program() {
        let page = include_str!("../../../docs/exploring.md");
        let table = symbols_markdown();
        assert!(page.contains(&table), "explore --alphabet --format markdown prints:\n{table}");
    }
}
