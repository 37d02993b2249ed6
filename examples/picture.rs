//! Makes a picture of what a program wrote on a terminal: ANSI text on standard input, SVG on standard
//! output. `just picture` uses it.

use std::io::{self, Read, Write};

use anstyle_svg::Term;

fn main() -> io::Result<()> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    let picture = Term::new().min_width_px(720).render_svg(&text);
    io::stdout().write_all(picture.as_bytes())
}
