//! A small generator of numbers that follow from a seed (SplitMix64, public domain algorithm of
//! Sebastiano Vigna).

/// Numbers that look random and are the same for the same seed.
#[derive(Debug, Clone)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The numbers of case `index` under a seed: each case can be made again alone.
    pub const fn new(seed: u64, index: u64) -> Self {
        Self {
            state: seed ^ index.wrapping_mul(0xd1b5_4a32_d192_ed03),
        }
    }

    /// The next 64 bits.
    pub const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 if `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n).unwrap_or(u64::MAX);
        let number = self.next().checked_rem(n).unwrap_or(0);
        usize::try_from(number).unwrap_or(0)
    }

    /// True `percent` times in a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of a list; the default of an empty one.
    pub fn pick<T: Copy + Default>(&mut self, list: &[T]) -> T {
        let n = self.below(list.len());
        list.get(n).copied().unwrap_or_default()
    }
}
