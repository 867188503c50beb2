//! Reads on stdin what a program writes to a terminal, and writes it to stdout as an SVG.

use std::io::{self, Read, Write};

fn main() -> io::Result<()> {
    let mut shown = String::new();
    io::stdin().read_to_string(&mut shown)?;
    io::stdout().write_all(anstyle_svg::Term::new().render_svg(&shown).as_bytes())
}
