//! `grid`: the matrix of client and server as rows of cells, in as many blocks as the width needs.

use crate::analysis::interop::Interop;

/// The blocks of the matrix: in each a head and a row for each client, every cell as wide as its column.
pub(super) fn blocks(interop: &Interop) -> Vec<Vec<Vec<String>>> {
    let places: Vec<usize> = (0..interop.players.len()).collect();
    places.chunks(COLUMNS).map(|servers| block(interop, servers)).collect()
}

fn block(interop: &Interop, servers: &[usize]) -> Vec<Vec<String>> {
    let head = servers.iter().map(|server| (server + 1).to_string());
    let mut rows = vec![std::iter::once(CORNER.to_owned()).chain(head).collect::<Vec<_>>()];
    for (client, player) in interop.players.iter().enumerate() {
        let cells = servers.iter().map(|server| cell(interop, client, *server));
        rows.push(
            std::iter::once(format!("{} {}", client + 1, player.name)).chain(cells).collect(),
        );
    }
    rows
}

/// The mark, then the counts of passed, failed and skipped.
pub(super) fn cell(interop: &Interop, client: usize, server: usize) -> String {
    let tally = interop.tally(client, server);
    format!("{} {}/{}/{}", tally.mark(), tally.passed, tally.failed, tally.skipped)
}

/// Six columns of counts fit 80 characters.
const COLUMNS: usize = 6;

const CORNER: &str = "client \\ server";

/// The legend of a cell.
pub(super) const LEGEND: &str =
    "passed/failed/skipped; ✓ all passed, ~ lawfully otherwise, ✗ failed, - none";
