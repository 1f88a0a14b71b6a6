//! A block is a stretch of time: what all pairs in it have in common counts once.

/// The share of the smallest and of the largest differences that does not count in a centre.
const TRIMMED: f64 = 0.2;

/// The differences of the pairs of one block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gathered(Vec<f32>);

/// The centre of the differences of a block, and how exactly the block tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Block {
    /// The trimmed mean of the differences.
    pub centre: f64,
    /// Its standard error by the spread inside of the block; none for fewer than four pairs.
    pub error: Option<f64>,
    /// How many pairs there were.
    pub pairs: u64,
}

impl Gathered {
    /// Adds the difference of a pair.
    pub fn add(&mut self, difference: f64) {
        // Single precision is a hundred thousand times finer than any time that a network brings.
        self.0.push(difference as f32);
    }

    /// The block that these differences make; none without any.
    pub fn block(mut self) -> Option<Block> {
        self.0.sort_unstable_by(f32::total_cmp);
        let values: Vec<f64> = self.0.iter().copied().map(f64::from).collect();
        let centre = trimmed_mean(&values)?;
        Some(Block { centre, error: trimmed_error(&values), pairs: values.len() as u64 })
    }
}

/// Every `length` blocks as one. Those at the end that do not make a whole one are left out.
pub fn merged(blocks: &[Block], length: usize) -> Vec<Block> {
    if length <= 1 {
        return blocks.to_vec();
    }
    blocks.chunks_exact(length).map(one).collect()
}

fn one(blocks: &[Block]) -> Block {
    let mut centres: Vec<f64> = blocks.iter().map(|block| block.centre).collect();
    centres.sort_unstable_by(f64::total_cmp);
    let known: Vec<f64> = blocks.iter().filter_map(|block| block.error).collect();
    let mean_square =
        |known: &[f64]| known.iter().map(|error| error * error).sum::<f64>() / known.len() as f64;
    let error = (!known.is_empty()).then(|| (mean_square(&known) / blocks.len() as f64).sqrt());
    Block {
        centre: trimmed_mean(&centres).unwrap_or_default(),
        error,
        pairs: blocks.iter().map(|block| block.pairs).sum(),
    }
}

/// How many of so many sorted values are left out at each end.
fn left_out(count: usize) -> usize {
    (count as f64 * TRIMMED) as usize
}

fn trimmed_mean(sorted: &[f64]) -> Option<f64> {
    let out = left_out(sorted.len());
    let kept = sorted.get(out..sorted.len() - out).filter(|kept| !kept.is_empty())?;
    Some(kept.iter().sum::<f64>() / kept.len() as f64)
}

/// The standard error of a trimmed mean, by the Winsorized variance.
fn trimmed_error(sorted: &[f64]) -> Option<f64> {
    const FEWEST: usize = 4;
    let (count, out) = (sorted.len(), left_out(sorted.len()));
    if count < FEWEST {
        return None;
    }
    let (low, high) = (*sorted.get(out)?, *sorted.get(count - 1 - out)?);
    let held = || sorted.iter().map(|value| value.clamp(low, high));
    let mean = held().sum::<f64>() / count as f64;
    let variance = held().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1) as f64;
    let kept = (count - 2 * out) as f64 / count as f64;
    Some(variance.sqrt() / (kept * (count as f64).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(differences: &[f64]) -> Option<Block> {
        let mut gathered = Gathered::default();
        differences.iter().for_each(|difference| gathered.add(*difference));
        gathered.block()
    }

    #[test]
    fn a_fifth_at_each_end_does_not_count() {
        let found = block(&[1.0, 2.0, 3.0, 4.0, 1000.0]).unwrap();
        assert_eq!((found.centre, found.pairs), (3.0, 5));
        assert_eq!(block(&[]), None);
        assert_eq!(block(&[0.5]).unwrap(), Block { centre: 0.5, error: None, pairs: 1 });
    }

    #[test]
    fn the_error_is_that_of_a_mean_where_nothing_is_left_out() {
        // Four values lose none. Their variance is 5/3, and the error of their mean the root of a quarter of that.
        let found = block(&[1.0, 2.0, 3.0, 4.0]).unwrap();
        assert!((found.error.unwrap() - (5.0_f64 / 12.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn blocks_merge_by_their_centres() {
        let single = |centre: f64| Block { centre, error: Some(0.2), pairs: 10 };
        let all = [1.0, 3.0, 5.0, 7.0, 9.0].map(single);
        let two = merged(&all, 2);
        assert_eq!(
            two.iter().map(|block| (block.centre, block.pairs)).collect::<Vec<_>>(),
            [(2.0, 20), (6.0, 20)]
        );
        assert!((two[0].error.unwrap() - 0.2 / 2.0_f64.sqrt()).abs() < 1e-12);
        assert_eq!(merged(&all, 1), all);
    }
}
