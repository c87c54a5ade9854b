//! Files to raw articles.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::message::{Header, Partition, Position, RawArticle};

/// What files hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// A .jsonl file holds a native article a line; of any other file the form is told from its bytes
    Auto,
    /// A file is a native JSON article
    Native,
    /// A file is a plain text
    Plain,
    /// A line is a native JSON article
    Jsonl,
}

/// One article of the input.
pub(super) struct Input {
    /// File and line, as people look it up.
    pub(super) place: String,
    /// How much of the input it took.
    pub(super) bytes: u64,
    pub(super) article: io::Result<RawArticle>,
}

/// Gives every article of `files` until told to stop. Of one larger than `most` bytes only so much is read that it
/// shows: memory stays bounded, and whoever reads the article rejects it.
pub(super) fn read(files: &[PathBuf], form: Form, most: usize, give: &mut dyn FnMut(Input) -> ControlFlow<()>) {
    for file in files {
        let (place, opened) = open(file);
        let lines = form == Form::Jsonl || (form == Form::Auto && file.extension().is_some_and(|name| name == "jsonl"));
        let given = match opened {
            Err(error) => give(Input { place, bytes: 0, article: Err(error) }),
            Ok(input) if lines => read_lines(input, &place, most, give),
            Ok(input) => give(read_whole(input, place, form, most)),
        };
        if given.is_break() {
            return;
        }
    }
}

fn open(file: &Path) -> (String, io::Result<Box<dyn BufRead>>) {
    if file == Path::new("-") {
        return ("standard input".into(), Ok(Box::new(BufReader::new(io::stdin()))));
    }
    let opened = File::open(file).map(|file| Box::new(BufReader::new(file)) as Box<dyn BufRead>);
    (file.display().to_string(), opened)
}

fn read_whole(input: Box<dyn BufRead>, place: String, form: Form, most: usize) -> Input {
    let mut payload = Vec::new();
    let read = input.take(most as u64 + 1).read_to_end(&mut payload);
    let media = match form {
        Form::Native => Some("application/json"),
        Form::Plain => Some("text/plain"),
        Form::Auto | Form::Jsonl => None,
    };
    let article = read.map(|_| raw(&place, 0, payload, media));
    Input { bytes: article.as_ref().map_or(0, size), place, article }
}

fn read_lines(
    mut input: Box<dyn BufRead>,
    file: &str,
    most: usize,
    give: &mut dyn FnMut(Input) -> ControlFlow<()>,
) -> ControlFlow<()> {
    for number in 1.. {
        let place = format!("{file}:{number}");
        match line(&mut input, most) {
            Ok(None) => break,
            Ok(Some((payload, _))) if payload.trim_ascii().is_empty() => {}
            Ok(Some((payload, bytes))) => {
                let article = Ok(raw(file, number, payload, Some("application/json")));
                give(Input { place, bytes, article })?;
            }
            Err(error) => return give(Input { place, bytes: 0, article: Err(error) }),
        }
    }
    ControlFlow::Continue(())
}

/// The next line without its end, cut after `most` + 1 bytes, and the length that it has in the file.
fn line(input: &mut dyn BufRead, most: usize) -> io::Result<Option<(Vec<u8>, u64)>> {
    let mut payload = Vec::new();
    let mut bytes = input.take(most as u64 + 1).read_until(b'\n', &mut payload)? as u64;
    if bytes == 0 {
        return Ok(None);
    }
    if payload.last() == Some(&b'\n') {
        payload.pop();
    } else {
        bytes += skip_line(input)?;
    }
    Ok(Some((payload, bytes)))
}

/// Reads past the next end of line; how many bytes that took.
fn skip_line(input: &mut dyn BufRead) -> io::Result<u64> {
    let mut skipped = 0;
    loop {
        let held = input.fill_buf()?;
        let end = held.iter().position(|&byte| byte == b'\n');
        let used = end.map_or(held.len(), |end| end + 1);
        input.consume(used);
        skipped += used as u64;
        if end.is_some() || used == 0 {
            return Ok(skipped);
        }
    }
}

fn raw(file: &str, line: i64, payload: Vec<u8>, media: Option<&str>) -> RawArticle {
    let header = |media: &str| Header { name: "content-type".into(), value: Some(media.into()) };
    RawArticle {
        position: Position { partition: Partition { topic: file.into(), number: 0 }, offset: line },
        key: None,
        payload: Some(payload),
        headers: media.map(header).into_iter().collect(),
        timestamp: None,
    }
}

fn size(article: &RawArticle) -> u64 {
    article.payload.as_ref().map_or(0, |payload| payload.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of gigabytes must neither fill the memory nor be taken for several articles.
    #[test]
    fn a_long_line_is_cut_and_the_next_one_starts_where_it_should() {
        let text = format!("{{}}\n{}\nlast", "x".repeat(50_000));
        let mut input: Box<dyn BufRead> = Box::new(BufReader::with_capacity(16, io::Cursor::new(text.into_bytes())));
        let mut lines = Vec::new();
        while let Some((payload, bytes)) = line(&mut input, 100).unwrap() {
            lines.push((payload.len(), bytes));
        }
        assert_eq!(lines, [(2, 3), (101, 50_001), (4, 4)]);
    }
}
