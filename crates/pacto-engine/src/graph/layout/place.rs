//! Where the cards of one group stand.

use super::{
    CARD_HEIGHT, CARD_WIDTH, COLUMN_GAP, Drawing, LAYER_GAP, Links, ROW_GAP, at, count, most_rows, of, set,
};

/// From one row to the next. Signed, because cards are drawn to their neighbours before the upper edge is known.
const PITCH: i64 = (CARD_HEIGHT + ROW_GAP) as i64;

/// How often rows are drawn to their neighbours on both sides; after that hardly anything moves.
const ROUNDS: usize = 4;

/// Places the cards of `nodes`; `columns` names them by position in it, from top to bottom for each layer.
///
/// A layer with too many cards becomes several columns, filled row by row, so that every card stays at the height
/// where its neighbours are. Then rows move as near to their neighbours as the rows above and below let them.
pub(super) fn place(links: &Links, columns: &[Vec<usize>], nodes: Vec<usize>) -> Drawing {
    let most_rows = most_rows(nodes.len());
    let (mut lefts, mut tops) = (vec![0; nodes.len()], vec![0; nodes.len()]);
    let mut layers: Vec<Vec<&[usize]>> = Vec::new();
    let mut left = 0;
    for column in columns {
        let folds = column.len().div_ceil(most_rows).max(1);
        let rows: Vec<&[usize]> = column.chunks(folds).collect();
        for row in &rows {
            for (fold, node) in row.iter().enumerate() {
                set(&mut lefts, *node, left + count(fold) * (CARD_WIDTH + COLUMN_GAP));
            }
        }
        left += count(folds) * (CARD_WIDTH + COLUMN_GAP) - COLUMN_GAP + LAYER_GAP;
        layers.push(rows);
    }
    let tallest = layers.iter().map(Vec::len).max().unwrap_or_default();
    for rows in &layers {
        // Half a row each, so that short layers begin in the middle.
        let start = i64::from(count(tallest - rows.len())) * PITCH / 2;
        for (row, top) in rows.iter().zip((0..).map(|row| start + row * PITCH)) {
            row.iter().for_each(|node| set(&mut tops, *node, top));
        }
    }
    let (needs, needed_by) = (links.needs.as_slice(), links.needed_by.as_slice());
    let both: &[_] = &[needed_by, needs];
    let sweeps = [(&both[..1], &both[1..])].into_iter().chain([(both, both); ROUNDS]);
    for (rightward, leftward) in sweeps {
        for rows in &layers {
            draw_near(rows, rightward, &mut tops);
        }
        for rows in layers.iter().rev() {
            draw_near(rows, leftward, &mut tops);
        }
    }

    let upper = tops.iter().copied().min().unwrap_or_default();
    let pixels = |top: i64| u32::try_from(top - upper).unwrap_or_default();
    let height = tops.iter().map(|top| pixels(*top) + CARD_HEIGHT).max().unwrap_or_default();
    let corners = lefts.iter().zip(&tops).map(|(left, top)| (*left, pixels(*top))).collect();
    Drawing { nodes, corners, width: left.saturating_sub(LAYER_GAP), height }
}

/// Moves rows towards the mean height of their neighbours and keeps their order and distance. Where they would
/// overlap they become a block, which stands at the mean of what its rows want (isotonic regression).
fn draw_near(rows: &[&[usize]], neighbours: &[&[Vec<usize>]], tops: &mut [i64]) {
    struct Block {
        /// What its rows want in sum, each as the place of the block's first row.
        sum: i64,
        rows: i64,
        /// Rows above the block.
        above: i64,
    }
    impl Block {
        /// Where it stands, if nothing were above it.
        fn base(&self) -> i64 {
            self.sum.div_euclid(self.rows.max(1))
        }
    }
    let mut blocks: Vec<Block> = Vec::with_capacity(rows.len());
    for (index, row) in (0..).zip(rows) {
        let wishes = row.iter().map(|node| {
            let around = || neighbours.iter().flat_map(|lists| of(lists, *node));
            let sum: i64 = around().map(|other| at(tops, *other)).sum();
            sum.checked_div_euclid(around().map(|_| 1).sum()).unwrap_or_else(|| at(tops, *node))
        });
        let wanted = wishes.sum::<i64>().div_euclid(row.iter().map(|_| 1).sum::<i64>().max(1));
        let mut block = Block { sum: wanted - index * PITCH, rows: 1, above: index };
        while let Some(previous) = blocks.pop_if(|previous| previous.base() > block.base()) {
            block.sum += previous.sum;
            block.rows += previous.rows;
            block.above = previous.above;
        }
        blocks.push(block);
    }
    let mut rows = rows.iter();
    for block in blocks {
        for row in block.above..block.above + block.rows {
            let top = block.base() + row * PITCH;
            rows.next().into_iter().flat_map(|row| row.iter()).for_each(|node| set(tops, *node, top));
        }
    }
}
