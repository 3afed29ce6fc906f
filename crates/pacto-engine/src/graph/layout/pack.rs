//! How groups that nothing links share the plane.

use super::{CARD_HEIGHT, CARD_WIDTH, COLUMN_GAP, Drawing, GROUP_GAP, ROW_GAP, count};

const PITCH_X: u32 = CARD_WIDTH + COLUMN_GAP;
const PITCH_Y: u32 = CARD_HEIGHT + ROW_GAP;
/// The plane gets wider in steps of this many columns, so that a new service seldom moves whole groups.
const STEP: u32 = 4 * PITCH_X;

/// Adds a grid of the services that are `alone`, and answers with the upper left corner of each drawing.
///
/// Drawings stand on shelves, in the order given (largest first), and below one another where the first one of the
/// shelf leaves room.
pub(super) fn pack(drawings: &mut Vec<Drawing>, alone: Vec<usize>) -> Vec<(u32, u32)> {
    let width = width(drawings, alone.len());
    if !alone.is_empty() {
        drawings.push(grid(alone, width));
    }
    let mut shelves = Shelves { width, ..Shelves::default() };
    drawings.iter().map(|drawing| shelves.put(drawing.width, drawing.height)).collect()
}

/// The width at which all is about as wide as a screen for its height; nothing is wider unless it is alone.
fn width(drawings: &[Drawing], alone: usize) -> u32 {
    let area = |width: u32, height: u32| u64::from(width + GROUP_GAP) * u64::from(height + GROUP_GAP);
    let linked: u64 = drawings.iter().map(|drawing| area(drawing.width, drawing.height)).sum();
    let all = linked + u64::from(PITCH_X) * u64::from(PITCH_Y) * alone as u64;
    let screen = u32::try_from((all * 16 / 10).isqrt()).unwrap_or(u32::MAX);
    let widest = drawings.iter().map(|drawing| drawing.width).max().unwrap_or_default();
    widest.max(screen.max(1).div_ceil(STEP).saturating_mul(STEP))
}

/// Cards in rows, by name.
fn grid(nodes: Vec<usize>, width: u32) -> Drawing {
    let in_row = ((width + COLUMN_GAP) / PITCH_X).max(1);
    let corners: Vec<(u32, u32)> =
        (0..count(nodes.len())).map(|index| (index % in_row * PITCH_X, index / in_row * PITCH_Y)).collect();
    let right = corners.iter().map(|(x, _)| x + CARD_WIDTH).max().unwrap_or_default();
    let bottom = corners.iter().map(|(_, y)| y + CARD_HEIGHT).max().unwrap_or_default();
    Drawing { nodes, corners, width: right, height: bottom }
}

#[derive(Default)]
struct Shelves {
    width: u32,
    /// Upper edge and height of the shelf.
    top: u32,
    height: u32,
    /// Left edge and width of the last stack of the shelf, and how far down it is filled.
    left: u32,
    stack: u32,
    filled: u32,
}

impl Shelves {
    fn put(&mut self, width: u32, height: u32) -> (u32, u32) {
        let is_first = self.height == 0;
        let fits_below = width <= self.stack && self.filled + GROUP_GAP + height <= self.height;
        let left = self.left + self.stack + GROUP_GAP;
        if fits_below {
            self.filled += GROUP_GAP;
        } else if !is_first && left + width <= self.width && height <= self.height {
            (self.left, self.stack, self.filled) = (left, width, 0);
        } else {
            let top = if is_first { 0 } else { self.top + self.height + GROUP_GAP };
            *self = Self { width: self.width, top, height, left: 0, stack: width, filled: 0 };
        }
        let corner = (self.left, self.top + self.filled);
        self.filled += height;
        corner
    }
}
