//! Makes `src/knowledge/places.table` of the rows that `scripts/places` wrote: `places ROWS TABLE`.

use std::fs;
use std::io::BufWriter;

use anyhow::Context;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(rows), Some(table)) = (arguments.next(), arguments.next()) else { anyhow::bail!("places ROWS TABLE") };
    let text = fs::read_to_string(&rows).with_context(|| format!("cannot read {rows}"))?;
    let out = fs::File::create(&table).with_context(|| format!("cannot write {table}"))?;
    copydesk::knowledge::places::write(&text, BufWriter::new(out)).with_context(|| format!("in {rows}"))
}
