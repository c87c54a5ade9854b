//! The short way for words of plain ASCII, which most words are: the library's own algorithm over a trie of bytes.
//!
//! The library takes twenty microseconds for a word, as much as the encoder takes for half of one.  What it would do
//! besides (Unicode's normal form, cutting at spaces) changes nothing in such a word.

use std::collections::BTreeMap;
use std::ops::Range;

use tokenizers::pre_tokenizers::metaspace::PrependScheme;
use tokenizers::{ModelWrapper, NormalizerWrapper, PreTokenizerWrapper, Tokenizer};

/// What stands in front of a word.
const FRONT: &str = "▁";

/// The pieces of ASCII and those that begin a word, as a trie.
#[derive(Debug)]
pub(super) struct Plain {
    nodes: Vec<Node>,
    /// The bytes that lead to the nodes; the children of a node lie side by side, in order.
    bytes: Vec<u8>,
    /// Where [`FRONT`] leads from the root.
    front: usize,
}

/// Where some bytes lead.
#[derive(Debug, Clone, Default)]
struct Node {
    children: Range<usize>,
    /// The piece that ends here, with its score.
    piece: Option<(i32, f64)>,
}

/// The likeliest way to a place in a word.
#[derive(Debug, Clone, Copy)]
struct Way {
    score: f64,
    piece: i32,
    start: usize,
}

impl Plain {
    /// The trie of a tokeniser; none if it is of another kind than this one knows.
    pub(super) fn new(tokenizer: &Tokenizer) -> Option<Plain> {
        let ModelWrapper::Unigram(unigram) = tokenizer.get_model() else { return None };
        let Some(NormalizerWrapper::NFKC(_)) = tokenizer.get_normalizer() else { return None };
        let Some(PreTokenizerWrapper::Metaspace(spaces)) = tokenizer.get_pre_tokenizer() else { return None };
        let in_front =
            spaces.get_prepend_scheme() == PrependScheme::Always && FRONT.chars().eq([spaces.get_replacement()]);
        // Added tokens would be looked for before all else.
        if !in_front || !tokenizer.get_added_vocabulary().get_vocab().is_empty() {
            return None;
        }
        let mut pieces = BTreeMap::new();
        for (id, (piece, score)) in unigram.iter().enumerate() {
            if is_plain(piece.strip_prefix(FRONT).unwrap_or(piece)) || piece == FRONT {
                pieces.insert(piece.as_bytes(), (i32::try_from(id).ok()?, *score));
            }
        }
        let pieces: Vec<_> = pieces.into_iter().collect();
        let mut plain = Plain { nodes: vec![Node::default()], bytes: vec![0], front: 0 };
        // The pieces below each node and how many bytes lead there, in the order of the nodes.
        let mut below = vec![(0..pieces.len(), 0)];
        let mut at = 0;
        while let Some((range, depth)) = below.get(at).cloned() {
            let mut rest = pieces.get(range.clone())?;
            let mut start = range.start;
            if let Some(((bytes, piece), longer)) = rest.split_first()
                && bytes.len() == depth
            {
                plain.nodes[at].piece = Some(*piece);
                rest = longer;
                start += 1;
            }
            let first = plain.nodes.len();
            while let Some(byte) = rest.first().and_then(|(bytes, _)| bytes.get(depth)) {
                let count = rest.partition_point(|(bytes, _)| bytes.get(depth) <= Some(byte));
                plain.nodes.push(Node::default());
                plain.bytes.push(*byte);
                below.push((start..start + count, depth + 1));
                rest = rest.get(count..)?;
                start += count;
            }
            plain.nodes[at].children = first..plain.nodes.len();
            at += 1;
        }
        plain.front = FRONT.bytes().try_fold(0, |node, byte| plain.step(node, byte))?;
        Some(plain)
    }

    /// Where `byte` leads from `node`.
    fn step(&self, node: usize, byte: u8) -> Option<usize> {
        let children = self.nodes[node].children.clone();
        let place = self.bytes[children.clone()].binary_search(&byte).ok()?;
        Some(children.start + place)
    }

    /// All pieces of `word`, if it is one for the short way.
    pub(super) fn cut(&self, word: &str) -> Option<Vec<i32>> {
        if !is_plain(word) {
            return None;
        }
        // Places are counted with the front as one character.
        let bytes = word.as_bytes();
        let mut ways: Vec<Option<Way>> = vec![None; bytes.len() + 2];
        for start in 0..=bytes.len() {
            let (before, mut node, mut end) = match start {
                0 => (0.0, self.front, 1),
                _ => (ways[start]?.score, 0, start),
            };
            loop {
                if end > start
                    && let Some((piece, score)) = self.nodes[node].piece
                {
                    let score = score + before;
                    if ways[end].is_none_or(|way| score > way.score) {
                        ways[end] = Some(Way { score, piece, start });
                    }
                }
                let Some(next) = bytes.get(end - 1).and_then(|byte| self.step(node, *byte)) else { break };
                node = next;
                end += 1;
            }
            // A character that is no piece is unknown: that is for the library.
            let single = if start == 0 { self.nodes[self.front].piece } else { self.single(bytes[start - 1]) };
            single?;
        }
        let mut pieces = Vec::new();
        let mut end = bytes.len() + 1;
        while end > 0 {
            let way = ways[end]?;
            pieces.push(way.piece);
            end = way.start;
        }
        pieces.reverse();
        Some(pieces)
    }

    fn single(&self, byte: u8) -> Option<(i32, f64)> {
        self.nodes[self.step(0, byte)?].piece
    }
}

/// Whether a text is of ASCII alone, without white space or control characters.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}
